"""What counts of the names in a text: grants and names, each license said once per place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sbomctl.licenses.text.mentions import Mention, mentions
from sbomctl.licenses.text.remarks import CHANGED, GRANT, REMARK, goes_on, judged
from sbomctl.licenses.text.sentences import Sentences

GNU = frozenset(("GPL", "LGPL", "AGPL", "GFDL"))
_GRANTS = frozenset(
    str.split(
        "licensed under terms released distributed distributable covered governed subject redistribute "
        "redistributed provided available relicensed dual "
        "dually tri conditions published according protected pursuant"
    )
)
_PLACE = frozenset(("at", "from", "here", "online", "in"))  # what is available there is a text
_CUES = _GRANTS | frozenset(str.split("license licenses licensing either copyright copying"))
_CUES_AFTER = frozenset(str.split("license licenses licensed style licence"))
_STRONG = frozenset(
    str.split("licensed released distributed distributable redistribute redistributed relicensed available")
)
_LINKS = frozenset(str.split("under either or and the license licenses licensed a by dual of is with as"))
_POINTERS_BEFORE = re.compile(r"(?:text|version|copy|copies|contents?) of (?:the )?(?:latest )?\Z|common licenses \Z")
_POINTERS_AFTER = re.compile(
    r"\A(?:license |v\S+ |version \S+ ){0,3}(?:can|may) be (?:found|viewed|obtained)|\Ais (?:in|available in) usr"
)
_GRANT = re.compile(
    r"\b(?:licensed|released|distributed|redistribute it|covered|available) (?:\w+ )?(?:under|by) (?:the )?terms of "
    r"the \Z"
)
_LISTED = frozenset(("MIT", "BSD", "Apache", "MPL", "Artistic"))  # in a row with others they are no common words
_FEW = 12  # words of a text that can be about nothing else
NOTICE = 60  # words; in a longer text a name may be said in passing
_LIST = 20  # licenses that are only named
_ROW = 7  # names in a row that are a list of licenses there are, unless something is granted under them
_CHOICE = frozenset(("or", "and"))
_ROW_GAP = 2  # words between two of them
_SUGGESTIONS = 25  # words behind "suggested licenses:" that name some
_SUGGESTED = re.compile(r"\b(?:suggested|recommended|possible|valid|accepted|known) licenses\b")
_AROUND = 12  # statements before and after one
_BESIDE = 6  # words between names that are offered together
_TOGETHER = 6  # words between names that one grant is about
_JOINS = frozenset(str.split("and or either both the a an of under terms to its gnu also"))
_NEAR = 110  # words between two names that are one statement
_UNLISTED = "a version that the license list does not have"
_ANOTHER = "another form of a license, with terms of its own"
_DISCLAIMERS = (
    "see the",
    "copy of the",
    "refer to the",
    "consult the",
    "text of the",
    "with the",
    "read the",
    "version of the",
    "terms of the",
)


@dataclass(slots=True)
class Statement:
    """One license of one place; positions are those in ``Words.every``."""

    start: int
    end: int
    expression: str  # "" = a version that the list does not have, or another form of a license
    candidates: tuple[str, ...] = ()
    rule: str = "name"
    remark: str = ""
    family: str = ""
    weak: bool = False  # said of something else than what is granted
    pointer: bool = False  # where the text can be read
    bare: bool = False  # a GNU license without a version

    @property
    def in_passing(self) -> bool:
        """Whether it is the name of a GNU license and no more, which nothing is granted under."""
        return self.bare and self.rule == "name"


def statements(stream: list[str], sentences: Sentences | None = None) -> list[Statement]:
    """In the order of the text; "" in ``stream`` are words that are not looked at."""
    around = sentences or Sentences()
    merged: list[Mention] = []
    found = mentions(stream, around)
    end = -9  # of the last one that counts
    denied = None  # the one before, if it was no more than a remark
    for at, one in enumerate(found):
        listed = one.family.name in _LISTED and (
            one.start - end <= 2 or any(after.start - one.end <= 1 and after.strong for after in found[at + 1 : at + 2])
        )
        if not (listed or _is_all(stream, one) or _counts(stream, one)):
            continue
        how = judged(stream, one, around)
        if how == GRANT and denied and goes_on(stream, denied, one, around):
            how = REMARK
        denied = one if how == REMARK else None
        if denied:
            continue
        end = one.end
        one.changed = how == CHANGED
        one.pointer = one.family.name in GNU and _is_pointer(stream, one)
        if not _absorbed(stream, one, merged):
            merged.append(one)
    said = [_statement(stream, one) for at, one in enumerate(merged) if not _echo(stream, at, merged)]
    _grant_together(stream, said)
    many = len({one.expression for one, _ in said if one.rule == "name"}) > _LIST
    said = _without_lists(stream, said)
    if many:
        said = [(one, how) for one, how in said if one.rule != "name"]  # a list of licenses states none
    versioned = {one.family.name for one in merged if one.versions}
    short = {one.family.name for one in merged if one.versions and _is_defined(stream, one)}
    kept = [
        one
        for at, (one, how) in enumerate(said)
        if (how.versions or one.family not in versioned or (one.family not in short and _is_offered(said, at)))
        and (one.expression or one.rule == "notice" or len(stream) <= NOTICE)
        and not (one.rule == "name" and one.candidates and len(stream) > (NOTICE if how.strong else _FEW))
    ]
    return _perl(kept)


def _grant_together(stream: Sequence[str], said: Sequence[tuple[Statement, Mention]]) -> None:
    """What is granted together with a license: "licensed under the LGPL 2.1 and/or the GPL 3.0" grants both."""
    for (before, _), (one, how) in pairwise(said):
        start = before.end if before.end <= one.start else one.start - 3  # a grant may go on behind the other name
        between = stream[max(0, start) : one.start]
        is_joined = len(between) <= _TOGETHER and _JOINS.issuperset(between) and not _CHOICE.isdisjoint(between)
        if before.rule == "notice" and how.versions and is_joined:
            one.rule = "notice"


def _without_lists(stream: Sequence[str], said: list[tuple[Statement, Mention]]) -> list[tuple[Statement, Mention]]:
    """What is left when bare lists are taken out: many names without a word between, or suggestions of a template."""
    kept: list[tuple[Statement, Mention]] = []
    row: list[tuple[Statement, Mention]] = []
    for one in said:
        between = stream[row[-1][0].end : one[0].start] if row else ()
        if len(between) > _ROW_GAP or not _CHOICE.isdisjoint(between):
            kept += [] if _is_list(stream, row) else row
            row = []
        row.append(one)
    kept += [] if _is_list(stream, row) else row
    return [
        (one, how)
        for one, how in kept
        if one.rule != "name" or not _SUGGESTED.search(" ".join(stream[max(0, one.start - _SUGGESTIONS) : one.start]))
    ]


def _is_list(stream: Sequence[str], row: Sequence[tuple[Statement, Mention]]) -> bool:
    if len(row) < _ROW:
        return False
    start = row[0][0].start
    return _GRANTS.isdisjoint(stream[max(0, start - 12) : start])


def _is_offered(said: Sequence[tuple[Statement, Mention]], at: int) -> bool:
    """Whether a GNU license without a version stands beside another license: that is an offer of its own.

    Elsewhere "the GPL" is short for the one whose version the file tells.
    """
    one, _ = said[at]
    beside = [other for other, _ in (*said[max(0, at - 1) : at], *said[at + 1 : at + 2])]
    return one.family in GNU and any(
        other.family != one.family and max(other.start - one.end, one.start - other.end) <= _BESIDE for other in beside
    )


def _is_defined(stream: Sequence[str], one: Mention) -> bool:
    """Whether ``(the "GPL")`` behind a name with a version says that this is what is meant from there on."""
    return list(stream[one.end - 2 : one.end]) == ["the", one.family.name.lower()]


def _perl(said: list[Statement]) -> list[Statement]:
    """Names that mean more beside others: Perl's pair, the three of Mozilla."""
    for at, one in enumerate(said):
        around = said[max(0, at - _AROUND) : at + _AROUND]
        near = {other.family: other for other in around if abs(other.start - one.start) < _NEAR}
        if one.expression == "MPL-2.0" and one.candidates and {"GPL", "LGPL"} & set(near):
            one.expression = "MPL-1.1"
        if one.expression == "MPL-1.1" and {"GPL", "LGPL"} <= set(near):
            for other in (near["GPL"], near["LGPL"]):
                if (
                    other.start - one.start < 12
                    and other.expression in ("GPL-2.0-only", "LGPL-2.1-only")
                    and other.rule != "only"
                ):
                    other.expression = other.expression.replace("-only", "-or-later")
        if one.expression == "Artistic-1.0" and any(
            other.family == "GPL" and abs(other.start - one.start) < _NEAR for other in around
        ):
            one.expression, one.candidates, one.remark = "Artistic-1.0-Perl", (), ""
    return said


def _is_all(stream: Sequence[str], one: Mention) -> bool:
    """Whether the text is hardly more than the name."""
    around = len(stream) - (one.end - one.start)
    return around <= _FEW and (one.strong or around <= _FEW // 3 or not _CUES.isdisjoint(stream))


def _counts(stream: list[str], one: Mention) -> bool:
    before = stream[max(0, one.start - 5) : one.start]
    after = stream[one.end : one.end + 1]
    if one.strong or _CUES_AFTER & set(after):
        return True
    if one.versions:
        return bool(_CUES & set(stream[max(0, one.start - 12) : one.start] + stream[one.end : one.end + 4]))
    return bool(_CUES & set(before) and _LINKS & set(before[-1:]))


def _absorbed(stream: Sequence[str], one: Mention, merged: list[Mention]) -> bool:
    """Whether a name only repeats an earlier one; what it adds goes there."""
    for other in reversed(merged) if not one.changed else ():
        gap = one.start - other.end
        if gap > _NEAR or "" in stream[other.end : one.start]:
            return False
        if other.family is not one.family or other.changed:
            continue
        if one.pointer and not other.pointer and other.versions:
            return True
        if other.pointer and not one.pointer:
            other.pointer, other.versions, other.later, other.only = (
                False,
                one.versions or other.versions,
                one.later,
                one.only,
            )
            return True
        if _adds_nothing(one, other):
            if one.versions and not other.versions:
                other.versions, other.later, other.only = one.versions, one.later or other.later, one.only
                other.pointer |= one.pointer
            elif one.versions == other.versions:
                other.later, other.only = other.later or one.later, other.only or one.only
            other.end = one.end if gap < _NEAR // 2 else other.end
            other.strong |= one.strong
            return True
        return False
    return False


def _adds_nothing(one: Mention, other: Mention) -> bool:
    """Whether a name says at most the versions of an earlier one, and not only those where it had later ones too."""
    if one.versions == other.versions and ((one.only and other.later) or (one.later and other.only)):
        return False
    return not one.versions or not other.versions or set(one.versions) <= set(other.versions)


def _echo(stream: Sequence[str], at: int, merged: Sequence[Mention]) -> bool:
    """``See the GNU General Public License`` below the grant of another GNU license means that one."""
    one = merged[at]
    if one.family.name not in GNU or one.versions:
        return False
    before = " ".join(stream[max(0, one.start - 3) : one.start])
    if not before.endswith(_DISCLAIMERS) or _GRANT.search(" ".join(stream[max(0, one.start - 9) : one.start]) + " "):
        return False
    return any(
        other is not one and other.family.name in GNU and abs(one.start - other.end) < 2 * _NEAR for other in merged
    )


def _statement(stream: Sequence[str], one: Mention) -> tuple[Statement, Mention]:
    expression, candidates = meaning(one)
    if one.family.name == "LGPL" and not one.versions and _is_lesser(stream[one.start : one.end]):
        expression = "LGPL-2.1-or-later"
    if one.unknown_version or one.changed:
        expression, candidates = "", ()
    before = stream[max(0, one.start - 10) : one.start]
    rule = "notice" if _is_grant(before) or one.later or one.only else "name"
    remark = f"the name leaves open which: {', '.join(candidates)}" if candidates else _UNLISTED * one.unknown_version
    remark = _ANOTHER if one.changed else remark
    weak = not _STRONG & set(before)
    name = one.family.name
    bare = name in GNU and not one.versions
    return Statement(one.start, one.end, expression, candidates, rule, remark, name, weak, one.pointer, bare), one


def _is_grant(words: Sequence[str]) -> bool:
    """Whether words grant something; ``(available at http://…)`` only tells where a text is."""
    if told := _GRANTS.intersection(words):
        return told != {"available"} or any(
            word == "available" and after not in _PLACE for word, after in pairwise((*words, ""))
        )
    return False


def _is_lesser(words: Sequence[str]) -> bool:
    """Whether a name is that which the LGPL has from version 2.1 on: without a version any with that name holds."""
    return "lesser" in words and "library" not in words


def _is_pointer(stream: Sequence[str], one: Mention) -> bool:
    before = " ".join(stream[max(0, one.start - 7) : one.start]) + " "
    after = " ".join(stream[one.end : one.end + 12])
    if one.later or one.only:
        return False
    return bool(_POINTERS_BEFORE.search(before) or _POINTERS_AFTER.search(after))


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
