"""The structure of a machine-readable debian/copyright (copyright-format 1.0 and the DEP-5 drafts before it)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sbomctl.licenses._deb822 import Control, Field, read_control

_FORMAT = re.compile(rb"^(?:format|format-specification|copyright-format)[ \t]*:", re.MULTILINE | re.IGNORECASE)
_FIRST = re.compile(rb"(?:\xef\xbb\xbf)?(?:#[^\n]*\n|[ \t\r]*\n)*+[A-Za-z][A-Za-z0-9-]*[ \t]*:")
_FORMATS = frozenset(("format", "format-specification", "copyright-format"))
_HEADING = 3  # paragraphs before the header paragraph at most: people put a word of their own in front
_WORD = r"[^\s,()/]+(?:\([^()\s]*\))?"
_SYNOPSIS = re.compile(rf"{_WORD}(?:,?[ \t]+(?:and/or|and|or|with)[ \t]+{_WORD}|[ \t]+exception)*+", re.IGNORECASE)
_OPEN_END = re.compile(r"(?:,|[ \t](?:and/or|and|or|with))$", re.IGNORECASE)

NO_BLANK = "a blank line between two paragraphs is missing"
NO_FILES = "a paragraph has Copyright and License but no Files field"
NO_LICENSE = "a Files paragraph has no License field"
NEXT_LICENSE = f"{NO_LICENSE}; the paragraph below it has one"
SECOND_LINE = "the license names do not stand beside the field name"


class License(NamedTuple):
    """A License field: the names and connectives in its synopsis, and its text without the marks of the format."""

    synopsis: str  # as written; "" = it has a text only
    line: int
    end_line: int
    text: str = ""


class FilesParagraph(NamedTuple):
    """What holds for the files that the patterns name; without patterns it holds for the whole package."""

    line: int
    patterns: tuple[str, ...]
    licenses: tuple[License, ...]


class Dep5(NamedTuple):
    """The whole file. ``texts`` are the stand-alone License paragraphs."""

    header: tuple[License, ...] = ()
    files: tuple[FilesParagraph, ...] = ()
    texts: tuple[License, ...] = ()
    copyrights: tuple[tuple[int, str], ...] = ()  # line, statement
    faults: tuple[tuple[int, str], ...] = ()


def read_dep5(data: bytes) -> Dep5 | None:
    """The structure of ``data``; None when it is not machine-readable.

    It is when its first paragraph names the format, when it begins with fields and has a
    Files paragraph with a license, or when one such paragraph is for all files (``*``).
    """
    if not _may_be(data):
        return None
    control = read_control(data)
    paragraphs, faults = _separated(control)
    if not _is_dep5(data, paragraphs):
        return None
    return _Reader(paragraphs, faults).read()


def _may_be(data: bytes) -> bool:
    return _FORMAT.search(data) is not None or b"files" in data or b"Files" in data or b"FILES" in data


def _is_dep5(data: bytes, paragraphs: Sequence[Sequence[Field]]) -> bool:
    names = [{field.name for field in one} for one in paragraphs]
    if any(one & _FORMATS for one in names[:_HEADING]) and any(one & {"files", "license"} for one in names):
        return True
    licensed = [one for one, has in zip(paragraphs, names, strict=True) if {"files", "license"} <= has]
    if _FIRST.match(data):
        return bool(licensed)
    return any("*" in _patterns(field) for one in licensed for field in one if field.name == "files")


def _separated(control: Control) -> tuple[list[tuple[Field, ...]], list[tuple[int, str]]]:
    """The paragraphs, cut in two where a blank line is missing in front of a Files field."""
    paragraphs: list[tuple[Field, ...]] = []
    faults = list(control.faults)
    for fields in control.paragraphs:
        start = 0
        for index in _cuts(fields):
            faults.append((fields[index].line, NO_BLANK))
            paragraphs.append(fields[start:index])
            start = index
        paragraphs.append(fields[start:])
    return paragraphs, faults


def _cuts(fields: Sequence[Field]) -> Iterator[int]:
    """Where the fields of a paragraph begin to be about something else."""
    last_license = max((index for index, field in enumerate(fields) if field.name == "license"), default=-1)
    seen: set[str] = set()
    for index, field in enumerate(fields):
        again = field.name == "files" and ("files" in seen or ("license" in seen and index < last_license))
        if again or (field.name == "files" and seen & _FORMATS):
            yield index
            seen = set()
        seen.add(field.name)


class _Reader:
    """Gives every paragraph its part."""

    def __init__(self, paragraphs: Sequence[Sequence[Field]], faults: list[tuple[int, str]]) -> None:
        self._paragraphs = paragraphs
        self._faults = faults
        self._header: list[License] = []
        self._files: list[FilesParagraph] = []
        self._texts: list[License] = []
        self._copyrights: list[tuple[int, str]] = []
        self._without: tuple[int, tuple[str, ...]] | None = None  # the paragraph before, if it lacks a license
        first = (index for index, one in enumerate(paragraphs[:_HEADING]) if {field.name for field in one} & _FORMATS)
        self._head = next(first, 0)

    def read(self) -> Dep5:
        """The file."""
        for index, fields in enumerate(self._paragraphs):
            self._copyrights += (one for field in fields if field.name == "copyright" for one in _statements(field))
            licenses = _merged(tuple([self._license(field) for field in fields if field.name == "license"]))
            self._place(index, {field.name: field for field in reversed(fields)}, licenses)
        if self._without:
            self._faults.append((self._without[0], NO_LICENSE))
        return Dep5(
            tuple(self._header),
            tuple(self._files),
            tuple(self._texts),
            tuple(self._copyrights),
            tuple(sorted(set(self._faults))),
        )

    def _place(self, index: int, by_name: dict[str, Field], licenses: tuple[License, ...]) -> None:
        without, self._without = self._without, None
        if without and (not licenses or "files" in by_name or "copyright" in by_name):
            self._faults.append((without[0], NO_LICENSE))
            without = None
        if "files" in by_name:
            line, patterns = by_name["files"].line, tuple(_patterns(by_name["files"]))
            if licenses:
                self._files.append(FilesParagraph(line, patterns, licenses))
            else:
                self._without = line, patterns
        elif index == self._head and by_name.keys() - {"license", "comment", "copyright", ""}:
            self._header += licenses
        elif without:
            self._faults.append((without[0], NEXT_LICENSE))
            self._files.append(FilesParagraph(*without, licenses))
            self._texts += (one for one in licenses if one.synopsis)  # others may refer to it
        elif licenses and "copyright" in by_name:
            self._faults.append((licenses[0].line, NO_FILES))
            self._files.append(FilesParagraph(licenses[0].line, (), licenses))
        else:
            self._texts += licenses

    def _license(self, field: Field) -> License:
        """The field with its synopsis, which may have slipped to the next line or be spread over two."""
        synopsis, more = field.value, list(field.more)
        while more and (_OPEN_END.search(synopsis) or not synopsis) and _is_synopsis(more[0].strip()):
            synopsis = f"{synopsis} {more.pop(0).strip()}".strip()
            self._faults.append((field.line, SECOND_LINE))
        return License(synopsis, field.line, field.end_line, formatted(more))


def _is_synopsis(line: str) -> bool:
    return _SYNOPSIS.fullmatch(line) is not None


def _merged(licenses: tuple[License, ...]) -> tuple[License, ...]:
    """Each name once: where it is repeated with its text, a blank line in between was forgotten."""
    kept: dict[str, License] = {}
    for one in licenses:
        name = f"{one.synopsis.lower()}\n{one.text}"
        bare = f"{one.synopsis.lower()}\n"
        if one.text:
            kept.pop(bare, None)
        kept.setdefault(name, one)
    return tuple(kept.values())


def _patterns(field: Field) -> Iterator[str]:
    yield from field.value.split()
    for line in field.more:
        yield from line.split()


def _statements(field: Field) -> Iterator[tuple[int, str]]:
    if field.value:
        yield field.line, field.value
    for number, line in enumerate(field.more, field.line + 1):
        statement = line.strip()
        if statement not in ("", "."):
            yield number, statement


def formatted(lines: Sequence[str]) -> str:
    """Formatted text (copyright-format 1.0, section 4.4) as it was before: a dot alone is a blank line."""
    text = []
    for line in lines:
        inner = line[1:] if line[:1] in (" ", "\t") else line
        text.append("" if inner == "." else inner)
    return "\n".join(text).strip("\n")
