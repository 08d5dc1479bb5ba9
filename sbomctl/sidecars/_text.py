"""Sidecars of lines: decoded, bounded in what is told of faults."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sbomctl.errors import CorruptInput
from sbomctl.sidecars.base import Fault

HINT = "have the build write it again, or name the file that belongs to this image"
_MOST_FAULTS = 20  # per file; a wrong file is a few faults, not a million


def lines_of(data: bytes) -> Iterator[tuple[int, str]]:
    """Lines with their 1-based numbers, without white space around them; what is no UTF-8 is replaced."""
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(text.split("\n"), 1):
        yield number, line.strip()


def bounded(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """The first faults, and how many more there are."""
    if len(faults) <= _MOST_FAULTS:
        return tuple(faults)
    return (*faults[:_MOST_FAULTS], (0, f"{len(faults) - _MOST_FAULTS} more entries cannot be read"))


def nothing_in(name: str, kind: str) -> CorruptInput:
    """The error for a file of the right form that lists nothing: that nothing ships is no answer."""
    return CorruptInput(f"{name}: this {kind} lists no package", HINT)
