"""Components whose license is not that of the release before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.model import Violation
from sbomctl.policy.base import NoParameters
from sbomctl.policy.context import SEPARATOR, Check, placed_key


class LicenseChanged:
    """One violation for each component of the baseline that now has another license."""

    name: ClassVar[str] = "license-changed"
    about: ClassVar[str] = "the license differs from that in the baseline"
    how_to_fix: ClassVar[str] = (
        "Find out whether upstream changed the license or only its statement; review the new one before it ships."
    )
    severity: ClassVar[str] = "warning"
    parameters: ClassVar[type[msgspec.Struct]] = NoParameters

    def check(self, check: Check, parameters: NoParameters) -> Iterator[Violation]:  # noqa: ARG002 - there are none
        """Each change, where there is a baseline to compare with."""
        known = check.baseline or {}
        for placed in check.placed if known else ():
            before, now = known.get(placed_key(placed)), placed.judgement.expression
            if before is not None and now not in before.split(SEPARATOR):
                message = f"the license was {before or 'not known'} and is {now or 'not known'}"
                yield check.violation(self.name, message, self.how_to_fix, placed=placed, topic=before)
