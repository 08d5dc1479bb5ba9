"""The curations file: corrections of license facts, and elections of branches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sbomctl.config import schema
from sbomctl.config.document import Document, read
from sbomctl.errors import ConfigError, Fault
from sbomctl.licenses.expression import Compound, InvalidExpression, canonical, parse, render
from sbomctl.model import Choice, Curation, Curations
from sbomctl.versions import conditions

_FACTS = ("declared", "concluded", "copyrights")


def load_curations(path: Path) -> Curations:
    """What the file at ``path`` says, its expressions canonical; raises ``ConfigError`` with every fault at once."""
    document = read(path, if_missing="a curations file is named by the product file")
    faults = [*document.faults, *schema.check(document, "curations")]
    if not faults:
        faults = [*_faults(document)]
    if faults:
        ordered = tuple(sorted(set(faults), key=lambda fault: (fault.line, fault.column, fault.message)))
        count = "1 fault" if len(ordered) == 1 else f"{len(ordered)} faults"
        raise ConfigError(f"{count} in {path}", "sbomctl schema curations prints what may be written", ordered)
    data = document.data
    return Curations(
        path.name,
        tuple(_curation(document, index, one) for index, one in enumerate(data.get("curations", ()))),
        tuple(_choice(document, index, one) for index, one in enumerate(data.get("choices", ()))),
    )


def _faults(document: Document) -> Iterator[Fault]:
    """What the schema cannot say."""
    seen: dict[str, int] = {}
    for kind in ("curations", "choices"):
        for index, one in enumerate(document.data.get(kind, ())):
            line = document.node([kind, index, "id"]).mark[0]
            if one["id"] in seen:
                yield document.fault([kind, index, "id"], f"{one['id']!r} is already the id of line {seen[one['id']]}")
            seen.setdefault(one["id"], line)
            for key in ("declared", "concluded", "given", "choose"):
                yield from _expression_faults(document, [kind, index, key], one.get(key))
            yield from _version_faults(document, [kind, index, "versions"], one.get("versions", ""))
            if kind == "curations" and not any(name in one for name in _FACTS):
                yield document.fault([kind, index], f"sets nothing; give one of {', '.join(_FACTS)}")
            if kind == "choices":
                yield from _choice_faults(document, index, one)


def _expression_faults(document: Document, path: list[str | int], text: str | None) -> Iterator[Fault]:
    try:
        if text is not None:
            parse(text)
    except InvalidExpression as error:
        yield document.fault(path, f"{schema.shown(text)} is no license expression: {error}")


def _version_faults(document: Document, path: list[str | int], text: str) -> Iterator[Fault]:
    try:
        conditions(text)
    except ValueError as error:
        yield document.fault(path, str(error))


def _choice_faults(document: Document, index: int, one: dict[str, Any]) -> Iterator[Fault]:
    try:
        given, chosen = parse(canonical(one["given"])), canonical(one["choose"])
    except InvalidExpression:
        return  # told already
    if not isinstance(given, Compound) or given.operator != "OR":
        yield document.fault(["choices", index, "given"], f"{one['given']!r} offers no choice; it has no OR at its top")
    elif chosen not in {render(part) for part in given.parts}:
        branches = ", ".join(str(render(part)) for part in given.parts)
        yield document.fault(["choices", index, "choose"], f"{chosen} is not offered; the branches are {branches}")


def _curation(document: Document, index: int, one: dict[str, Any]) -> Curation:
    return Curation(
        id=one["id"],
        component=one["component"],
        author=one["author"],
        reason=one["reason"],
        versions=one.get("versions", ""),
        text_sha256=one.get("text_sha256", ""),
        declared=canonical(one["declared"]) if "declared" in one else "",
        concluded=canonical(one["concluded"]) if "concluded" in one else "",
        copyrights=tuple(one.get("copyrights", ())),
        line=document.node(["curations", index]).mark[0],
    )


def _choice(document: Document, index: int, one: dict[str, Any]) -> Choice:
    return Choice(
        id=one["id"],
        component=one["component"],
        given=canonical(one["given"]),
        choose=canonical(one["choose"]),
        author=one["author"],
        reason=one["reason"],
        versions=one.get("versions", ""),
        line=document.node(["choices", index]).mark[0],
    )
