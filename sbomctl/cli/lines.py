"""Statements as lines of a terminal: a label, and a value that hangs behind it."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import NamedTuple

from sbomctl.model import Location
from sbomctl.terminal import printable

LISTED = 12  # of one list that are shown, unless all are wanted


class Line(NamedTuple):
    """One statement; ``value`` may hold anything an image holds. ``Line()`` is an empty line."""

    depth: int = 0
    label: str = ""
    value: str = ""


def place(location: Location, end: str = "") -> str:
    """Where a fact was seen, as people write it."""
    line = f":{location.line}{end}" if location.line else ""
    layer = f", layer {location.layer}" if location.layer >= 0 else ""
    return f"/{location.path}{line}{layer}" if location.path else "the image as a whole"


def rendered(line: Line, columns: int = 80) -> Iterator[str]:
    """The statement as printable text that hangs behind its label, a long word below it."""
    value = printable(line.value)
    indent = "  " * line.depth
    head = indent + (f"{line.label}:".ljust(12) if line.label else "")
    if max(map(len, value.split()), default=0) > columns - len(head) and line.label:
        yield head.rstrip()
        head = hanging = indent + "  "
    else:
        hanging = " " * len(head)
    wrapped = wrap(value, columns - len(head), break_long_words=False, break_on_hyphens=False)
    for number, text in enumerate(wrapped or [""]):
        yield ((hanging if number else head) + text).rstrip()
