"""Classes of licenses that have no place in some images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import msgspec

from sbomctl.model import Verdict, Violation
from sbomctl.policy.classes import ClassName
from sbomctl.policy.context import Check
from sbomctl.policy.rules._words import chosen


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which classes are reported in which images."""

    roles: Annotated[
        tuple[Literal["base-os", "container"], ...],
        msgspec.Meta(description="Roles of images in which the classes have no place."),
    ] = ("container",)
    classes: Annotated[
        tuple[ClassName, ...], msgspec.Meta(description="Classes that are reported.", examples=[["network-copyleft"]])
    ] = ("strong-copyleft", "network-copyleft")


class CopyleftInRole:
    """One violation for each such license that no line denies already."""

    name: ClassVar[str] = "copyleft-in-role"
    about: ClassVar[str] = "the license is copyleft, in an image whose role is to hold none"
    how_to_fix: ClassVar[str] = (
        "Move the component into an image of another role, replace it, or record a waiver for the image."
    )
    severity: ClassVar[str] = "off"
    parameters: ClassVar[type[msgspec.Struct]] = Parameters

    def check(self, check: Check, parameters: Parameters) -> Iterator[Violation]:
        """Each such license that remains after elections."""
        for placed in check.placed:
            role = placed.facts.image.role.value
            if role in parameters.roles:
                for decision in placed.judgement.decisions:
                    if decision.asks.name in parameters.classes and decision.verdict is not Verdict.DENY:
                        message = f"{chosen(decision)} is {decision.asks.name}, in an image of the role {role}"
                        yield check.violation(self.name, message, self.how_to_fix, placed=placed, decision=decision)
