"""Components without any license."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.model import Violation
from sbomctl.policy.base import NoParameters
from sbomctl.policy.context import Check
from sbomctl.policy.rules._gaps import unstated


class MissingLicense:
    """One violation for each such component, or for each statement of it."""

    name: ClassVar[str] = "missing-license"
    about: ClassVar[str] = "no license is stated or found at all"
    how_to_fix: ClassVar[str] = (
        "Find the license upstream and record it as a curation; without a license there is no right to distribute."
    )
    severity: ClassVar[str] = "error"
    parameters: ClassVar[type[msgspec.Struct]] = NoParameters

    def check(self, check: Check, parameters: NoParameters) -> Iterator[Violation]:  # noqa: ARG002 - there are none
        """What the license facts say, or what follows from there being none."""
        yield from unstated(self, check)
