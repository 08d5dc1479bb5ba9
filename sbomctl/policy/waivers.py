"""Waiver files: accepted violations, each with an owner and an end; every fault at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sbomctl.config.composer import Bounds
from sbomctl.config.document import Document, read
from sbomctl.config.schema import check_against
from sbomctl.errors import ConfigError, Fault
from sbomctl.licenses.expression import InvalidExpression, canonical
from sbomctl.model import Waiver, WaiverReason
from sbomctl.policy.lines import WaiverTerms
from sbomctl.policy.purls import purl_fault
from sbomctl.policy.schemas import schema
from sbomctl.versions import conditions

_BOUNDS = Bounds(file_bytes=16 << 20, nodes=1_000_000)  # a waiver is some 20 values


def load_waivers(file: Path, terms: WaiverTerms, today: date) -> tuple[Waiver, ...]:
    """The waivers of ``file`` in its order; raises ``ConfigError`` with every fault of it.

    A waiver that was created after ``today`` is a fault: either it or the clock is wrong, and
    with a wrong clock nothing would ever expire.
    """
    return checked_waivers(read(file, _BOUNDS), terms, today)


def checked_waivers(document: Document, terms: WaiverTerms, today: date) -> tuple[Waiver, ...]:
    """The waivers of a document that has been read; raises as :func:`load_waivers`."""
    file = document.file
    faults = [*document.faults, *check_against(document, schema("waivers"))]
    if not faults:
        faults = list(_faults(document, terms, today))
    if faults:
        ordered = tuple(sorted(set(faults), key=lambda one: (one.line, one.column, one.message)))
        count = "1 fault" if len(ordered) == 1 else f"{len(ordered):,} faults"
        raise ConfigError(f"{count} in {file}", "sbomctl schema waivers prints what may be written", ordered)
    return tuple(_waiver(document, index, said) for index, said in enumerate(document.data["waivers"]))


def _faults(document: Document, terms: WaiverTerms, today: date) -> Iterator[Fault]:
    from sbomctl.policy.rules import RULES

    rules = {rule.name for rule in RULES}
    lines: dict[str, int] = {}
    for index, said in enumerate(document.data["waivers"]):
        path: list[str | int] = ["waivers", index]
        name = said["id"]
        if name in lines:
            yield document.fault([*path, "id"], f"{name!r} is already the waiver of line {lines[name]}")
        lines.setdefault(name, document.node([*path, "id"]).mark[0])
        if said["rule"] not in rules:
            yield document.fault([*path, "rule"], f"there is no rule {said['rule']!r}{_close(said['rule'], rules)}")
        for key, message in _match_faults(said):
            yield document.fault([*path, key] if key else path, message)
        for key, message in _date_faults(said, terms, today):
            yield document.fault([*path, key], message)


def _close(word: str, known: set[str]) -> str:
    from sbomctl.config.schema import did_you_mean

    return did_you_mean(word, sorted(known))


def _match_faults(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Key and message of each selector that can match nothing, or that is missing."""
    if "component" in said and (fault := purl_fault(said["component"])):
        yield "component", f"{said['component']!r} {fault}"
    if "versions" in said:
        try:
            conditions(said["versions"])
        except ValueError as error:
            yield "versions", str(error)
        if "component" not in said:
            yield "versions", "versions need a component that they are of"
    if "license" in said:
        try:
            canonical(said["license"])
        except InvalidExpression as error:
            yield "license", f"{said['license']!r} is no license expression: {error}"
    if not any(key in said for key in ("component", "license", "image", "role")):
        yield "", "it would accept every violation of the rule: give a component, license, image or role"


def _date_faults(said: Mapping[str, Any], terms: WaiverTerms, today: date) -> Iterator[tuple[str, str]]:
    created, expires = date.fromisoformat(said["created"]), date.fromisoformat(said["expires"])
    if expires < created:
        yield "expires", f"lies before created ({said['created']})"
    elif (expires - created).days > terms.longest_days:
        days = (expires - created).days
        yield "expires", f"{days:,} days after created; the policy allows {terms.longest_days:,}"
    if today < created:
        yield "created", f"lies in the future: the clock says {today.isoformat()}; correct the one that is wrong"


def _waiver(document: Document, index: int, said: Mapping[str, Any]) -> Waiver:
    plain = {key: value for key, value in said.items() if key not in ("reason", "license")}
    return Waiver(
        **plain,
        license=str(canonical(said["license"])) if "license" in said else "",
        reason=WaiverReason(**said["reason"]),
        file=document.file,
        line=document.node(["waivers", index]).mark[0],
    )
