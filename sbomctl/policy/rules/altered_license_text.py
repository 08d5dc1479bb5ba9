"""License texts that are nearly known ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.model import Violation
from sbomctl.policy.base import NoParameters
from sbomctl.policy.context import Check


class AlteredLicenseText:
    """One violation for each component with such texts."""

    name: ClassVar[str] = "altered-license-text"
    about: ClassVar[str] = "a license text is nearly, but not quite, a known one"
    how_to_fix: ClassVar[str] = (
        "Read the difference: an added sentence may add a condition. Record what it is as a curation."
    )
    severity: ClassVar[str] = "note"
    parameters: ClassVar[type[msgspec.Struct]] = NoParameters

    def check(self, check: Check, parameters: NoParameters) -> Iterator[Violation]:  # noqa: ARG002 - there are none
        """What the license facts say of it."""
        for placed in check.placed:
            near = [issue for issue in placed.component.licenses.issues if issue.kind == "near-miss"]
            if near:
                more = f"; and {len(near) - 1:,} more" if len(near) > 1 else ""
                places = {place for issue in near for place in issue.locations}
                message = f"{near[0].message}{more}"
                yield check.violation(self.name, message, self.how_to_fix, placed=placed, locations=places)
