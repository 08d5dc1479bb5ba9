"""The GPL-3 family in a User Product that its owner cannot change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import msgspec

from sbomctl.model import Severity, Verdict, Violation
from sbomctl.policy.context import Check
from sbomctl.policy.rules._words import chosen


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is done where the product file does not say how the product is distributed."""

    when_unknown: Annotated[
        Literal["each", "once"],
        msgspec.Meta(
            description="Where the product file does not say whether the device is a locked User Product: report each "
            "component, or once that there are some, as a warning at most."
        ),
    ] = "each"


class LockedDevice:
    """One violation for each license that asks for Installation Information and that no line denies already.

    GPL-3.0 section 6 asks for it in User Products, and counts doubtful cases as such; LGPL-3.0
    section 4(e) and AGPL-3.0 section 6 follow it (requirements OB-9 and OB-11).
    """

    name: ClassVar[str] = "gpl3-in-locked-device"
    about: ClassVar[str] = "the license asks for Installation Information, and the device is locked"
    how_to_fix: ClassVar[str] = (
        "Give owners what they need to install changed versions, keys included; or replace the component, for example "
        "by its last release under GPL-2.0. Say in the product file under distribution what the device is."
    )
    severity: ClassVar[str] = "error"
    parameters: ClassVar[type[msgspec.Struct]] = Parameters

    def check(self, check: Check, parameters: Parameters) -> Iterator[Violation]:
        """Each such license that remains after elections, in a device that is or may be locked."""
        facts = check.distribution
        answers = (facts.user_product, facts.locked_boot)
        if "no" in answers:
            return
        found = self._each(check, answers)
        if "unknown" in answers and parameters.when_unknown == "once":
            found = self._once(check, len({one.component for one in found}))
        yield from found

    def _once(self, check: Check, count: int) -> Iterator[Violation]:
        if count:
            components = "1 component asks" if count == 1 else f"{count:,} components ask"
            told = check.violation(
                self.name,
                f"{components} for Installation Information, and whether this is a locked User Product is not said",
                "Say in the product file, under distribution, what user_product and locked_boot are.",
            )
            is_error = told.severity is Severity.ERROR
            yield msgspec.structs.replace(told, severity=Severity.WARNING) if is_error else told

    def _each(self, check: Check, answers: tuple[str, str]) -> Iterator[Violation]:
        sure = "a User Product with locked boot" if answers == ("yes", "yes") else "what may be a locked User Product"
        for placed in check.placed:
            for decision in placed.judgement.asking("installation"):
                if decision.verdict is not Verdict.DENY:
                    message = f"{chosen(decision)} asks for Installation Information, in {sure}"
                    yield check.violation(self.name, message, self.how_to_fix, placed=placed, decision=decision)
