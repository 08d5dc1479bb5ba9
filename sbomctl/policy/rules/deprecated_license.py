"""Identifiers that the SPDX list deprecates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.model import Violation
from sbomctl.policy.base import NoParameters
from sbomctl.policy.context import Check


class DeprecatedLicense:
    """One violation for each finding of that kind."""

    name: ClassVar[str] = "deprecated-license"
    about: ClassVar[str] = "the package uses an identifier that the SPDX list deprecates"
    how_to_fix: ClassVar[str] = (
        "Nothing is wrong with the license. Have upstream write the new identifier; where the old one leaves open "
        "whether later versions count, find out and record it as a curation."
    )
    severity: ClassVar[str] = "note"
    parameters: ClassVar[type[msgspec.Struct]] = NoParameters

    def check(self, check: Check, parameters: NoParameters) -> Iterator[Violation]:  # noqa: ARG002 - there are none
        """What the license facts say of it."""
        for placed in check.placed:
            for issue in placed.component.licenses.issues:
                if issue.kind == "deprecated-license":
                    topic = ", ".join(issue.candidates) or (issue.locations[0].path if issue.locations else "")
                    yield check.violation(
                        self.name, issue.message, self.how_to_fix, placed=placed, locations=issue.locations, topic=topic
                    )
