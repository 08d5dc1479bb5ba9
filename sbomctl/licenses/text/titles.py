"""What the texts of a file are called in it: what a text says goes before how it is called."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from sbomctl.licenses.text.connectives import Placed
from sbomctl.licenses.text.statements import Statement
from sbomctl.licenses.text.words import Words

_TAKEN_IN = 8  # words of the title that may be taken for the beginning of the text
_TITLE = 30  # words between the title of a text and the text, which a copyright notice may be
_DIRECTLY = 4  # words between a name and a text that it is the title of: "All rights reserved."
ONE_WORK = 500  # words of a file with a notice or two and a text
_CALLED_MIT = ("MIT", "X11")  # each name is in use for the other text


def without_titles(
    said: list[Statement], changed: list[tuple[Placed, set[str]]], placed: Sequence[Placed], words: Words
) -> list[Statement]:
    """``MIT License`` above a text of that name with other terms in it is what the text calls itself, no more.

    Neither is ``a BSD-style license`` above terms of that kind that are none of the known ones, nor ``Simplified
    BSD License`` above the text of another BSD license.
    """
    known = sorted([one.start for one in placed if _is_bsd_text(one)])
    starts = [at.start for at, _ in changed]  # in the order of the file

    def is_title(one: Statement) -> bool:
        below = [(at.start - one.end, ids) for at, ids in changed[_below(one, starts)]]
        if one.family == "BSD" and any(name.startswith("BSD-") for _, ids in below for name in ids):
            return True
        if one.expression.startswith("BSD-") and any(
            _words_between(one.end, at, words) <= _DIRECTLY for at in known[_below(one, known)]
        ):
            return True
        return one.rule == "name" and any(gap >= 0 and one.expression in ids for gap, ids in below)

    return [one for one in said if not is_title(one)]


def _below(name: Statement, starts: Sequence[int]) -> slice:
    """Those of ascending ``starts`` of texts that the name may be the title of."""
    return slice(bisect_left(starts, name.end - _TAKEN_IN), bisect_right(starts, name.end + _TITLE))


def _words_between(end: int, start: int, words: Words) -> int:
    """How many words stand between a name and a text, those of the copyright notice not counted."""
    above, below = words.line_of(end - 1), words.line_of(start)
    if above >= below:
        return start - end
    return words.every_on(above)[1] - end + words.solid_starts[below - 1] - words.solid_starts[above]


def _is_bsd_text(one: Placed) -> bool:
    return one.match.is_text and not one.exception and one.match.expression.startswith("BSD-")


def by_text(said: list[Statement], placed: Sequence[Placed], length: int) -> list[Statement]:
    """``said``, in a file of so many words, with names that mean its text: "X11 license" that of the MIT license."""
    if length > ONE_WORK:
        return said
    texts = [one.match.expression for one in placed if one.match.is_text and one.match.expression]
    for one in said:
        if one.expression and one.expression not in texts and (meant := sorted(_meant(one.expression, texts))):
            one.expression, one.candidates, one.remark = meant[0], (), ""
    return said


def _meant(name: str, texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        is_variant = name.startswith("BSD-") and text.startswith(f"{name}-") and " " not in text
        if is_variant or (name in _CALLED_MIT and text in _CALLED_MIT):
            yield text
