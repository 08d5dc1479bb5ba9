"""What counts of the names in a text: grants and names, each license said once per place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sbomctl.licenses.text.mentions import Mention, mentions

GNU = frozenset(("GPL", "LGPL", "AGPL", "GFDL"))
_GRANTS = frozenset(
    (
        "licensed under terms released distributed distributable covered governed subject redistribute redistributed provided available relicensed dual "
        "dually tri conditions published according"
    ).split(" ")
)
_CUES = _GRANTS | frozenset("license licenses licensing either copyright copying".split(" "))
_CUES_AFTER = frozenset("license licenses licensed style licence".split(" "))
_AGAINST = frozenset(("compatible", "compatibility", "incompatible", "incompatibility", "faq", "violation", "violations", "violating"))
_AGAINST_BEFORE = frozenset(("compatible", "incompatible", "unlike", "not", "non"))
_NEAR = 110  # words between two names that are one statement
_DISCLAIMERS = ("see the", "copy of the", "refer to the", "consult the", "text of the", "with the", "read the", "version of the", "terms of the")


@dataclass(slots=True)
class Statement:
    """One license of one place; positions are those in ``Words.every``."""

    start: int
    end: int
    expression: str
    candidates: tuple[str, ...] = ()
    rule: str = "name"
    remark: str = ""
    family: str = ""


def statements(stream: Sequence[str]) -> list[Statement]:
    """In the order of the text; "" in ``stream`` are words that are not looked at."""
    merged: list[Mention] = []
    for one in mentions(stream):
        if not _counts(stream, one):
            continue
        if not _absorbed(stream, one, merged):
            merged.append(one)
    said = [_statement(stream, one) for one in merged if not _echo(stream, one, merged)]
    versioned = {one.family.name for one in merged if one.versions}
    return _perl([one for one, how in said if how.versions or one.family not in versioned or _own_grant(one)])


def _own_grant(one: Statement) -> bool:
    return one.family in GNU and one.rule == "notice"


def _perl(said: list[Statement]) -> list[Statement]:
    """The Artistic license beside the GPL is the one of Perl."""
    for one in said:
        if one.expression == "Artistic-1.0" and any(
            other.family == "GPL" and abs(other.start - one.start) < _NEAR for other in said
        ):
            one.expression, one.candidates, one.remark = "Artistic-1.0-Perl", (), ""
    return said


def _counts(stream: Sequence[str], one: Mention) -> bool:
    before = stream[max(0, one.start - 5) : one.start]
    after = stream[one.end : one.end + 1]
    if _AGAINST & set(after) or _AGAINST_BEFORE & set(before[-2:]):
        return False
    return one.strong or bool(_CUES & set(before) or _CUES_AFTER & set(after))


def _absorbed(stream: Sequence[str], one: Mention, merged: list[Mention]) -> bool:
    """Whether a name only repeats an earlier one; what it adds goes there."""
    for other in reversed(merged):
        gap = one.start - other.end
        if gap > _NEAR or "" in stream[other.end : one.start]:
            return False
        if other.family is not one.family:
            continue
        if not one.versions or not other.versions or set(one.versions) <= set(other.versions):
            if one.versions and not other.versions:
                other.versions, other.later, other.only = one.versions, one.later or other.later, one.only
            elif one.versions == other.versions:
                other.later, other.only = other.later or one.later, other.only or one.only
            other.end = one.end if gap < _NEAR // 2 else other.end
            other.strong |= one.strong
            return True
        return False
    return False


def _echo(stream: Sequence[str], one: Mention, merged: Sequence[Mention]) -> bool:
    """``See the GNU General Public License`` below the grant of another GNU license means that one."""
    if one.family.name not in GNU or one.versions:
        return False
    before = " ".join(stream[max(0, one.start - 3) : one.start])
    if not before.endswith(_DISCLAIMERS):
        return False
    return any(other is not one and other.family.name in GNU and abs(one.start - other.end) < 2 * _NEAR for other in merged)


def _statement(stream: Sequence[str], one: Mention) -> tuple[Statement, Mention]:
    expression, candidates = meaning(one)
    before = stream[max(0, one.start - 10) : one.start]
    rule = "notice" if _GRANTS & set(before) or one.later or one.only else "name"
    remark = f"the name leaves open which: {', '.join(candidates)}" if candidates else ""
    return Statement(one.start, one.end, expression, candidates, rule, remark, one.family.name), one


def meaning(one: Mention) -> tuple[str, tuple[str, ...]]:
    """The expression and, where the words leave it open, all that it may be."""
    family = one.family
    if not one.versions:
        return family.bare, family.candidates
    ids = [family.versions[version] for version in one.versions]
    if family.name in GNU:
        *first, last = ids
        ids = [f"{each}-only" for each in first] + [f"{last}-or-later" if one.later else f"{last}-only"]
    return " OR ".join(ids), ()
