"""Copyright statements of any text: license and NOTICE files, Debian copyright files, heads of sources.

A statement is what 17 U.S.C. 401(b) describes: the word or the sign, years, a name. It is given
verbatim but for comment marks and white space. Time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from itertools import islice, takewhile

import msgspec

from sbomctl.licenses._comment_marks import LONGEST, bare, clean
from sbomctl.licenses._copyright_ends import blank, cut, goes_on, is_open, is_prose, leads_on, nobody, tidy
from sbomctl.licenses._copyright_words import KEY, SIGNS, YEAR, begins, prefix

_MOST_LINES = 60  # of one statement: lists of holders are long
_MOST_CHARACTERS = 4000  # of one statement
_MOST = 5000  # statements of one file; more is no list but a flood
_MOST_SIGNS = 50_000  # lines of one file in which a statement may begin
_MOST_IN_LINE = 1000  # the same in one line: bundled scripts have few lines
_FULL_LINE = 60  # characters; a shorter one was not wrapped
_BEFORE = 100  # characters before the word that are looked at
_TAG = re.compile(r"SPDX-(?:File|Snippet)CopyrightText:\s{0,40}(?=\S)")
_FIELD = re.compile(r"(?:[A-Za-z]{1,20}[ -])?copyrights?(?: ?holders?| notices?| statements?)?\s{0,9}:", re.IGNORECASE)
_MACHINE_READABLE = ("\nFormat:", "\nFormat-Specification:", "\nFiles:")
_OF_LICENSE = re.compile(
    r"(?:everyone|anyone) is (?:permitted|allowed) to (?:copy|distribute)(?! and distribute verbatim or modified)"
    r"|sam hocevar.{0,60}everyone is permitted"  # of the WTFPL: others put their own name there
    r"|permission is (?:hereby )?granted to copy (?:and distribute )?this (?:license|document)",
    re.IGNORECASE,
)
_LICENSE_IS = re.compile(r"this licen[sc]e is copyright", re.IGNORECASE)
_AHEAD = 5  # lines between the copyright of a license and the permission to copy the license


class Copyright(msgspec.Struct, frozen=True):
    """One copyright statement and its first line, 1-based.

    ``of_license`` tells that it is about the license document, as the FSF's in the text of the GPL, and not about
    what is licensed.
    """

    line: int
    text: str
    of_license: bool = False


def copyright_statements(text: str) -> tuple[tuple[int, str], ...]:
    """First line (1-based) and words of every copyright statement in ``text``, in order, each once.

    Without those about license documents themselves, sentences about copyright and templates
    that nobody has filled in.
    """
    return tuple((one.line, one.text) for one in copyrights(text) if not one.of_license)


def copyrights(text: str) -> tuple[Copyright, ...]:
    """Every copyright statement in ``text``, in order, each once; also those about license documents."""
    found: dict[tuple[str, bool], Copyright] = {}
    for one in _Scan(text).found():
        found.setdefault((one.text, one.of_license), one)
        if len(found) == _MOST:
            break
    return tuple(found.values())


class _Scan:
    """One pass over the lines of a text."""

    def __init__(self, text: str) -> None:
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        lowered = text.replace("İ", "I").lower()  # the only letter that is longer in lower case
        self._signs = _lines_with_signs(lowered)
        self._candidates = frozenset(self._signs)
        self._lines = text.split("\n") if self._signs else []
        self._machine_readable = text.startswith("Format") or any(field in text for field in _MACHINE_READABLE)
        self._has_permission = any(words in lowered for words in ("everyone", "anyone", "granted to copy"))
        self._ignored = _ignored(self._lines) if "REUSE-IgnoreStart" in text else frozenset()

    def found(self) -> Iterator[Copyright]:
        """The statements as they come."""
        done = 0
        for at in self._signs:
            if at < done or at in self._ignored:
                continue
            if _FIELD.match(self._lines[at]) and self._is_indented(at + 1):
                done = yield from self._field(at)
            else:
                done = yield from self._line(at)

    def _is_indented(self, at: int) -> bool:
        return at < len(self._lines) and self._lines[at][:1] in (" ", "\t") and bool(self._lines[at].strip())

    def _line(self, at: int) -> Generator[Copyright, None, int]:
        """The statements that begin in one line; gives the line to go on with."""
        line = self._lines[at]
        tag = _TAG.search(line)
        if tag:
            yield from self._told(at, at, clean(line[tag.end() :]))
            return at + 1
        begun = list(self._beginnings(at))
        after = at + 1
        for number, (start, hang) in enumerate(begun):
            is_last = number + 1 == len(begun)
            statement, ended = cut(clean(line[start : len(line) if is_last else begun[number + 1][0]]))
            if is_last and not ended:
                statement, after = self._continued(statement, len(line[:hang].expandtabs()), at)
            yield from self._told(at, after - 1, statement)
        return after

    def _beginnings(self, at: int) -> Iterator[tuple[int, int]]:
        """Where each statement that begins in a line begins, and where its years or names do."""
        line = self._lines[at]
        keys = list(islice(KEY.finditer(line), _MOST_IN_LINE))
        stops = [key.start() for key in keys[1:]] + [len(line)] * bool(keys)
        end, named = 0, True  # named: the statement before, if any, is complete
        for key, stop in zip(keys, stops, strict=True):
            before = " ".join(line[max(end, key.start() - _BEFORE) : key.start()].split())
            after = clean(line[key.end() : min(stop, key.end() + LONGEST)])
            if not after and stop == len(line) and at + 1 < len(self._lines):
                after = bare(self._lines[at + 1])[1]
            if (named or not key["bare"]) and begins(key, f"{before} " if before else "", after):
                lead = prefix(f"{before} ") or (before if key["bare"] and nobody(after) else "")
                yield _start_of(key, lead, line, end), key.end()
                named = not nobody(after)
            else:
                named = named or not nobody(after)
            end = key.end()

    def _continued(self, statement: str, column: int, at: int) -> tuple[str, int]:
        """``statement`` with the lines that go on with it, and the line after them."""
        after = at + 1
        while after < min(at + _MOST_LINES, len(self._lines)) and len(statement) < _MOST_CHARACTERS:
            line = self._lines[after]
            begun = next(self._beginnings(after), None) if after in self._candidates else None
            place, words = bare(line if begun is None else line[: begun[0]])
            wrapped = len(self._lines[after - 1].rstrip()) >= _FULL_LINE
            if not words or not goes_on(statement, words, hanging=place >= column, wrapped=wrapped):
                break
            statement, ended = cut(f"{statement} {words}")
            if begun is not None:
                break
            after += 1
            if ended:
                break
        return statement, after

    def _field(self, at: int) -> Generator[Copyright, None, int]:
        """The statements in the value of a field, one a line unless a line goes on with the one before.

        As the field Copyright of copyright-format 1.0 is written, and the many files before it.
        """
        name = _FIELD.match(self._lines[at])
        begin, statement, column = at, clean(self._lines[at][name.end() if name else 0 :]), 0
        after = at + 1
        while self._is_indented(after):
            place, words = bare(self._lines[after])
            if not self._machine_readable and after not in self._candidates and is_prose(words):
                break
            if statement and _is_new(statement, words, deeper=place > column > 0):
                yield from self._told(begin, after - 1, statement)
                statement = ""
            if not statement:
                begin, column = after, place
            statement = f"{statement} {words}".strip()[:_MOST_CHARACTERS]
            after += 1
        yield from self._told(begin, after - 1, statement)
        return after

    def _told(self, at: int, end: int, statement: str) -> Iterator[Copyright]:
        statement = tidy(statement)
        if not blank(statement):
            of_license = bool(_LICENSE_IS.match(statement)) or (self._has_permission and self._is_of_license(end))
            yield Copyright(at + 1, statement, of_license)

    def _is_of_license(self, end: int) -> bool:
        """Whether the permission to copy the license follows, before any other statement, on the line ``end``."""
        ahead = range(end + 1, min(end + _AHEAD, len(self._lines)))
        lines = [end, *takewhile(lambda at: at not in self._candidates, ahead)]
        return bool(_OF_LICENSE.search(" ".join(clean(self._lines[at]) for at in lines)))


def _lines_with_signs(lowered: str) -> list[int]:
    """The indexes of the lines in which a statement may begin; the search of plain strings is what makes it cheap."""
    places: set[int] = set()
    for sign in SIGNS:
        at = lowered.find(sign)
        while at >= 0:
            places.add(at)
            end = lowered.find("\n", at)
            at = lowered.find(sign, end) if end >= 0 else -1
    lines: list[int] = []
    line = before = 0
    for place in islice(sorted(places), _MOST_SIGNS):
        line += lowered.count("\n", before, place)
        before = place
        if not lines or lines[-1] != line:
            lines.append(line)
    return lines


def _ignored(lines: list[str]) -> frozenset[int]:
    """The lines that REUSE 3.3 ("Ignoring a part of a file") says to leave out."""
    ignored, inside = [], False
    for at, line in enumerate(lines):
        inside = inside or "REUSE-IgnoreStart" in line
        if inside:
            ignored.append(at)
        inside = inside and "REUSE-IgnoreEnd" not in line
    return frozenset(ignored)


def _start_of(key: re.Match[str], lead: str, line: str, least: int) -> int:
    if (key["field"] or "").endswith("="):
        return key.end() + line.startswith("u", key.end())
    start = line.rfind(lead.split(" ", 1)[0], max(least, key.start() - _BEFORE), key.start()) if lead else -1
    return start if start >= 0 else key.start()


def _is_new(statement: str, words: str, *, deeper: bool) -> bool:
    """Whether ``words`` in a field are another statement than the one before."""
    if KEY.match(words) or YEAR.match(words):
        return not nobody(statement) or bool(YEAR.search(statement) and KEY.match(words))
    if nobody(statement) or leads_on(words):
        return False
    return not deeper and not is_open(statement)
