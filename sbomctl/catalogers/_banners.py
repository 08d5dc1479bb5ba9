"""Programs that say what they are, by a table: one line per program (``banners.tsv``).

Only what a program says of itself counts, and only where the line expects it: ``OpenSSL 3.0.2`` in
curl tells what curl was built with, not that OpenSSL is inside. Lines of the kind ``holds`` are about
code that is copied into others; such a file holds the program but is not accounted for by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from fnmatch import translate
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from sbomctl.catalogers._evidence import cpe, generic, upstream_license
from sbomctl.catalogers.base import Sighting
from sbomctl.model import Package

_COLUMNS = 9
_STARTS = "(?<![ -~])"  # tested behind the match: in front of a pattern it makes the search ten times as slow
_PRINTABLE = frozenset(range(0x20, 0x7F))
_VAGUE = 0.8  # what is left of the confidence where the version could not be told


class Kind(Enum):
    """How a line tells a program."""

    IS = "is"
    HOLDS = "holds"
    NAME = "name"
    PART = "part"


class Line(msgspec.Struct, frozen=True):
    """One line of the table."""

    cataloger: str
    name: str
    files: re.Pattern[str]  # of file names without directories, of parts with them
    kind: Kind
    needs: bytes  # bytes that must be there
    pattern: re.Pattern[bytes]  # group 1 is the version
    starts: bool  # the match must be at the start of a string
    license: str  # as its authors state it; "" = not one for all versions
    confidence: float
    cpe: str  # vendor:product


class Banner(NamedTuple):
    """What one line found in a file."""

    line: int  # index into the table
    version: str  # "" = none, or more than one was found


@lru_cache(maxsize=1)
def table() -> tuple[Line, ...]:
    """Every line, in its order."""
    rows = Path(__file__).with_name("banners.tsv").read_text(encoding="utf-8").splitlines()
    return tuple([_line(row) for row in rows if row and not row.startswith("#")])


def _line(row: str) -> Line:
    cells = row.split("\t")
    if len(cells) != _COLUMNS:
        raise ValueError(f"banners.tsv: {len(cells)} columns instead of {_COLUMNS}: {row}")
    cataloger, name, files, kind, needs, pattern, license_, confidence, product = cells
    names = re.compile("|".join(map(translate, files.split())))
    version = re.compile(pattern.removeprefix(_STARTS).encode("latin-1"))
    needed, starts = needs.encode("latin-1"), pattern.startswith(_STARTS)
    return Line(cataloger, name, names, Kind(kind), needed, version, starts, license_, float(confidence), product)


@lru_cache(maxsize=8)
def _lines_of(cataloger: str) -> tuple[tuple[int, Line], ...]:
    return tuple([(number, line) for number, line in enumerate(table()) if line.cataloger == cataloger])


def read_banners(cataloger: str, path: str, data: bytes) -> tuple[Banner, ...]:
    """What the lines of a cataloger find in a file, in their order; of each program the first line that does."""
    file = path.rpartition("/")[2]
    found: dict[str, Banner] = {}
    for number, line in _lines_of(cataloger):
        named = path if line.kind is Kind.PART else file
        if line.name not in found and line.files.match(named) and line.needs in data:
            version = _version(line, file, data)
            if version is not None:
                found[line.name] = Banner(number, version)
    return tuple(found.values())


def _version(line: Line, file: str, data: bytes) -> str | None:
    """The version; "" where there is none or more than one, None where the file is not of the line."""
    if line.kind is Kind.PART or not line.pattern.pattern:
        return ""
    if line.kind is Kind.NAME:
        named = line.pattern.match(file.encode("utf-8", "replace"))
        return named[1].decode("latin-1") if named else None
    versions = {one[1] for one in line.pattern.finditer(data) if not line.starts or _starts(data, one.start())}
    if not versions:
        return None
    return versions.pop().decode("latin-1") if len(versions) == 1 else ""


def _starts(data: bytes, at: int) -> bool:
    return not at or data[at - 1] not in _PRINTABLE


def packages_of(seen: Sequence[Sighting], found_by: str) -> Iterator[Package]:
    """One package for each program and version, with the files that it accounts for.

    Files without a version go to the one that others of the program have, where that is one.
    """
    groups: dict[str, dict[str, list[tuple[Line, Sighting]]]] = {}
    for one in seen:
        for banner in one.facts:
            line = table()[banner.line]
            groups.setdefault(line.name, {}).setdefault(banner.version, []).append((line, one))
    for name, versions in sorted(groups.items()):
        known = [version for version in versions if version and _is_there(versions[version])]
        if len(known) == 1 and "" in versions:
            versions[known[0]] += versions.pop("")
        for version, places in sorted(versions.items()):
            if any(line.kind is not Kind.PART for line, _ in places):
                yield _package(name, version, places, found_by)


def _is_there(places: Sequence[tuple[Line, Sighting]]) -> bool:
    """Whether it is a program of its own, not just a copy inside of another."""
    return any(line.kind is not Kind.HOLDS for line, _ in places)


def _package(name: str, version: str, places: Sequence[tuple[Line, Sighting]], found_by: str) -> Package:
    line, first = max(places, key=lambda one: (one[0].kind is not Kind.HOLDS, one[0].confidence))
    confidence = round(line.confidence * (1 if version else _VAGUE), 3)
    licenses = sorted({one.license for one, _ in places if one.license})
    return generic(
        name,
        version,
        [first, *(one for _, one in places if one is not first)],
        found_by,
        confidence,
        licenses=[upstream_license(one, first.location, found_by, line.confidence) for one in licenses],
        cpe=cpe(line.cpe, version),
        files=sorted((one for line, one in places if line.kind is not Kind.HOLDS), key=lambda one: one.path),
    )
