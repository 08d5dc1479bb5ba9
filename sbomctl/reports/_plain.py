"""Text out of images as a document may show it: nothing in it repaints, reorders or becomes markup."""

from __future__ import annotations

import re
from textwrap import dedent

from sbomctl.terminal import printable

LONGEST = 512 * 1024
"""Characters of one text that are reproduced; the longest license known has a fifth of that."""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|#~@!&])")
_BREAKS = re.compile(r"\r\n?|\f\n?|\x0b|\u0085|\u2028|\u2029")
_BACKTICKS = re.compile(r"`{3,}")


def line(text: str) -> str:
    """``text`` in one line; control, format and invisible characters become visible escapes."""
    return printable(" ".join(text.split()) if "\n" in text or "\t" in text else text)


def block(text: str) -> str:
    """``text`` in its own lines, without common indentation and without empty lines around them.

    A text longer than ``LONGEST`` is cut; :func:`cut_from` tells how much is missing.
    """
    lines = _BREAKS.sub("\n", text[:LONGEST].removeprefix("\ufeff")).expandtabs(8).split("\n")
    return dedent("\n".join(printable(one.rstrip()) for one in lines)).strip("\n")


def cut_from(text: str) -> int:
    """How many characters :func:`block` leaves out."""
    return max(0, len(text) - LONGEST)


def markdown(text: str) -> str:
    """``text`` with a backslash before every sign that Markdown could take for markup."""
    return _MARKDOWN.sub(r"\\\1", line(text))


def html_content(text: str) -> str:
    """``text`` as the content of an HTML element; quotes stay, which only attributes need to have escaped."""
    from markupsafe import Markup

    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(escaped)  # noqa: S704 - escaped by the line above


def fence(text: str) -> str:
    """A code fence that cannot end within ``text`` (CommonMark 0.31 section 4.5)."""
    return "`" * max([3, *(len(found) + 1 for found in _BACKTICKS.findall(text))])
