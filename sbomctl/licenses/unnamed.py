"""Terms of a license that is none of the known ones: kept as they are, never taken for nothing.

Whole files first: one whose name promises a license and in which nothing was recognised. Else
paragraphs that grant or forbid something and in which no known license was seen, with what
follows them until one is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

_TERMS = re.compile(
    r"\b(?:permission (?:is |to )|is (?:hereby )?granted|redistribut\w+ (?:and|of|in|is)|"
    r"you may (?:not |only )?(?:use|copy|distribute|modify)|"
    r"may (?:not |only )?be (?:used|copied|distributed|modified|redistributed)|"
    r"(?:free|freely) (?:to use|usable|distributable|redistributable|available for)|use of th(?:is|e) software)",
    re.IGNORECASE,
)
_CONTINUED = re.compile(
    r"\b(?:warrant|liab|damages|merchantab|condition|redistribut|permission|notice|license|terms|rights|agree)",
    re.IGNORECASE,
)
_FEWEST = 12  # words of a paragraph that can be terms
_MOST = 40  # separate texts of one file; more is no license file


def unnamed(lines: Sequence[str], seen: Iterable[tuple[int, int]], *, whole: bool) -> list[tuple[int, int]]:
    """First and last line, 1-based, of each text of an unknown license.

    ``seen`` are the lines in which something was recognised; ``whole`` tells whether the file
    is a license file by its name, so that it is one text where nothing was.
    """
    known = list(seen)
    if not known and whole:
        full = [number for number, line in enumerate(lines, 1) if line.strip()]
        return [(full[0], full[-1])] if full else []
    taken = {number for first, last in known for number in range(first, last + 1)}
    found: list[tuple[int, int]] = []
    follows = False
    for first, last, text in _paragraphs(lines):
        if any(number in taken for number in range(first, last + 1)):
            follows = False
        elif _TERMS.search(text) and len(text.split()) >= _FEWEST:
            if follows:
                found[-1] = (found[-1][0], last)
            else:
                found.append((first, last))
            follows = True
        elif follows and _CONTINUED.search(text):
            found[-1] = (found[-1][0], last)
        else:
            follows = False
    return found[:_MOST]


def _paragraphs(lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """First line, last line and words of each run of lines that are not blank."""
    first = 0
    gathered: list[str] = []
    for number, line in enumerate([*lines, ""], 1):
        bare = line.strip(" \t*#/;.-")
        if bare:
            first = first or number
            gathered.append(bare)
        elif gathered:
            yield first, number - 1, " ".join(gathered)
            first, gathered = 0, []
