"""Licenses that do not allow every use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.model import Verdict, Violation
from sbomctl.policy.base import NoParameters
from sbomctl.policy.context import Check

_WORDS = {
    "non-commercial": "forbids commercial use",
    "no-derivatives": "forbids changed versions",
    "source-available": "restricts use, though its source can be read",
    "ethical-use": "binds use to a standard of conduct",
    "field-of-use": "allows some purposes or platforms only",
}


class RestrictedUse:
    """One violation for each such license that no line denies already."""

    name: ClassVar[str] = "restricted-use-license"
    about: ClassVar[str] = "the license is non-commercial, source-available, ethical or otherwise restricts use"
    how_to_fix: ClassVar[str] = (
        "Remove or replace the component, or buy a license and record it as a waiver of the kind LICENSE_ACQUIRED."
    )
    severity: ClassVar[str] = "error"
    parameters: ClassVar[type[msgspec.Struct]] = NoParameters

    def check(self, check: Check, parameters: NoParameters) -> Iterator[Violation]:  # noqa: ARG002 - there are none
        """Each such license that remains after elections."""
        for placed in check.placed:
            for decision in placed.judgement.asking(*_WORDS):
                if decision.verdict is not Verdict.DENY:
                    told = [words for asked, words in _WORDS.items() if asked in decision.asks.obligations]
                    message = f"{decision.license} {' and '.join(told)}"
                    yield check.violation(self.name, message, self.how_to_fix, placed=placed, decision=decision)
