"""All licenses in a text."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from sbomctl.licenses.expression import NOTHING, canonical, terms
from sbomctl.licenses.spdx_list import spdx_list
from sbomctl.licenses.text.connectives import Placed, joined
from sbomctl.licenses.text.contracts import is_contract
from sbomctl.licenses.text.families import families
from sbomctl.licenses.text.found import Found
from sbomctl.licenses.text.hosts import Excepted, without_hosts
from sbomctl.licenses.text.index import Index, load
from sbomctl.licenses.text.near import difference
from sbomctl.licenses.text.phrases import phrases
from sbomctl.licenses.text.references import Reference, references
from sbomctl.licenses.text.result import Detection, Match
from sbomctl.licenses.text.sentences import Sentences
from sbomctl.licenses.text.statements import GNU, NOTICE, Statement, statements
from sbomctl.licenses.text.tags import is_dep5, tags, without_ignored
from sbomctl.licenses.text.texts import find
from sbomctl.licenses.text.titles import ONE_WORK, by_text, without_titles
from sbomctl.licenses.text.words import Words, words_of
from sbomctl.model import Expression

_AROUND = 12  # statements before and after an address
_LEAD = 3  # lines of a paragraph above the text in it
_RAW = 200  # characters
_HEADING = 12  # words between the beginning of a text and its name there
_AGREEMENT = "an agreement that nobody knows, which names licenses of others"
_READ_AT = 100  # words between the grant of a license and where it can be read
_ONE_NOTICE = 300  # words of the longest notices; what has more is about several works
_LINKED = 30  # words between a name and the address that it is a link to
_OVERLAPPING = 3  # texts that a word may be in: they overlap only at their ends
_REMEMBERED = 40  # words of a field; all fields of people are shorter


def detect(text: str, name: str = "", index: Index | None = None) -> Detection:  # noqa: ARG001 - for rules to come
    """Every license that ``text`` states, in time linear in it; ``name`` is that of the file.

    Without ``index`` the one of :func:`~sbomctl.licenses.text.index.load` is made on the first
    call, which takes a second or two.
    """
    text = without_ignored(text)
    words = words_of(text)
    known = index or load()
    stream = list(words.every)
    placed, fields = _tags(words, stream)
    texts = []
    excepted: list[Excepted] = []
    changed: list[tuple[Placed, set[str]]] = []  # a text that is not quite a known one, and that one
    copies: list[tuple[Placed, set[str]]] = []  # of those, what lacks too much of it
    for found in find(words, known):
        one = _text(found, words, known)
        texts.append(one)
        if found.is_changed or one.match.rule == "unknown-text":
            changed.append((one, set(known.ids[found.which])))
            copies += [] if found.is_changed else changed[-1:]
        if one.exception:
            excepted.append(Excepted(one.exception, tuple(_own(one, found, words))))
        elif one.match.rule != "unknown-text":
            _mask(stream, one, found, words)
    _explain(fields, texts)
    placed += _with_phrases(texts, words)
    said = _without_pointers(without_hosts(statements(stream, Sentences(words)), excepted), placed)
    for start, end in [part for text in excepted for part in text.parts]:
        stream[start:end] = [""] * (end - start)
    said = _without_short(_without_talk(said, placed, len(stream)), len(stream))
    said = without_titles(said, changed, placed, words)
    said = by_text(said, placed, len(stream))
    explained = set(map(id, texts)).difference(map(id, placed))
    said = _without_terms(said, [(one, ids) for one, ids in changed if id(one) not in explained])
    known_text = any(one.match.is_text and one.match.expression for one in texts)
    if not known_text and not is_dep5(words.lines) and is_contract(words.every):
        placed += _agreed(words, stream, [one for one in said if not one.bare], placed, copies)
    else:
        placed += _references(words, stream, said, _stated(placed, said))
        _resolve(said, placed)
        placed += [_said(one, words) for one in said]
    placed.sort(key=lambda one: (one.start, one.end))
    return joined(placed, words)


def _mask(stream: list[str], one: Placed, found: Found, words: Words) -> None:
    """Nothing else is looked for in a text, but in what is inserted into it; the GNU ones name each other."""
    names_others = any(f"{family}-" in one.match.expression for family in GNU)
    for start, end in _own(one, found, words, holes=not names_others):
        stream[start:end] = [""] * max(0, end - start)


def _own(one: Placed, found: Found, words: Words, *, holes: bool = True) -> Iterator[tuple[int, int]]:
    """Where the words of a text are, without what is inserted into it."""
    at = one.start
    for begin, finish in found.holes if holes else ():
        yield at, words.place(begin)
        at = words.place(finish - 1) + 1
    yield at, one.end


def _tags(words: Words, stream: list[str]) -> tuple[list[Placed], list[tuple[str, Placed]]]:
    """What tags state, and which of it is the value of a field in a Debian copyright file."""
    found = []
    fields = []
    alone = is_dep5(words.lines)
    for tag in tags(words.lines):
        start, end = words.every_on(tag.line)
        if tag.is_field and not alone:
            continue
        if tag.is_field:
            value = tuple(stream[start:end])
            said = _named(value) if len(value) <= _REMEMBERED else _named.__wrapped__(value)
            for one in said:
                placed = _said(replace(one, start=one.start + start, end=one.end + start), words)
                placed.match = replace(placed.match, rule="tag", line=tag.line, end_line=tag.line)
                found.append(placed)
                fields.append((tag.name, placed))
            if not said:
                continue
        else:
            match = Match(Expression(tag.expression), tag.line, tag.line, "tag", raw=tag.raw[:_RAW], remark=tag.remark)
            if tag.is_cut:
                match = replace(match, rule="unknown-text", coverage=0.0, is_text=True)
            found.append(Placed(start, end, match))
            if alone and tag.name:
                fields.append((tag.name, found[-1]))
        end -= min(end - start, len(words_of(tag.rest).every) if tag.rest else 0)
        stream[start:end] = [""] * (end - start)
    return found, fields


@lru_cache(maxsize=512)
def _named(words: tuple[str, ...]) -> tuple[Statement, ...]:
    """The licenses that a field names, which many files have in the same words; what is given is not to be changed."""
    said = [one for one in statements(list(words)) if one.expression]
    for one in said:
        if one.expression == "Artistic-1.0":  # Debian's Artistic is the text of Perl (base-files)
            one.expression, one.candidates, one.remark = "Artistic-1.0-Perl", (), ""
    return tuple(said)


def _explain(fields: list[tuple[str, Placed]], texts: list[Placed]) -> None:
    """A name of a Debian copyright file means the text that a paragraph of it has (copyright-format 1.0, 7.2)."""
    starts = {one.match.line: one.match.expression for one in texts if one.match.expression and not one.exception}
    means: dict[str, Expression] = {}
    for name, field in fields:
        following = range(field.match.line + 1, field.match.line + 1 + _LEAD)
        if text := next((starts[line] for line in following if line in starts), None):
            means.setdefault(name, text)
    for name, field in fields:
        meant = means.get(name)
        if meant and " " not in field.match.expression and not field.family.endswith("GPL"):
            field.match = replace(field.match, expression=meant, candidates=(), remark="")


def _text(found: Found, words: Words, index: Index) -> Placed:
    start, end = words.place(found.start), words.place(found.end - 1) + 1
    ids = index.ids[found.which]
    best = min(ids, key=lambda one: (len(one), one))
    near = found.is_near
    exception = best if near and index.is_exception[found.which] else ""
    exact = found.is_same
    match = Match(
        expression=Expression(best if near and not exception else ""),
        line=words.line_of(start),
        end_line=words.line_of(end - 1),
        rule="exact-text" if exact else "text" if near else "unknown-text",
        coverage=round(found.coverage, 3),
        raw=_raw(words, words.line_of(start), words.line_of(end - 1)),
        remark="" if exact else difference(found, best),
        candidates=ids if len(ids) > 1 and near else (),
        is_text=True,
    )
    return Placed(start, end, match, "", exception)


def _with_phrases(texts: list[Placed], words: Words) -> list[Placed]:
    """``texts``, and the exceptions known by a phrase only; an unknown text around the phrase is explained by it."""
    told = list(phrases(words.every))
    kept = [one for one in texts if one.match.expression or not any(one.start <= at.start < one.end for at in told)]
    for one in told:
        line, end_line = words.line_of(one.start), words.line_of(one.end - 1)
        match = Match(NOTHING, line, end_line, "notice", raw=_raw(words, line, end_line))
        kept.append(Placed(one.start, one.end, match, "", one.exception))
    return kept


def _without_pointers(said: list[Statement], placed: list[Placed]) -> list[Statement]:
    """``The text of the GPL-2 is in …`` tells where a text is, not what is granted, unless nothing else does."""
    granted = {one.family for one in said if not one.pointer}
    expressions = {one.match.expression for one in placed}
    granted |= {family for one in expressions for family in GNU.intersection(one.replace("-", " ").split())}
    return [one for one in said if not (one.pointer and one.family in granted)]


def _without_talk(said: list[Statement], placed: list[Placed], length: int) -> list[Statement]:
    """What is longer than a notice and states licenses may speak of the GPL: its terms, its users, its compatibility.

    An exception needs the license that it is from, however that is said.
    """
    if length <= NOTICE or any(one.exception for one in placed):
        return said
    stated = any(one.match.expression for one in placed) or any(not one.in_passing for one in said)
    return [one for one in said if not (stated and one.in_passing)]


def _without_short(said: list[Statement], length: int) -> list[Statement]:
    """``GPL 2.0`` by name only is short for the GPL-2.0-or-later that the same notice grants in full."""
    if length > _ONE_NOTICE:
        return said
    later = {one.expression for one in said if one.rule != "name" and one.expression.endswith("-or-later")}
    short = {one.replace("-or-later", "-only") for one in later}
    return [one for one in said if not (one.rule == "name" and one.expression in short)]


def _without_terms(said: list[Statement], changed: list[tuple[Placed, set[str]]]) -> list[Statement]:
    """A name in the midst of terms that are stated as unknown is a part of them, and not what is granted.

    That of the license that they are like may be what they are called, and an exception names what it is from.
    """
    if not changed:
        return said
    exceptions = set(spdx_list().exceptions.values())
    starts = [at.start for at, _ in changed]  # in the order of the file

    def is_term(one: Statement) -> bool:
        before = bisect_left(starts, one.start)
        around = [ids for at, ids in changed[max(0, before - _OVERLAPPING) : before] if one.end < at.end]
        return (
            one.rule == "name" and bool(around) and not any(one.expression in ids or ids & exceptions for ids in around)
        )

    return [one for one in said if not is_term(one)]


def _resolve(said: list[Statement], placed: list[Placed]) -> None:
    """A name that leaves a version open means the text that the file has, or the address."""
    certain: set[str] = {one.match.expression for one in placed}
    exact = {one.expression for one in said if one.expression.startswith("BSD-") and not one.candidates}
    if len(exact) == 1:
        certain |= exact
    for one in said:
        if not (one.candidates or one.bare):
            continue
        if fitting := sorted(term for term in certain if _fits(term, one)):
            one.expression, one.candidates, one.remark = fitting[0], (), ""


def _fits(expression: str, one: Statement) -> bool:
    if one.family == "BSD":
        return (expression.startswith("BSD-") and " " not in expression) or expression == "Linux-OpenIB"
    if one.family in GNU:
        return expression.removesuffix("-only").removesuffix("-or-later") in families()[one.family].versions.values()
    if any(expression.startswith(f"{other}-") for other in one.candidates):
        return True  # CC-BY-3.0-US is one of what CC-BY may be
    return expression in one.candidates or expression in families()[one.family].versions.values()


def _said(one: Statement, words: Words) -> Placed:
    line, end_line = words.line_of(one.start), words.line_of(max(one.start, one.end - 1))
    if one.expression.startswith("WITH "):
        match = Match(NOTHING, line, end_line, "name", raw=_raw(words, line, end_line))
        return Placed(one.start, one.end, match, one.family, one.expression.removeprefix("WITH "))
    raw = _raw(words, line, end_line)
    if not one.expression:
        match = Match(NOTHING, line, end_line, "unknown-text", coverage=0.0, raw=raw, remark=one.remark, is_text=True)
    else:
        expression = Expression(canonical(one.expression))
        match = Match(expression, line, end_line, one.rule, raw=raw, remark=one.remark, candidates=one.candidates)
    return Placed(one.start, one.end, match, one.family)


def _agreed(
    words: Words,
    stream: list[str],
    said: list[Statement],
    placed: list[Placed],
    copies: list[tuple[Placed, set[str]]],
) -> list[Placed]:
    """What an agreement grants of the licenses in it; where it only names or refers to some, that it is unknown.

    One that begins with the name of a license and has much of its text is a bad copy of it.
    """
    called = {(name, at.start + shift) for at, ids in copies for name in ids for shift in range(-_HEADING, _HEADING)}
    granted = [one for one in said if one.rule != "name" or (one.expression, one.start) in called]
    referred = _references(words, stream, said, _stated(placed, said))
    ends = sorted([one.end for one in granted])
    read_at = [one for one in referred if bisect_right(ends, one.start) > bisect_right(ends, one.start - _READ_AT)]
    _resolve(granted, [*placed, *read_at])
    if granted or placed:
        return [*read_at, *[_said(one, words) for one in granted]]
    named = [_said(one, words) for one in said] or referred
    return [Placed(one.start, one.end, _unknown(one.match)) for one in named[:1]]


def _unknown(match: Match) -> Match:
    return Match(
        NOTHING,
        match.line,
        match.end_line,
        "unknown-text",
        coverage=0.0,
        raw=match.raw,
        remark=_AGREEMENT,
        is_text=True,
    )


def _stated(placed: list[Placed], said: list[Statement]) -> set[str]:
    """The GNU licenses that a file states: each as it is, without -only or -or-later, and by its family."""
    found = set()
    for expression in {one.match.expression for one in placed} | {one.expression for one in said if one.family in GNU}:
        for term in terms(expression):
            found |= {term.license, term.license.removesuffix("-only").removesuffix("-or-later")}
            found.add(term.license.partition("-")[0])
    return found


def _references(words: Words, stream: list[str], said: list[Statement], stated: set[str]) -> list[Placed]:
    """Addresses outside of known texts that say more than the names around them."""
    found = []
    said_at = [one.start for one in said]
    line, start, is_known = 0, 0, False
    for one in references(words.lines):
        if one.line != line:  # a line may be all of a long file, and have thousands of addresses
            line = one.line
            start, end = words.every_on(line)
            is_known = start < end and not any(stream[start:end])
        if is_known:
            continue
        if one.family in GNU and one.family in stated and (one.is_copy or not one.version or _plain(one) in stated):
            continue
        if one.family == "BSD" and "BSD" in stated and len(stream) <= ONE_WORK:
            continue  # the address says no more of which one it is than the text does
        at = bisect_right(said_at, start)
        if _repeats(one, start, said[max(0, at - _AROUND) : at + _AROUND]):
            continue
        match = Match(Expression(canonical(one.expression)), line, line, "reference", raw=one.raw[:_RAW])
        found.append(Placed(start, end, match, one.family))
    return found


def _plain(one: Reference) -> str:
    return one.expression.removesuffix("-only").removesuffix("-or-later")


def _repeats(one: Reference, at: int, said: list[Statement]) -> bool:
    """Whether a name close by is more telling: the grant of a license, and then where it can be read."""
    for other in said:
        if (
            other.family == "BSD"
            and other.candidates
            and one.expression in other.candidates
            and abs(other.start - at) < 60
        ):
            other.expression, other.candidates, other.remark = one.expression, (), ""
            return True
        if _is_variant(one.expression, other.expression) and abs(other.start - at) < 60:
            other.expression, other.candidates, other.remark = one.expression, (), ""
            return True
        if other.start - 150 <= at <= other.end + 150:
            if one.family == "BSD" and other.expression.startswith("BSD-"):
                return True
            if one.family and other.family == one.family:
                if other.bare and one.version and not one.is_copy and abs(other.start - at) < _LINKED:
                    other.expression, other.bare = one.expression, False  # "the GPL (http://…/gpl-3.0.html)"
                return True
            if other.expression == one.expression:
                return True
    return False


def _is_variant(expression: str, plain: str) -> bool:
    """Whether an address is that of a BSD license which a name is open for: that of FreeBSD is one with 2 clauses."""
    return plain.startswith("BSD-") and expression.startswith(f"{plain}-")


def _raw(words: Words, line: int, end_line: int) -> str:
    shown = [one[: 2 * _RAW] for one in words.lines[line - 1 : min(end_line, line + 8)]]
    return " ".join(" ".join(shown).split())[:_RAW]
