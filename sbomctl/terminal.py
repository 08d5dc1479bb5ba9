"""Text as a terminal may show it.

Names, versions and licenses come from images, so they may hold escape sequences that
repaint the screen or letters that reverse the reading order: nothing reaches a terminal
without :func:`printable`.
"""

from __future__ import annotations

from unicodedata import combining, east_asian_width


def printable(text: str) -> str:
    r"""``text`` in one line, every control, format and invisible character as ``\x1b`` or ``\u202e``."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(ord(char)) for char in text)


def _escaped(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width(text: str) -> int:
    """Columns that printable text takes: two for a wide letter, none for a combining mark."""
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if combining(char):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def shorten(text: str, columns: int) -> str:
    """Printable text in at most ``columns`` columns, cut off with an ellipsis where longer."""
    if width(text) <= columns:
        return text
    used, end = 0, 0
    for end, char in enumerate(text):  # noqa: B007 - the index is the result
        used += _columns(char)
        if used > columns - 1:
            break
    return text[:end] + "…"


def pad(text: str, columns: int) -> str:
    """Printable text filled up with spaces to ``columns`` columns."""
    return text + " " * (columns - width(text))


def percent(share: float) -> str:
    """A share with one decimal; of what is neither none nor all never "0.0 %" or "100.0 %"."""
    if 0 < share < 0.05:
        return "<0.1 %"
    return ">99.9 %" if 99.95 <= share < 100 else f"{share:.1f} %"


def counted(number: int, singular: str, plural: str = "") -> str:
    """``1 layer``, ``3 layers``, ``1,204 packages``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
