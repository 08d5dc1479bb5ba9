"""Licenses that a line of the policy denies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.model import Verdict, Violation
from sbomctl.policy.base import NoParameters
from sbomctl.policy.context import Check
from sbomctl.policy.rules._words import explained


class DeniedLicense:
    """One violation for each denied license of a component, of what remains after elections."""

    name: ClassVar[str] = "denied-license"
    about: ClassVar[str] = "a line of the policy denies the license"
    how_to_fix: ClassVar[str] = (
        "Remove or replace the component, take a version or branch under another license, or have the use accepted "
        "as a waiver with an end."
    )
    severity: ClassVar[str] = "error"
    parameters: ClassVar[type[msgspec.Struct]] = NoParameters

    def check(self, check: Check, parameters: NoParameters) -> Iterator[Violation]:  # noqa: ARG002 - there are none
        """Each denied license, with the line that denies it."""
        for placed in check.doubtful:
            for decision in placed.judgement.reasons:
                if decision.verdict is Verdict.DENY:
                    fix = decision.line.how_to_fix if decision.line else ""
                    message = f"{decision.license} is denied{explained(decision)}"
                    yield check.violation(self.name, message, fix or self.how_to_fix, placed=placed, decision=decision)
