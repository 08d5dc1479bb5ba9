"""Paragraphs of ``Field: value`` lines: dpkg and opkg databases, control files (deb822(5)).

Two steps, because a database is rewritten in many layers while few of its records change:
:func:`split_records` is a cheap cut of the file, :func:`read_fields` remembers what it read.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from sbomctl.catalogers._assignments import Fault

RECORDS_REMEMBERED = 8192
"""How many records stay parsed: twice the packages of a large image."""

_MAX_REMEMBERED = 64 << 10  # bytes; a longer record is parsed each time rather than kept
_BLANK_LINE = re.compile(rb"\n[ \t]+(?=\n(?![ \t]))")
_CONTROLS = bytes(sorted(set(range(32)) - set(b"\t\n\r"))) + b"\x7f"
_CONTROL = re.compile(b"[" + re.escape(_CONTROLS) + b"]")
_CONTINUES = frozenset(" \t")
_NEVER_FIRST = frozenset("#-")


class Record(NamedTuple):
    """One paragraph: the 1-based line it starts on, its bytes, and what is wrong with where it starts."""

    line: int
    data: bytes
    fault: str = ""


class Fields(NamedTuple):
    """The fields of a paragraph by lower-case name; fault lines count from 0, the record's first line.

    A value's continuation lines follow its first line after a newline, without the one
    character that marks them; white space at line ends is gone.
    """

    values: dict[str, str]
    faults: tuple[Fault, ...]


def split_records(data: bytes) -> tuple[Record, ...]:
    """The paragraphs of a file in order; a record that lacks the blank line before it is still one of its own.

    A line of blanks ends a paragraph, unless a continuation line follows it.
    """
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    if b" \n" in data or b"\t\n" in data:
        data = _BLANK_LINE.sub(b"\n", b"\n" + data)[1:]
    records: list[Record] = []
    line = 1
    for chunk in data.removeprefix(b"\xef\xbb\xbf").split(b"\n\n"):
        body = chunk.lstrip(b"\n")
        if body and not body.isspace():
            first = line + len(chunk) - len(body)
            if body.startswith(b"Package:") and b"\nPackage:" in body:
                records += _cut(first, body)
            else:
                records.append(Record(first, body.rstrip(b"\n")))
        line += chunk.count(b"\n") + 2
    return tuple(records)


def _cut(line: int, body: bytes) -> list[Record]:
    """The records in a paragraph that names more than one package."""
    pieces = body.split(b"\nPackage:")
    records = [Record(line, pieces[0])]
    for before, piece in pairwise(pieces):
        line += before.count(b"\n") + 1
        records.append(Record(line, b"Package:" + piece.rstrip(b"\n"), "no blank line before this record"))
    return records


def read_fields(record: bytes) -> Fields:
    """The fields of one record; what is no field is a fault and the rest is still read."""
    return _remembered(record) if len(record) <= _MAX_REMEMBERED else _read(record)


def field_line(record: bytes, name: str) -> int:
    """The line of a record on which a field first stands, counted from 0; 0 when it has none."""
    text = b"\n" + record.lower()
    found = text.find(b"\n" + name.encode() + b":")
    return text.count(b"\n", 0, found) if found > 0 else 0


def _read(record: bytes) -> Fields:
    text, faults = _text(record)
    values: dict[str, list[str]] = {}
    field: list[str] | None = None
    strays: list[int] = []
    for number, line in enumerate(text.split("\n")):
        if line[:1] in _CONTINUES and field is not None:
            field.append(line[1:].rstrip())
            continue
        key, colon, value = line.partition(":")
        name = key.rstrip().lower()
        if not colon or not name or name[0] in _NEVER_FIRST or " " in name:
            strays.append(number)
            continue
        field = [value.strip()]
        if values.setdefault(name, field) is not field:
            faults.append(Fault(number, f"field {name} a second time; the first is kept"))
    if strays:
        faults.append(Fault(strays[0], f"{len(strays)} line(s) of this record are neither field nor continuation"))
    return Fields({name: "\n".join(lines) for name, lines in values.items()}, tuple(faults))


def _text(record: bytes) -> tuple[str, list[Fault]]:
    """The record as text, and what had to be replaced or left out for that."""
    faults: list[Fault] = []
    clean = record.translate(None, _CONTROLS)
    if len(clean) != len(record):
        faults.append(Fault(_line_of_first(record, _CONTROL), "control characters, left out"))
    try:
        return clean.decode(), faults
    except UnicodeDecodeError as error:
        faults.append(Fault(clean.count(b"\n", 0, error.start), "bytes that are not UTF-8"))
        return clean.decode("utf-8", "backslashreplace"), faults


def _line_of_first(record: bytes, pattern: re.Pattern[bytes]) -> int:
    found = pattern.search(record)
    return record.count(b"\n", 0, found.start()) if found else 0


_remembered = lru_cache(RECORDS_REMEMBERED)(_read)
