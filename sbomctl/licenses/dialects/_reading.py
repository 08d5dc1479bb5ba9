"""From one declared string to a reading, for every dialect whose strings are names and operators."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product

from sbomctl.licenses.base import Declaration, Reading
from sbomctl.licenses.dialects._names import Names, unknown
from sbomctl.licenses.dialects._phrase import Branch, Grammar, Leaf, NoPhrase, Tree, branches, leaves, read_phrase
from sbomctl.licenses.expression import (
    Node,
    canonical,
    compound,
    conjunction,
    disjunction,
    normalize,
    parse,
    render,
    sorted_tree,
    unasserted,
)
from sbomctl.licenses.spdx_list import license_reference
from sbomctl.model import Expression

_LATER = re.compile(
    r"(?:,? |-)\(?(?:or|and|any) (?:\(?at your option\)?,? |or |any ){0,3}"
    r"(?:later|newer|above|higher|greater)\b(?: versions?\b)?(?! of)\)?",
    re.IGNORECASE,
)
_BEFORE_VERSION = re.compile(r" ?, ?(?=(?:v|ver\.?|version) ?\d)", re.IGNORECASE)
_LONGEST = 8192  # characters of a string that is read word by word; a longer one is a license text
_PERL = Expression("Artistic-1.0-Perl")
_MOST_CANDIDATES = 16
_MOST_LEAVES = 8192  # in all candidates together
_MOST_REMARKS = 6


def read_string(raw: str, grammar: Grammar, names: Names, scope: Sequence[str]) -> Reading:
    """What ``raw`` means in a dialect.

    A name that stays open leaves its place in a longer expression to a ``LicenseRef-``, lest the other
    licenses be lost with it; the candidates are the whole expression with the name decided.
    """
    text = " ".join(raw[: _LONGEST + 1].split())
    if len(text) > _LONGEST:
        return _long(raw)
    if whole := names.known(text, scope):
        return whole
    try:
        tree = read_phrase(_BEFORE_VERSION.sub(" ", _LATER.sub("+", text)), grammar)
    except NoPhrase as reason:
        return _unread(text, str(reason), grammar, scope)
    readings = {leaf: _leaf(leaf, names, scope) for leaf in leaves(tree)}
    if isinstance(tree, Leaf):
        return readings[tree]
    readings |= dict.fromkeys(_artistic_beside_gpl(tree, readings), Reading(_PERL))
    unread = next((leaf.name for leaf, one in readings.items() if not _has_place(leaf, one, scope)), "")
    return Reading(remark=_no_part(unread)) if unread else _composed(tree, readings, scope)


def _artistic_beside_gpl(tree: Branch, readings: Mapping[Leaf, Reading]) -> Iterator[Leaf]:
    """*Artistic* as the alternative to any version of the GPL: these are the terms of Perl 5, and its text."""
    for branch in branches(tree):
        if branch.operator == "OR":
            beside = [part for part in branch.parts if isinstance(part, Leaf)]
            if any(readings[leaf].expression == "GPL-1.0-or-later" for leaf in beside):
                yield from (leaf for leaf in beside if _PERL in readings[leaf].candidates)


def _has_place(leaf: Leaf, reading: Reading, scope: Sequence[str]) -> bool:
    """Whether a name can stand in an expression: as what it means, or as a reference that keeps it."""
    return bool(reading.expression or unknown(leaf.name, scope).expression) and not unasserted(leaf.name)


def _no_part(name: str) -> str:
    return f"{name[:40]} is no part of an expression"


def _long(raw: str) -> Reading:
    """A text, or an expression of hundreds of licenses, which distributions of fonts and firmware have."""
    valid = normalize(raw)
    return Reading(canonical(valid)) if valid else Reading(remark="this is no license name but text")


def all_of(readings: Sequence[Reading], raws: Sequence[str], scope: Sequence[str]) -> Declaration:
    """Readings that hold together: their conjunction, with a reference for each that stays open."""
    return Declaration(tuple(readings), conjunction(_stand_ins(readings, raws, scope)))


def one_of(readings: Sequence[Reading], raws: Sequence[str], scope: Sequence[str]) -> Declaration:
    """Readings that are alternatives: their disjunction, with a reference for each that stays open."""
    return Declaration(tuple(readings), disjunction(_stand_ins(readings, raws, scope)))


def _stand_ins(readings: Sequence[Reading], raws: Sequence[str], scope: Sequence[str]) -> list[str]:
    """The expressions; of what is open a reference, but only where something else is known."""
    if not any(one.expression for one in readings):
        return []
    return [one.expression or _reference(raw, scope) for one, raw in zip(readings, raws, strict=True)]


def _reference(name: str, scope: Sequence[str]) -> str:
    return unknown(name, scope).expression or license_reference(*scope, "unreadable")


def _unread(text: str, reason: str, grammar: Grammar, scope: Sequence[str]) -> Reading:
    """A name with an odd character is still a name; what has operators and cannot be read is none."""
    if any(grammar.operator(word) for word in grammar.tokens.findall(text)):
        return Reading(remark=reason)
    reading = unknown(text, scope)
    return Reading(reading.expression, remark=f"{reading.remark}: {reason}" if reading.expression else reason)


def _leaf(leaf: Leaf, names: Names, scope: Sequence[str]) -> Reading:
    """The name with its parenthesis if that makes a known one; else without, and the parenthesis is remarked."""
    if not leaf.note:
        return names.read(leaf.name, scope)
    whole = f"{leaf.name} ({leaf.note})"
    if reading := names.known(whole, scope):
        return reading
    reading = names.read(leaf.name, scope)
    remark = "; ".join(part for part in (f"{leaf.name} is for: {leaf.note}", reading.remark) if part)
    return Reading(reading.expression, reading.candidates, remark)


def _composed(tree: Tree, readings: Mapping[Leaf, Reading], scope: Sequence[str]) -> Reading:
    chosen = {leaf: one.expression or _reference(leaf.name, scope) for leaf, one in readings.items()}
    remarks = [
        one.remark if leaf.note and leaf.name in one.remark else f"{leaf.name}: {one.remark}"
        for leaf, one in readings.items()
        if one.remark
    ]
    return Reading(_expression(tree, chosen), _candidates(tree, readings, chosen), "; ".join(remarks[:_MOST_REMARKS]))


def _candidates(tree: Tree, readings: Mapping[Leaf, Reading], chosen: Mapping[Leaf, str]) -> tuple[str, ...]:
    """The whole expression for each way to decide its open names; of too many ways, one name at a time."""
    decided = {leaf: one.candidates for leaf, one in readings.items() if one.candidates}
    if not decided:
        return ()
    ways = [dict(zip(decided, way, strict=True)) for way in islice(product(*decided.values()), _MOST_CANDIDATES + 1)]
    if len(ways) > _MOST_CANDIDATES:
        single = ({leaf: one} for leaf, every in decided.items() for one in every)
        ways = list(islice(single, max(4, min(4 * _MOST_CANDIDATES, _MOST_LEAVES // len(readings)))))
    return tuple(sorted({_expression(tree, {**chosen, **way}) for way in ways}))


def _expression(tree: Tree, chosen: Mapping[Leaf, str]) -> Expression:
    return render(sorted_tree(_node(tree, chosen)))


def _node(tree: Tree, chosen: Mapping[Leaf, str]) -> Node:
    if isinstance(tree, Leaf):
        return parse(chosen[tree])
    return compound(tree.operator, [_node(part, chosen) for part in tree.parts])
