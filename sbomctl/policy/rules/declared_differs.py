"""Packages whose texts show another license than they declare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.model import Violation
from sbomctl.policy.base import NoParameters
from sbomctl.policy.context import Check


class DeclaredDiffers:
    """One violation for each component whose declared and detected licenses are not the same."""

    name: ClassVar[str] = "declared-differs-from-detected"
    about: ClassVar[str] = "the package declares another license than its texts show"
    how_to_fix: ClassVar[str] = "Compare the two; record which one holds as a curation with a reason."
    severity: ClassVar[str] = "warning"
    parameters: ClassVar[type[msgspec.Struct]] = NoParameters

    def check(self, check: Check, parameters: NoParameters) -> Iterator[Violation]:  # noqa: ARG002 - there are none
        """What the license facts say of it; where nothing was concluded, also any difference."""
        for placed in check.placed:
            facts = placed.component.licenses
            issues = [issue for issue in facts.issues if issue.kind == self.name]
            for issue in issues:
                yield check.violation(
                    self.name, issue.message, self.how_to_fix, placed=placed, locations=issue.locations
                )
            differ = facts.declared and facts.detected and facts.declared != facts.detected
            if differ and not issues and not facts.concluded and not facts.effective:
                message = f"declared {facts.declared}, detected {facts.detected}"
                yield check.violation(self.name, message, self.how_to_fix, placed=placed)
