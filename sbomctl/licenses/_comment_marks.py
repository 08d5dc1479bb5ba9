"""Lines of any text or source without what marks them as comments."""

from __future__ import annotations

import re

_MARKS = r"[\s*#/;%!|>\"'~=:•·+\-]"
_LEAD = re.compile(
    rf"{_MARKS}*(?:(?:<!--|\(\*|\{{-|dnl\s|rem\s|REM\s|\.\\\"|@c\s|@comment\s|[A-Za-z0-9_]{{0,12}}=?[\"']+(?=\S)){_MARKS}*)?"
)
_ENDS = ("*/", "-->", "*)", '"""', "'''", "\\n")
_TRAILING = re.compile(r" [*#|/;~=\\-]+$")

LONGEST = 600  # characters of a line that are looked at; a holder's name is not longer


def bare(line: str) -> tuple[int, str]:
    """The column where the words of ``line`` begin, and those words with single blanks; at most ``LONGEST``."""
    line = line[: 2 * LONGEST].expandtabs()
    match = _LEAD.match(line)
    start = match.end() if match else 0
    return start, clean(line[start:])


def clean(words: str) -> str:
    """``words`` up to the end of the comment that they stand in, with single blanks; at most ``LONGEST``."""
    words = words[:LONGEST]
    for end in _ENDS:
        words = words.partition(end)[0]
    return _TRAILING.sub("", " ".join(words.split()))
