"""The comments at the head of a script or source, in whatever language, each on its line."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LINE = re.compile(r"(?:#+|//+|--+|;+|%+|::|!(?=\s)|dnl\b|@?rem\b|\.\\\"|'(?=\s))[!/#*=;%~-]*", re.IGNORECASE)
_NO_COMMENT = re.compile(r"#\s?(?:include|define|if|ifdef|ifndef|elif|else|endif|pragma|undef|import|error|line)\b")
_BLOCKS = (
    ("<!--", "-->"), ("<%--", "--%>"), ("--[[", "]]"), ("/*", "*/"), ("(*", "*)"), ("{-", "-}"), ("<#", "#>"),
    ("{#", "#}"), ('"""', '"""'), ("'''", "'''"), ("=begin", "=end"), ("=pod", "=cut"), ("=head", "=cut"),
)  # fmt: skip
_WRAPPED = re.compile(r"<\?(?:php|xml[^>]*\?>)?|<script[^>]*>|[rRuU](?=\"\"\"|''')", re.IGNORECASE)
_ASSIGNED = re.compile(r"__(license|copyright)__\s*=\s*[rRuU]?[\"']+([^\"']+)")
_DECORATION = " \t*#/;%!|=~-"
_CODE = 25  # lines of code after which a comment is not about the whole file


def head_comments(text: str) -> str:
    """``text`` of which only the comments are left, up to the 25th line of code; lines keep their numbers.

    A Python module's doc string counts as one, and so do its ``__license__`` and ``__copyright__``. Perl keeps its
    documentation at the end: it counts wherever it stands.
    """
    return "\n".join(_lines(text)).rstrip()


def _lines(text: str) -> Iterator[str]:
    end, code = "", 0
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if code > _CODE and not end and not line.startswith("="):
            yield ""
            continue
        comment, end = _comment(line.strip(), end)
        code += comment is None
        yield comment or ""


def _comment(line: str, end: str) -> tuple[str | None, str]:
    """The words of ``line`` that are comment, None when it is code; and what ends the block that goes on, or ""."""
    found: list[str] = []
    while line:
        if end:
            words, closed, line = line.partition(end)
            found.append(words.strip(_DECORATION))
            line = line.strip()
            if not closed:
                return " ".join(found), end
            end = ""
            continue
        wrapper = _WRAPPED.match(line)
        line = line[wrapper.end() :].lstrip() if wrapper else line
        start, end = next(((start, end) for start, end in _BLOCKS if line.startswith(start)), ("", ""))
        if not end:
            return _one_line(line, found), ""
        line = line[len(start) :]
    return " ".join(found), end


def _one_line(line: str, found: list[str]) -> str | None:
    """What is left of a line where no block begins."""
    assigned = _ASSIGNED.match(line)
    if assigned:
        name, value = assigned[1].capitalize(), assigned[2].strip()
        return value if value.lower().startswith(name.lower()) else f"{name}: {value}"
    mark = _LINE.match(line)
    if mark and not _NO_COMMENT.match(line):
        return line[mark.end() :].strip(_DECORATION)
    return " ".join(found) if found else None if line else ""
