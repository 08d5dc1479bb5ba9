"""What the license names in one debian/copyright mean, with the texts that the file gives them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache

from sbomctl.licenses._dep5_text import Said, narrowed, said_by, version_doubt
from sbomctl.licenses.base import Context, Declared, Reading
from sbomctl.licenses.expression import Node, Term, compound, fold, parse, render, sorted_tree
from sbomctl.licenses.spdx_list import license_reference
from sbomctl.model import Expression

_SPLIT = re.compile(r"[ \t]*,?[ \t]+(?:and/or|and|or)[ \t]+|[ \t]*,[ \t]*", re.IGNORECASE)
_OPERATOR = re.compile(r"[ \t](?:and/or|and|or)[ \t]", re.IGNORECASE)
_ZEROES = re.compile(r"(?<=\d)(?:\.0)+(?=\+|\s|\Z)")
_WITH = re.compile(r"[ \t]+with[ \t]+", re.IGNORECASE)
_LOCAL = "this-file"  # takes the place of a scope until it is known what a local name means
_STAND_IN = "LicenseRef-stand-in"
_LONGEST = 2000  # characters of a synopsis that is read name by name


def key(name: str) -> str:
    """A license name for comparing: case, white space and ``.0`` at the end of a version mean nothing (7.1, 7.2)."""
    return _ZEROES.sub("", " ".join(name.lower().split()))


def names_of(synopsis: str) -> tuple[str, ...]:
    """The license names in a synopsis, each with its exception, as written and in order.

    A synopsis without *and* and *or* is one name when it holds parentheses, for people write
    ``Redistributable (Intel, with patents)``.
    """
    if len(synopsis) > _LONGEST or ("(" in synopsis and not _OPERATOR.search(synopsis)):
        return (synopsis,)
    return tuple([name for name in _SPLIT.split(synopsis) if name])


def text_keys(name: str) -> Iterator[str]:
    """Under which names of stand-alone License paragraphs the text of ``name`` may be, the closest first."""
    yield key(name)
    base, *exception = _WITH.split(name, maxsplit=1)
    if exception:
        yield key(base)


def meaning(synopsis: str, texts: Mapping[str, str], package: str, *, ask: bool = True) -> Reading:
    """What a synopsis means; ``texts`` are those of its names (by :func:`names_of`), as far as there are any.

    With ``ask`` the texts decide what the names leave open; that takes some milliseconds each.

    A name that the whole archive shares means what it means everywhere (section 7.1). One that only
    this file explains is what its text is, or else a ``LicenseRef-`` made of the name and the text,
    so that it is the same one in all packages that ship the same.
    """
    names = list(dict.fromkeys(names_of(synopsis)))
    counts = Counter(texts.values())
    readings = {}
    for name in names:
        text = texts.get(name, "")
        readings[name] = _of_name(name, text, package, ask=ask and counts[text] == 1)  # alone with its text
    if len(names) == 1:
        return readings[names[0]]
    whole = _declared(synopsis)
    doubts = [f"{name}: {one.remark}" for name, one in readings.items() if one.remark]
    if not any(_is_open(_declared(name)) for name in names):
        return Reading(whole.expression, whole.candidates, "; ".join(doubts) or whole.remark)
    open_ones = {name: undecided(name, texts.get(name, ""), package) for name in names}
    return _composed(synopsis, readings, open_ones, "; ".join(doubts))


def of_text(text: str, *, ask: bool = True) -> Reading:
    """What a license without a name is: what its text says, or a reference to the text."""
    said = said_by(text) if ask else Said()
    if said.sure:
        return Reading(
            said.expression, (), _remarks(f"it has no name; by its text it is {said.expression}", said.remark)
        )
    return Reading(undecided("", text, ""), (), "it has no name")


def undecided(name: str, text: str, package: str) -> Expression:
    """A ``LicenseRef-`` for what nobody can read: the same for the same name and text, else for the package."""
    return render(parse(license_reference("debian", _scope(text, package), name)))


def _of_name(name: str, text: str, package: str, *, ask: bool) -> Reading:
    reading = _declared(name)
    if not _is_open(reading):
        doubt = version_doubt(reading.expression, text) if ask else ""
        return Reading(reading.expression, (), _remarks(reading.remark, doubt)) if doubt else reading
    said = said_by(text) if ask and not _is_no_license(name) else Said()
    return _decided(name, reading, said, (text, package))


def _decided(name: str, reading: Reading, said: Said, place: tuple[str, str]) -> Reading:
    """An open name; ``said`` is what the text it has in this file says.

    A text that was found without the exception that the name speaks of has lost it, so it decides nothing.
    """
    whole = " WITH " in said.expression or not _WITH.search(name)
    named = said.expression in reading.candidates and not said.expression.endswith(("-only", "-or-later"))
    if named or (said.sure and whole):  # whether later versions may be chosen is only for a grant to say
        return Reading(said.expression, (), _remarks(f"by its text it is {said.expression}", said.remark))
    scope = _scope(*place)
    if not reading.candidates:
        expression = _replaced(reading.expression, {}, scope) if reading.expression else undecided(name, *place)
        return Reading(expression, (), reading.remark)
    candidates = narrowed(reading.candidates, place[0])
    keeps = reading.expression and (candidates == reading.candidates or reading.expression in candidates)
    return Reading(
        _replaced(reading.expression, {}, scope) if keeps else Expression(""),
        tuple(sorted({_replaced(one, {}, scope) for one in candidates})),
        _remarks(reading.remark, f"its text is {said.expression}" if said.expression else ""),
    )


def _is_no_license(name: str) -> bool:
    """Names that are not for license terms (section 7.1, "Public domain"), so that no text can decide them."""
    return key(name).startswith(("public-domain", "public domain"))


def _scope(text: str, package: str) -> str:
    """Where a name is at home: with its text, and only without one in its package."""
    return text_scope(text) if text else license_reference(package).removeprefix("LicenseRef-") or "unnamed"


@lru_cache(maxsize=512)
def text_scope(text: str) -> str:
    """What names the text in a reference: the same for the same words, however they are wrapped."""
    words = " ".join(text.lower().split()).encode("utf-8", "surrogatepass")
    return hashlib.sha256(words).hexdigest()[:8]


def _composed(synopsis: str, readings: Mapping[str, Reading], references: Mapping[str, str], remark: str) -> Reading:
    """The synopsis with what its open names turned out to be; candidates with each of them in its turn."""
    stand_ins = {name: f"{_STAND_IN}-{index}" for index, name in enumerate(readings)}
    frame = _declared(_with_stand_ins(synopsis, stand_ins)).expression
    if not frame:
        return _declared(synopsis)
    chosen = {stand_ins[name]: one.expression or references[name] for name, one in readings.items()}
    candidates = {
        _replaced(frame, {**chosen, stand_ins[name]: candidate}, "")
        for name, one in readings.items()
        for candidate in one.candidates
    }
    return Reading(_replaced(frame, chosen, ""), tuple(sorted(candidates)), remark)


def _with_stand_ins(synopsis: str, stand_ins: Mapping[str, str]) -> str:
    parts = []
    end = 0
    for found in [*_SPLIT.finditer(synopsis), None]:
        name = synopsis[end : found.start() if found else None]
        parts += [stand_ins.get(name, name), found[0] if found else ""]
        end = found.end() if found else 0
    return "".join(parts)


def _replaced(expression: str, by: Mapping[str, str], scope: str) -> Expression:
    """``expression`` with other licenses in the place of some, and the names of this file in ``scope``."""

    def term(one: Term) -> Node:
        if one.license in by:
            return parse(by[one.license])
        return Term(one.license.replace(_LOCAL, scope, 1), one.exception.replace(_LOCAL, scope, 1))

    tree = fold(parse(expression), term, lambda parts: compound("AND", parts), lambda parts: compound("OR", parts))
    return render(sorted_tree(tree))


def _is_open(reading: Reading) -> bool:
    return bool(reading.candidates) or not reading.expression or _LOCAL in reading.expression


def _remarks(*remarks: str) -> str:
    return "; ".join(one for one in remarks if one)


@lru_cache(maxsize=8192)
def _declared(synopsis: str) -> Reading:
    from sbomctl.licenses.dialects.debian import DebianDialect

    (reading,) = DebianDialect().declare([Declared(synopsis)], Context(scope=("debian", _LOCAL))).readings
    return reading
