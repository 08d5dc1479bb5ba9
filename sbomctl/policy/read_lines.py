"""The license lines of a policy file, each name in them checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from sbomctl.config.document import Document
from sbomctl.config.schema import shown
from sbomctl.errors import Fault
from sbomctl.licenses.expression import InvalidExpression, Term, canonical, parse, render
from sbomctl.model import PolicyLine, Verdict
from sbomctl.policy.classes import CLASSES, ClassTable, shipped_table
from sbomctl.policy.globs import REFERENCES, is_glob, matches
from sbomctl.policy.lines import WITH, Line, Scope

_COMPOUND = re.compile(r"\s(AND|OR|and|or)(\s|\Z)|[()]")
_WITH = re.compile(r"\s+(?:WITH|with)\s+")


class _NameFault(ValueError):
    """What is wrong with one name of a line."""


def read_lines(document: Document, table: ClassTable) -> tuple[tuple[Line, ...], list[Fault]]:
    """The lines in their order, and everything wrong with them that the schema cannot say."""
    lines, faults = [], []
    for index, said in enumerate(document.data.get("licenses", ())):
        path: list[str | int] = ["licenses", index]
        if not any(said.get(key) for key in ("licenses", "classes", "obligations")):
            faults.append(document.fault(path, "it names no license: give licenses, classes or obligations"))
        names = _Names(table)
        for number, name in enumerate(said.get("licenses", ())):
            try:
                names.take(name)
            except _NameFault as error:
                faults.append(document.fault([*path, "licenses", number], str(error)))
        for number, purl in enumerate(said.get("components", ())):
            if not purl.startswith("pkg:") or "@" in purl.removeprefix("pkg:"):
                message = f"{shown(purl)} is no purl without version, as in 'pkg:deb/debian/*'"
                faults.append(document.fault([*path, "components", number], message))
        lines.append(_line(document, index, said, names))
    return tuple(lines), faults


def _line(document: Document, index: int, said: Mapping[str, Any], names: _Names) -> Line:
    return Line(
        verdict=Verdict(said["verdict"]),
        place=PolicyLine(document.file, document.node(["licenses", index]).mark[0]),
        ids=tuple(names.ids),
        pairs=tuple(names.pairs),
        expressions=tuple(names.expressions),
        classes=tuple(said.get("classes", ())),
        obligations=tuple(said.get("obligations", ())),
        scope=Scope(
            roles=tuple(said.get("roles", ())),
            images=tuple(said.get("images", ())),
            states=tuple(said.get("states", ())),
            components=tuple(_any_version(purl) for purl in said.get("components", ())),
            user_product=answer(said.get("user_product", "")),
            locked_boot=answer(said.get("locked_boot", "")),
        ),
        why=said.get("why", ""),
        how_to_fix=said.get("how_to_fix", ""),
    )


def _any_version(purl: str) -> str:
    """A pattern that fits whole purls: with whatever version follows the name."""
    return purl if purl.endswith("*") else f"{purl}@*"


def answer(value: str | bool) -> str:  # noqa: FBT001 - YAML writers write both
    """``yes``, ``no`` or what else is written."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value


class _Names:
    """What one line names, sorted into ids and patterns, pairs with an exception, and whole expressions."""

    def __init__(self, table: ClassTable) -> None:
        self.ids: list[str] = []
        self.pairs: list[tuple[str, str]] = []
        self.expressions: list[str] = []
        self._table = table

    def take(self, name: str) -> None:
        """Sort in one name; raises ``_NameFault``."""
        license_name, *exception = _WITH.split(name.strip())
        if _COMPOUND.search(name):
            self.expressions.append(_expression(name))
        elif len(exception) == 1:
            self._pair(license_name, exception[0])
        else:
            self.ids.append(self._id(name.strip()))

    def _pair(self, license_name: str, exception: str) -> None:
        if not is_glob(license_name) and not is_glob(exception):
            term = _term(f"{license_name}{WITH}{exception}")
            self.pairs.append((term.license, term.exception))
            return
        if is_glob(exception):
            known = any(matches(exception, one) for one in self._table.effects)
            if not known and not exception.startswith("AdditionRef-"):
                raise _NameFault(f"{shown(exception)} fits no exception of the SPDX list")
        else:
            exception = _term(f"GPL-2.0-only{WITH}{exception}").exception
        self.pairs.append((self._id(license_name), exception))

    def _id(self, name: str) -> str:
        if not is_glob(name):
            return _term(name).license
        if not name.lower().startswith(REFERENCES) and not any(matches(name, one) for one in self._table.licenses):
            raise _NameFault(f"{shown(name)} fits no license of the SPDX list")
        return name


def _expression(text: str) -> str:
    try:
        return str(canonical(text))
    except InvalidExpression as error:
        raise _NameFault(f"{shown(text)} is no license expression: {error}") from error


def _term(name: str) -> Term:
    """One license; deprecated identifiers are refused, for they leave open what is meant."""
    try:
        node = parse(name)
    except InvalidExpression as error:
        raise _NameFault(f"{error}{_suggestion(name)}") from error
    if not isinstance(node, Term) or str(node).lower() != re.sub(r"\s+", " ", name).lower():
        newer = str(render(node))
        every = f", or {name.removesuffix('+')}-* for each of its forms" if newer.endswith("-only") else ""
        raise _NameFault(f"{name} is deprecated; write {newer}{every}")
    return node


def _suggestion(name: str) -> str:
    if name.lower() in CLASSES:
        return "; it is a class: write it under classes"
    close = get_close_matches(name.lower()[:60], list(shipped_table().licenses), n=1)
    return f", did you mean {parse(close[0])}?" if close else ""


def classify_faults(document: Document) -> Iterator[Fault]:
    """Ids under ``classify`` that are none."""
    for index, group in enumerate(document.data.get("classify", ())):
        for number, name in enumerate(group["ids"]):
            path: list[str | int] = ["classify", index, "ids", number]
            if is_glob(name) and not name.lower().startswith(REFERENCES):
                yield document.fault(path, f"{shown(name)}: only ids that start with LicenseRef- may have *")
            elif not is_glob(name):
                try:
                    _term(name)
                except _NameFault as error:
                    yield document.fault(path, str(error))
