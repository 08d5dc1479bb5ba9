"""Lines of text, written in pieces without ever being whole in memory."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import BinaryIO

_LINES_A_WRITE = 1000


def write_lines(out: BinaryIO, lines: Iterable[str]) -> None:
    """Write each line with a line end, as UTF-8."""
    rest = iter(lines)
    while piece := list(islice(rest, _LINES_A_WRITE)):
        out.write("".join(f"{line}\n" for line in piece).encode())
