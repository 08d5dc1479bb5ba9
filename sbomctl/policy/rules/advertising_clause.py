"""Licenses that prescribe a sentence for advertising or documentation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

import msgspec

from sbomctl.model import Violation
from sbomctl.policy.context import Check


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which of the two duties is reported."""

    acknowledgments: Annotated[
        bool,
        msgspec.Meta(description="Report also sentences for the documentation only, such as those of FTL and IJG."),
    ] = False


class AdvertisingClause:
    """One violation for each license of a component that asks for it (requirement OB-17)."""

    name: ClassVar[str] = "advertising-clause"
    about: ClassVar[str] = "the license prescribes a sentence for advertising"
    how_to_fix: ClassVar[str] = (
        "Put the prescribed sentence into the documentation, and into advertising that names the feature; then record "
        "it as a waiver. Look also for a newer release without the clause."
    )
    severity: ClassVar[str] = "warning"
    parameters: ClassVar[type[msgspec.Struct]] = Parameters

    def check(self, check: Check, parameters: Parameters) -> Iterator[Violation]:
        """Each such license that remains after elections."""
        asked = ("advertising", "acknowledgment") if parameters.acknowledgments else ("advertising",)
        for placed in check.placed:
            for decision in placed.judgement.asking(*asked):
                where = "advertising" if "advertising" in decision.asks.obligations else "the documentation"
                message = f"{decision.license} asks for an acknowledgment in {where}"
                yield check.violation(self.name, message, self.how_to_fix, placed=placed, decision=decision)
