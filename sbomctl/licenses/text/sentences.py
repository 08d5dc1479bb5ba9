"""Where sentences and their parts end: what is denied in one is not denied in the next."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from sbomctl.licenses.text.words import Words, punctuated

END = "."
_ITEM = re.compile(r"\s*(?:[-+•\u2013]|\d{1,3}[.)]|[a-z][.)])\s+\S", re.IGNORECASE)  # "*" begins lines of comments too
_COMMENT = " \t*#/;%!\"'-"
_HEADING = 50  # characters of the longest line that is one
_GOES_ON = frozenset(
    str.split(
        "a an the of under by with to in for at as from or and not any is are was be been it that this which gnu "
        "version v terms no on its their than like"
    )
)  # a line that ends so is not the end of anything
_NAME = re.compile(r"[\w.\]]+")
_LONGEST = 1000  # characters of a line of code
_TOLD = re.compile(
    r"licen[cs]|copying|copyright|dual|\b(?:under|terms|released|distributed|available|free)\b|\.(?:txt|md|html?|lic)\b",
    re.IGNORECASE,
)  # in a line that says something of licenses


class Sentences:
    """The words around a place as far as its sentence goes, with the marks between them; lines are read when asked."""

    def __init__(self, words: Words | None = None) -> None:
        self._words = words
        self._of_line: dict[int, list[tuple[int, str]]] = {}

    def before(self, stream: Sequence[str], at: int, count: int) -> str:
        """At most ``count`` words in front of ``stream[at]``, each with a blank behind it; not what is in brackets."""
        tokens: list[str] = []
        for token in self._tokens(stream, max(0, at - count), at):
            if token == ")":
                opened = [place for place, one in enumerate(tokens) if one == "("]
                del tokens[opened[-1] if opened else 0 :]
            else:
                tokens.append(token)
        if END in tokens:
            del tokens[: len(tokens) - tokens[::-1].index(END)]
        return "".join([f"{token} " for token in tokens])

    def after(self, stream: Sequence[str], at: int, count: int) -> str:
        """The same from ``stream[at]`` on."""
        tokens: list[str] = []
        for token in self._tokens(stream, at, min(len(stream), at + count)):
            if token == END and "(" not in tokens:
                break
            if token == ")":
                opened = [place for place, one in enumerate(tokens) if one == "("]
                del tokens[opened[-1] if opened else len(tokens) :]
            else:
                tokens.append(token)
        return "".join([f"{token} " for token in tokens])

    def ends(self, at: int, count: int) -> list[int]:
        """Which of ``count`` words from ``at`` on begin a sentence."""
        return [place for place, mark in self._marks(at, at + count - 1) if mark == END]

    def is_part(self, at: int, word: str) -> bool:
        """Whether ``word``, that at ``at``, is but a part of names in code wherever its line has it: ``SYMBOL_GPL``."""
        if self._words is None:
            return False
        line = self._words.lines[self._words.line_of(at) - 1]
        if len(line) > _LONGEST or _TOLD.search(line):
            return False
        found = [one for one in map(str.strip, _NAME.findall(line)) if word in re.split(r"[\W_]", one.lower())]
        return bool(found) and all(
            "_" in one.strip("_") or (word in re.split(r"\W", one) and "." in one.strip(".")) for one in found
        )

    def _tokens(self, stream: Sequence[str], start: int, end: int) -> Iterator[str]:
        """Words and the marks between, in front of and behind them; a word that is not looked at ends a sentence."""
        marks = self._marks(start, end)
        for at in range(start, end + 1):
            while marks and marks[-1][0] <= at:
                yield marks.pop()[1]
            if at < end:
                yield stream[at] or END

    def _marks(self, start: int, end: int) -> list[tuple[int, str]]:
        """Those from ``start`` to ``end``, the last one first."""
        words = self._words
        if words is None:
            return []
        found: list[tuple[int, str]] = []
        for line in range(words.line_of(start), words.line_of(end) + 1):
            if line not in self._of_line:
                self._of_line[line] = list(_line(words, line))
            marks = self._of_line[line]
            found += marks[bisect_left(marks, (start, "")) : bisect_left(marks, (end + 1, ""))]
        return found[::-1]


def _line(words: Words, number: int) -> Iterator[tuple[int, str]]:
    start, end = words.every_on(number)
    if start == end or _begins(words, number):
        yield start, END
    tokens = punctuated(words.lines[number - 1])
    at = end - sum([one[:1].isalnum() for one in tokens])  # the words that a comment begins with are not in ``every``
    for token in tokens:
        if token[:1].isalnum():
            at += 1
        elif start <= at <= end and (token != END or at > start):  # a dash in front of a comment ends nothing
            yield at, token


def _begins(words: Words, number: int) -> bool:
    """Whether a line does not go on with the one before it: an item of a list, or what follows a heading."""
    line = words.lines[number - 1]
    if number == 1 or _ITEM.match(line):
        return True
    above = words.lines[number - 2].strip(_COMMENT)
    told = above.rpartition(" ")[2].lower()
    return len(above) <= _HEADING and line.lstrip(_COMMENT)[:1].isupper() and told not in _GOES_ON
