"""Paragraphs and fields of a control file (Debian Policy 5.1), read as leniently as people write debian/copyright."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

_DECLARATION = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)[ \t]*:(?!//)[ \t]*(.*)", re.DOTALL)
_SPELLINGS = {
    "licence": "license",
    "licences": "license",
    "licenses": "license",
    "copyrights": "copyright",
    "file": "files",
}
_TEXTS = frozenset(("license", "comment", "comments", "copyright", "disclaimer", "source", "license-grant"))
KNOWN = _TEXTS | frozenset(("files", "format", "format-specification", "upstream-name", "upstream-contact"))

NOT_INDENTED = "a line of a field is not indented"
BLANK_INSIDE = "a blank line inside a field, where a dot should stand"
STRAY = "text that belongs to no field"
NOT_UTF8 = "not UTF-8; read as Latin-1"


class Field(NamedTuple):
    """One field: its name in lower case, where it stands, the value beside the name and the lines below as written."""

    name: str  # "" = text outside of any field
    line: int  # 1-based
    end_line: int
    value: str  # stripped
    more: tuple[str, ...] = ()


class Control(NamedTuple):
    """A control file: its paragraphs in order and what is wrong with it, by line."""

    paragraphs: tuple[tuple[Field, ...], ...]
    faults: tuple[tuple[int, str], ...]


class _Open(msgspec.Struct):
    """What is being read."""

    paragraphs: list[tuple[Field, ...]] = []
    faults: list[tuple[int, str]] = []
    fields: list[Field] = []
    name: str | None = None  # of the field being read; None = outside of any
    line: int = 0
    end_line: int = 0
    value: str = ""
    more: list[str] = []
    blanks: int = 0  # since the last line that was not blank
    loose: bool = False  # the field has lines that are not indented
    holed: bool = False  # the field has blank lines

    def close_field(self) -> None:
        if self.name is not None:
            self.fields.append(Field(self.name, self.line, self.end_line, self.value, tuple(self.more)))
        self.name, self.more, self.loose, self.holed = None, [], False, False

    def close_paragraph(self) -> None:
        self.close_field()
        if self.fields:
            self.paragraphs.append(tuple(self.fields))
        self.fields = []

    def start(self, name: str, line: int, value: str) -> None:
        self.close_field()
        self.name, self.line, self.end_line, self.value = name, line, line, value

    def carry_on(self, number: int, line: str) -> None:
        self.more += [""] * self.blanks
        self.more.append(line)
        self.end_line = number


def read_control(data: bytes) -> Control:
    """The fields of ``data`` in their paragraphs; every line that is not blank and no comment is in one of them.

    Lines end at line feeds only. A field may be written in any case, with a space before its
    colon, and its lines may have lost their indentation or hold blank lines; each of that is
    a fault.
    """
    text, faults = decoded(data)
    state = _Open(faults=faults)
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.rstrip()
        if not stripped:
            state.blanks += 1
        elif stripped[0] in " \t":
            if state.name and not state.blanks:  # as nearly all lines are
                state.more.append(stripped)
                state.end_line = number
                continue
            _indented(state, number, stripped)
            state.blanks = 0
        elif stripped[0] != "#" or state.loose:  # a comment otherwise, Policy 5.1
            _at_margin(state, number, stripped)
            state.blanks = 0
    state.close_paragraph()
    return Control(tuple(state.paragraphs), tuple(state.faults))


def decoded(data: bytes) -> tuple[str, list[tuple[int, str]]]:
    """``data`` as text, without byte order mark; a line that is not UTF-8 is Latin-1, the first one a fault."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError as error:
        first = data.count(b"\n", 0, error.start) + 1
    return "\n".join(_lines(data)), [(first, NOT_UTF8)]


def _lines(data: bytes) -> Iterator[str]:
    for line in data.split(b"\n"):
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError:
            yield line.decode("latin-1")


def _indented(state: _Open, number: int, line: str) -> None:
    if state.name is None:
        state.close_paragraph()
        state.faults.append((number, STRAY))
        state.start("", number, line.strip())
        return
    if state.blanks and state.name and not state.holed:
        state.holed = True
        state.faults.append((number - 1, BLANK_INSIDE))
    state.carry_on(number, line)


def _at_margin(state: _Open, number: int, line: str) -> None:
    found = _DECLARATION.match(line)
    name = found[1].lower() if found else ""
    name = _SPELLINGS.get(name, name)
    if found and (name in KNOWN or not state.loose):
        if state.blanks or state.name == "":
            state.close_paragraph()
        state.start(name, number, found[2])
    elif state.name and (state.loose or not state.blanks or _waits_for_text(state)):
        if not state.loose:
            state.faults.append((number, NOT_INDENTED))
            state.loose = state.name in _TEXTS
        state.carry_on(number, line)
    elif state.name == "":
        state.carry_on(number, line)
    else:
        state.close_paragraph()
        state.faults.append((number, STRAY))
        state.start("", number, line)


def _waits_for_text(state: _Open) -> bool:
    """A License field with nothing at all in it: what follows is its text, however it is written."""
    return state.name == "license" and not state.value and not state.more
