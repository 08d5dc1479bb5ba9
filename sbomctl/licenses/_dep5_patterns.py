"""File patterns of debian/copyright (copyright-format 1.0, section 6.9)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_TOKEN = re.compile(r"\\.|[*?]|[^\\*?]+|\\", re.DOTALL)
_ESCAPABLE = frozenset("*?\\")


def bad_escape(pattern: str) -> bool:
    """Whether a backslash stands before something that needs none, which the format calls an error."""
    return any(token[0] == "\\" and token[1:] not in _ESCAPABLE for token in _TOKEN.findall(pattern))


def matches(pattern: str, path: str) -> bool:
    """Whether ``pattern`` names ``path``, a path from the root of the source tree.

    ``*`` and ``?`` match slashes and leading dots, too. A ``./`` in front and a comma behind
    the pattern, as drafts of the format had them, are overlooked.
    """
    return _compiled(pattern).fullmatch(path.removeprefix("./")) is not None


def last_match(patterns: Sequence[Sequence[str]], path: str) -> int | None:
    """Which of the paragraphs with these patterns applies to ``path``: the last one that names it."""
    for index in range(len(patterns) - 1, -1, -1):
        if any(matches(pattern, path) for pattern in patterns[index]):
            return index
    return None


def bare(pattern: str) -> str:
    """``pattern`` without what people put around it: ``./`` and ``/`` in front, a comma behind."""
    return pattern.rstrip(",").removeprefix("./").lstrip("/")


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Each star takes the least that lets the piece behind it match, for good, so that no pattern backtracks."""
    pieces: list[str] = [""]
    for token in _TOKEN.findall(bare(pattern)):
        if token == "*":
            pieces.append("")
        elif token == "?":
            pieces[-1] += "."
        else:
            pieces[-1] += re.escape(token[1:] or token if token[0] == "\\" else token)
    first, *inner = pieces
    if not inner:
        return re.compile(first, re.DOTALL)
    *middle, last = inner
    return re.compile(first + "".join(f"(?>.*?{one})" for one in middle if one) + f".*{last}", re.DOTALL)
