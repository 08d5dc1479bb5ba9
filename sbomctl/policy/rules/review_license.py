"""Licenses that a person has to look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.model import Verdict, Violation
from sbomctl.policy.base import NoParameters
from sbomctl.policy.context import Check
from sbomctl.policy.rules._words import explained


class ReviewLicense:
    """One violation for each license that the policy allows only after review."""

    name: ClassVar[str] = "review-license"
    about: ClassVar[str] = "a line of the policy asks for a review of the license"
    how_to_fix: ClassVar[str] = (
        "Have it reviewed for this component; then allow it by a line for this component, or record the decision as a "
        "waiver."
    )
    severity: ClassVar[str] = "warning"
    parameters: ClassVar[type[msgspec.Struct]] = NoParameters

    def check(self, check: Check, parameters: NoParameters) -> Iterator[Violation]:  # noqa: ARG002 - there are none
        """Each license under review, also beside denied ones."""
        for placed in check.doubtful:
            for decision in placed.judgement.reasons:
                if decision.verdict is Verdict.REVIEW:
                    fix = decision.line.how_to_fix if decision.line else ""
                    message = f"{decision.license} needs a review{explained(decision)}"
                    yield check.violation(self.name, message, fix or self.how_to_fix, placed=placed, decision=decision)
