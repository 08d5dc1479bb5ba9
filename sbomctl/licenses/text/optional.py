"""Parts of listed texts that need not be there, as the templates of the list mark them (SPDX 2.3 B.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_SHARE = 0.06  # of the words of a text: what is less does not keep it from being found
_REST = 40  # words of a text that must be left to be one
_ENDS = 5  # words by which a part is known at each end
_INEXACT = 0.25  # by how much a part may be longer or shorter than in the template, which names no replaceable words
_OPENS = "(|"
_VARYING = re.compile(
    r"\[ \]\*|\.\{0,\d+\}|\.[*+]|\(\?P<\w+>[^()]*\)|\(\|[^()]*\)|normalized/url"
)  # in a pattern: blanks, bullets, what may be replaced, what is optional within, addresses
_WORD = re.compile(r"\w+")


def shortened(text: str, template: Sequence[str]) -> Iterator[str]:
    """``text`` without each longer part that may be left out, and without all of them.

    ``template`` are the patterns that a file with the text fits, one behind the other. What does not fit
    ``text`` itself is not used.
    """
    spans = list(_parts(text, " ".join(template)))
    for some in [[one] for one in spans] + ([spans] if len(spans) > 1 else []):
        shorter = text
        for start, end in reversed(some):
            shorter = f"{shorter[:start]}\n{shorter[end:]}"
        if len(_WORD.findall(shorter)) >= _REST:
            yield shorter


def _parts(text: str, pattern: str) -> Iterator[tuple[int, int]]:
    """Where the optional parts are in ``text``, in its order."""
    length = len(_WORD.findall(text))
    after = 0
    for part in _optional(pattern):
        words = _WORD.findall(re.sub(r"\\(.)", r"\1", _VARYING.sub(" ", part)))
        if len(words) < max(2 * _ENDS, _SHARE * length):
            continue
        ends = [r"\W+".join(map(re.escape, some)) for some in (words[:_ENDS], words[-_ENDS:])]
        found = re.compile(r"\b.*?\b".join(ends), re.DOTALL | re.IGNORECASE).search(text, after)
        if found and abs(len(_WORD.findall(found[0])) - len(words)) <= _INEXACT * len(words):
            yield found.span()
            after = found.end()


def _optional(pattern: str) -> Iterator[str]:
    """What stands in the outermost groups of ``pattern`` that may be empty."""
    start = pattern.find(_OPENS)
    while start >= 0:
        end = _closing(pattern, start)
        yield pattern[start + len(_OPENS) : end]
        start = pattern.find(_OPENS, end)


def _closing(pattern: str, start: int) -> int:
    """Where the group that opens at ``start`` ends."""
    depth = 0
    for one in re.compile(r"\\.|[()]", re.DOTALL).finditer(pattern, start):
        depth += {"(": 1, ")": -1}.get(one[0], 0)
        if not depth and one[0] == ")":
            return one.start()
    return len(pattern)
