"""Path patterns, and one gate that tests many of them at once."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from typing import NamedTuple

_TOKEN = re.compile(r"\*\*/|\*|\?|\{[^}]*\}|[^*?{]+|\{")
_SPECIAL = re.compile(r"[*?{]")
_MERGED = ("bin/", "sbin/", "lib/", "lib32/", "lib64/", "libx32/")


@lru_cache(maxsize=1024)
def to_regex(pattern: str) -> str:
    """The regular expression of a pattern, for ``fullmatch`` (syntax: ``catalogers.base.Wants``)."""
    return "".join(_token(token) for token in _TOKEN.findall(pattern))


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Callable[[str], object]:
    return re.compile(to_regex(pattern), re.DOTALL).fullmatch


def _token(token: str) -> str:
    if token == "**/":
        return "(?:.*/)?"
    if token == "*":
        return "[^/]*"
    if token == "?":
        return "[^/]"
    if token[0] == "{" and token[-1] == "}":
        return "(?:" + "|".join(map(re.escape, token[1:-1].split(","))) + ")"
    return re.escape(token)


def is_literal(pattern: str) -> bool:
    """Whether it names one path, or a part of one name."""
    return _SPECIAL.search(pattern) is None


def literal_prefix(pattern: str) -> str:
    """The directories a pattern names literally, without trailing slash; "" = none."""
    special = _SPECIAL.search(pattern)
    literal = pattern if special is None else pattern[: special.start()]
    return literal.rpartition("/")[0]


def literal_end(pattern: str) -> str:
    """What every file name that a pattern names ends with; "" = anything."""
    return re.split(r"[*?}]", pattern.rpartition("/")[2])[-1]


def merged_usr(pattern: str) -> tuple[str, ...]:
    """A pattern and its twin below ``usr/``, where merged-/usr images store it."""
    return (pattern, "usr/" + pattern) if pattern.startswith(_MERGED) else (pattern,)


class Gate:
    """Tells in one test whether any of many patterns names a path.

    ``bounds`` are patterns with the bytes that a file they name may have; ``patterns`` leave that open.
    ``heads`` tells whether the heads of scripts are wanted too, whatever their names.
    """

    def __init__(
        self, patterns: Iterable[str] = (), bounds: Iterable[tuple[str, int]] = (), *, heads: bool = True
    ) -> None:
        self.heads = heads
        known = {twin: sys.maxsize for pattern in patterns for twin in merged_usr(pattern)}
        for pattern, most in bounds:
            for twin in merged_usr(pattern):
                known[twin] = max(most, known.get(twin, 0))
        self.bounds = tuple(sorted(known.items()))
        self.patterns = tuple(pattern for pattern, _ in self.bounds)
        self._names, self._starts, self._heads, self._ends = _hints(self.patterns)

    @cached_property
    def _match(self) -> Callable[[str], object]:
        """Compiled when the first path needs it."""
        return re.compile("|".join(f"(?:{to_regex(p)})" for p in self.patterns) or r"(?!)", re.DOTALL).fullmatch

    def __call__(self, path: str) -> bool:
        """Whether ``path`` is wanted; the costly test only where a cheap one says that it may be."""
        return self.may_be(path) and self._match(path) is not None

    def may_be(self, path: str) -> bool:
        """Whether the cheap test leaves it open; of few paths that are not wanted."""
        name = path.rpartition("/")[2]
        return (
            name in self._names
            or path.startswith(self._starts)
            or name.startswith(self._heads)
            or name.endswith(self._ends)
        )

    def most(self, path: str) -> int:
        """How many bytes ``path`` may have: what the most generous of the patterns that name it grants."""
        return max((most for pattern, most in self.bounds if _compiled(pattern)(path)), default=0)


class _Hints(NamedTuple):
    """Cheap signs of a wanted path, of which every one has at least one."""

    names: frozenset[str]
    starts: tuple[str, ...]  # leading directories
    heads: tuple[str, ...]  # first characters of the file name
    ends: tuple[str, ...]  # last characters of it


def _hints(patterns: Iterable[str]) -> _Hints:
    names: set[str] = set()
    starts: set[str] = set()
    heads: set[str] = set()
    ends: set[str] = set()
    for pattern in patterns:
        prefix = literal_prefix(pattern)
        for name in _alternatives(pattern.rpartition("/")[2]):
            head, *rest = re.split(r"[*?]", name)
            if not rest:
                names.add(name)
            elif rest[-1]:
                ends.add(rest[-1])
            elif prefix or not head:
                starts.add(prefix)
            else:
                heads.add(head)
    return _Hints(frozenset(names), *(tuple(sorted(some)) for some in (starts, heads, ends)))


def _alternatives(name: str) -> list[str]:
    """A file name pattern without choices: one name for each way to choose."""
    found = re.search(r"\{([^}]*)\}", name)
    if found is None:
        return [name]
    before, after = name[: found.start()], name[found.end() :]
    return [one for choice in found[1].split(",") for one in _alternatives(before + choice + after)]
