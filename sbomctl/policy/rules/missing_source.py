"""Components whose source is owed and not known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import msgspec

from sbomctl.model import Component, Violation
from sbomctl.policy.context import Check
from sbomctl.policy.rules._words import chosen


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is enough."""

    need: Annotated[
        Literal["named", "located"],
        msgspec.Meta(
            description="named: a source package with its version, or an address, is known; located: an address is."
        ),
    ] = "named"


class MissingSource:
    """One violation for each component whose corresponding source nobody could find from its records.

    That a source is named does not say that it can be had: sbomctl asks no server here.
    """

    name: ClassVar[str] = "missing-source"
    about: ClassVar[str] = "source is owed, and the records do not say which source it was built from"
    how_to_fix: ClassVar[str] = (
        "Keep the source the component was built from, with its build scripts, and name it: install it from a package "
        "that records its source, or add a curation with the address."
    )
    severity: ClassVar[str] = "error"
    parameters: ClassVar[type[msgspec.Struct]] = Parameters

    def check(self, check: Check, parameters: Parameters) -> Iterator[Violation]:
        """Each such component, once in each image."""
        for placed in check.placed:
            asked = placed.judgement.asking("source", "network-source")
            if asked and (lack := _lack(placed.component, parameters.need)):
                message = f"source is owed under {chosen(asked[0])}, and {lack}"
                yield check.violation(self.name, message, self.how_to_fix, placed=placed, decision=asked[0])


def _lack(component: Component, need: str) -> str:
    """What is not known of the source; "" when enough is."""
    source = component.source
    located = component.download_url or component.vcs_url or (source and source.url)
    if located:
        return ""
    if need == "located":
        return "no address of it is known"
    if source is None:
        return "the records name no source package and no address"
    return "" if source.version or source.purl else "the records name no version of the source"
