"""Licenses whose text or meaning is not known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.model import Violation
from sbomctl.policy.base import NoParameters
from sbomctl.policy.context import Check
from sbomctl.policy.evaluate import REFERENCE
from sbomctl.policy.rules._gaps import gaps, unstated


class UnknownLicense:
    """References that the policy does not name, and names that are no license."""

    name: ClassVar[str] = "unknown-license"
    about: ClassVar[str] = "what the package states is no known license"
    how_to_fix: ClassVar[str] = (
        "Read the license text. Correct the fact by a curation, or name the LicenseRef- in the policy once it has been "
        "reviewed."
    )
    severity: ClassVar[str] = "error"
    parameters: ClassVar[type[msgspec.Struct]] = NoParameters

    def check(self, check: Check, parameters: NoParameters) -> Iterator[Violation]:  # noqa: ARG002 - there are none
        """Each unknown reference, and each statement that could not be understood."""
        for placed, decision in gaps(check, REFERENCE):
            message = f"{decision.license} is unknown: {decision.remark}"
            yield check.violation(self.name, message, self.how_to_fix, placed=placed, decision=decision)
        yield from unstated(self, check)
