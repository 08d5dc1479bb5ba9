"""Curations and elections that did nothing or no longer fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.model import Violation
from sbomctl.policy.base import NoParameters
from sbomctl.policy.context import Check


class CurationIssue:
    """One violation for each: a correction that corrects nothing hides that the fact came back."""

    name: ClassVar[str] = "curation-issue"
    about: ClassVar[str] = "a curation or election is unused, outdated or impossible"
    how_to_fix: ClassVar[str] = "Look at the component again; then change or delete the entry of the curations file."
    severity: ClassVar[str] = "warning"
    parameters: ClassVar[type[msgspec.Struct]] = NoParameters

    def check(self, check: Check, parameters: NoParameters) -> Iterator[Violation]:  # noqa: ARG002 - there are none
        """Those of the whole product, then those of single components."""
        for issue in check.bom.curation_issues:
            place = f" ({issue.file}:{issue.line})" if issue.file else ""
            message = f"{issue.id}: {issue.message}{place}"
            yield check.violation(self.name, message, self.how_to_fix, topic=f"{issue.kind} {issue.id}")
        for placed in check.placed:
            for fact in placed.component.licenses.issues:
                if fact.kind == "outdated-curation":
                    yield check.violation(self.name, fact.message, self.how_to_fix, placed=placed)
