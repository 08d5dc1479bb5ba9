"""Machine-readable statements: SPDX tags, license fields, MODULE_LICENSE."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from sbomctl.licenses.expression import InvalidExpression, canonical

_TAG = re.compile(r"SPDX-License-Identifier\s?:[ \t]*([^\r\n]{1,600})", re.IGNORECASE)
_FIELD = re.compile(
    r"^[^\w\n]{0,40}(?:package|rpm|declared|gem\.|s\.|spec\.|gemspec\.)?-?licen[cs]e(?:s|-expression|id)?\b[\"']?\s{0,3}(?::|=>?)\s{0,3}([^\r\n]{1,200})",
    re.IGNORECASE,
)
_MODULE = re.compile(r"(?:MODULE|DRIVER)_LICENSE\s{0,3}\(?\s{0,3}\"([^\"\n]{1,80})\"")
_WORD = re.compile(r"[\s(]*(?:[A-Za-z0-9][A-Za-z0-9.+:-]*)[\s)]*")
_ENDS = re.compile(r"\*/|-->|--\}\}|\"|'|<|\s#|\s//|;|\?>|`|\]|,|\\n|\.(?:\s|\Z)")
_GOES_ON = re.compile(r"(?:and|or|with)\Z|[(/&|+]", re.IGNORECASE)  # what joins licenses, rightly or not
_LATER = re.compile(r"\b([AL]?GPL-\d\.\d)(?:-only)?,? or (?:any )?later\b(?: versions?\b)?", re.IGNORECASE)
_MODULES = {
    "gpl": "GPL-2.0-only OR GPL-2.0-or-later",
    "gpl v2": "GPL-2.0-only",
    "gpl and additional rights": "GPL-2.0-or-later",
    "dual bsd/gpl": "BSD-3-Clause OR GPL-2.0-only",
    "dual mit/gpl": "MIT OR GPL-2.0-only",
    "dual mpl/gpl": "MPL-1.1 OR GPL-2.0-only",
}
_START, _END = "REUSE-IgnoreStart", "REUSE-IgnoreEnd"
_MARKS = re.compile(r"^[\s*#/;%!\-.]{0,40}")  # what a comment begins a line with
_MOST_LINES = 10  # that an expression goes on for
_LEFT_OPEN = re.compile(r"\b(?:[AL]?GPL|GFDL)-\d\.\d\Z", re.IGNORECASE)


class Tag(NamedTuple):
    """A statement, the 1-based line of it and how it was said."""

    line: int
    expression: str  # "" = it is no expression
    raw: str
    remark: str = ""
    is_field: bool = False  # a value that is not an expression but may be a name
    is_cut: bool = False  # an expression begins but goes on with what is none: as a whole it is unknown
    rest: str = ""  # of the line, behind a tag
    name: str = ""  # the whole value of a field, which may be a name that the file itself explains


def without_ignored(text: str) -> str:
    """``text`` with the lines emptied that REUSE 3.3 ("Ignoring a part of a file") says to leave out."""
    if _START not in text:
        return text
    lines = []
    inside = False
    for line in text.split("\n"):
        inside = inside or _START in line
        lines.append("" if inside else line)
        inside = inside and _END not in line
    return "\n".join(lines)


def tags(lines: Sequence[str]) -> Iterator[Tag]:
    """Every tag, in file order."""
    for number, line in enumerate(lines, 1):
        if "icen" not in line and "ICENSE" not in line:
            continue
        if ":" not in line and "=" not in line and "_LICENSE" not in line:
            continue  # as in running text: sooner told than by three patterns
        tag = _TAG.search(line)
        if tag:
            end = _ENDS.search(line, tag.start(1))
            yield _read(number, _whole(lines, number, tag[1]))._replace(rest=line[end.start() :] if end else "")
        elif module := _MODULE.search(line):
            meaning = _MODULES.get(module[1].lower(), "")
            if meaning:
                yield Tag(number, canonical(meaning), line.strip()[:200])
        elif field := _FIELD.match(line):
            yield _field(number, field[1])


def _whole(lines: Sequence[str], number: int, value: str) -> str:
    """``value`` with the lines behind it that close its parentheses, without their comment marks."""
    if value.count("(") <= value.count(")"):
        return value
    parts = [_ENDS.split(value, maxsplit=1)[0]]
    for line in lines[number : number + _MOST_LINES]:
        parts.append(_ENDS.split(_MARKS.sub("", line[:600], count=1), maxsplit=1)[0])
        whole = " ".join(parts)
        if whole.count("(") <= whole.count(")"):
            return whole
    return value


def is_dep5(lines: Sequence[str]) -> bool:
    """Whether it is a Debian copyright file, where a field is on a line of its own (copyright-format 1.0)."""
    return any(line.startswith(("Files:", "Format:", "Format-Specification:")) for line in lines[:400])


def _read(line: int, text: str) -> Tag:
    """The longest expression that ``text`` begins with; comments may end behind it, but no part of an expression."""
    value = _ENDS.split(text, maxsplit=1)[0].strip()
    words = _LATER.sub(r"\1-or-later", value).split()
    behind = [*words[1:], ""]
    while words:
        if expression := _expression(" ".join(words)):
            if _GOES_ON.match(behind[len(words) - 1]):
                return Tag(line, "", value, f"{value!r} is no license expression", is_cut=True)
            return Tag(line, expression, value)
        words.pop()
        if len(words) > 60:
            words = words[:60]
    return Tag(line, "", value, f"{value!r} is no license expression")


def _field(line: int, text: str) -> Tag:
    """``License: MIT``; no expression unless the whole value is one."""
    value = text.strip().lstrip("\"'[({ ").rstrip("\"',;])} ").strip()
    value = value.split('"')[0].split("'")[0]
    if (expression := _expression(value)) and not _LEFT_OPEN.search(value):
        return Tag(line, expression, value, name=value)
    return Tag(line, "", value, is_field=True, name=value)


@lru_cache(maxsize=512)  # files have few different ones; ``canonical`` does not remember what is none
def _expression(text: str) -> str:
    try:
        return canonical(text)
    except InvalidExpression:
        return ""
