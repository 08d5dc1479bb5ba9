"""License texts that are nearly known ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.model import Violation
from sbomctl.policy.base import NoParameters
from sbomctl.policy.context import Check


class AlteredLicenseText:
    """One violation for each finding of that kind."""

    name: ClassVar[str] = "altered-license-text"
    about: ClassVar[str] = "a license text is nearly, but not quite, a known one"
    how_to_fix: ClassVar[str] = (
        "Read the difference: an added sentence may add a condition. Record what it is as a curation."
    )
    severity: ClassVar[str] = "warning"
    parameters: ClassVar[type[msgspec.Struct]] = NoParameters

    def check(self, check: Check, parameters: NoParameters) -> Iterator[Violation]:  # noqa: ARG002 - there are none
        """What the license facts say of it."""
        for placed in check.placed:
            for issue in placed.component.licenses.issues:
                if issue.kind == "near-miss":
                    topic = ", ".join(issue.candidates) or (issue.locations[0].path if issue.locations else "")
                    yield check.violation(
                        self.name, issue.message, self.how_to_fix, placed=placed, locations=issue.locations, topic=topic
                    )
