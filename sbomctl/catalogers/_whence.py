"""``WHENCE``, the file in which linux-firmware says where each file is from and under which license.

Sections between lines of dashes, each of one driver: files, then what is said of the license of those
that were named since the last such statement. Licenses are prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_RULE = re.compile(r"-{20,}")
_FIELD = re.compile(r"(Driver|File|RawFile|Link|Version|Licen[cs]e|Original licen[cs]e info(?:rmation)?) *: *(.*)")
_TEXT = re.compile(r"\bSee (?:the )?(?:files? )?(LICEN[CS]E[.\w-]*|GPL-[23])")
_FRAME = "/*#"  # of comments, from which statements were copied
_LONGEST = 300  # characters of a statement that are kept
_MOST_FILES = 50_000


class Entry(NamedTuple):
    """Some files of one driver under one license, in the words of the file; "" = not stated."""

    driver: str
    version: str
    license: str
    text: str  # the file with the text, which lies beside the firmware
    line: int  # of the license, else of the driver; 1-based
    files: tuple[str, ...]  # below lib/firmware


def read_whence(data: bytes) -> tuple[Entry, ...]:
    """Every entry, in order."""
    lines = data.decode("utf-8", "replace").splitlines()
    found: list[Entry] = []
    left = _MOST_FILES
    start = 0
    for end in (*(number for number, line in enumerate(lines) if _RULE.fullmatch(line.strip())), len(lines)):
        for entry in _section(lines, start, end):
            if len(entry.files) <= left:
                left -= len(entry.files)
                found.append(entry)
        start = end + 1
    return tuple(found)


def _section(lines: list[str], start: int, end: int) -> Iterator[Entry]:
    driver, driver_line = "", start + 1
    versions: list[str] = []
    files: list[str] = []
    for number in range(start, end):
        field = _FIELD.match(lines[number])
        if field is None:
            continue
        name, value = field[1], field[2].strip()
        if name == "Driver":
            driver, driver_line = value, number + 1
        elif name in ("File", "RawFile"):
            files.append(_path(value))
        elif name == "Link":
            files.append(_path(value.partition("->")[0].strip()))
        elif name == "Version":
            versions.append(value)
        elif files:
            said = _statement(lines, number, end, value)
            text = _TEXT.search(said)
            beside = text[1].rstrip(".") if text else ""
            yield Entry(driver, _common(versions, files), said, beside, number + 1, tuple(files))
            files, versions = [], []
    if files:
        yield Entry(driver, _common(versions, files), "", "", driver_line, tuple(files))


def _path(value: str) -> str:
    return value.strip('"').replace("\\ ", " ")


def _common(versions: list[str], files: list[str]) -> str:
    """The version that each of the files is said to have; it stands below the file it is of."""
    return versions[0] if len(set(versions)) == 1 and len(versions) == len(files) else ""


def _statement(lines: list[str], number: int, end: int, value: str) -> str:
    """What is said of a license: the rest of the line and the lines below it until an empty one."""
    words = [value] if value else []
    for at in range(number + 1, end):
        text = lines[at].strip().strip(_FRAME).strip()
        if (not text and words) or _FIELD.match(lines[at]):
            break
        if text:
            words.append(text)
    return " ".join(words)[:_LONGEST]
