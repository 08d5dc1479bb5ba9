"""The files that a dpkg package owns: lists, checksums, diversions (dpkg-query(1), dpkg-divert(1))."""

from __future__ import annotations

from functools import lru_cache

from sbomctl.catalogers._assignments import Fault
from sbomctl.catalogers._deb822 import RECORDS_REMEMBERED
from sbomctl.model import path_text

COMPANIONS = (
    "conffiles",
    "config",
    "list",
    "md5sums",
    "postinst",
    "postrm",
    "preinst",
    "prerm",
    "shlibs",
    "symbols",
    "templates",
    "triggers",
)
"""The suffixes of the files dpkg keeps for a package beside its record (deb(5), control members)."""


def listed_paths(data: bytes) -> tuple[str, ...]:
    """The paths of a ``.list`` file, in its order, without the root itself."""
    lines = data.replace(b"\n/", b"\n").removeprefix(b"/").removesuffix(b"\n")
    text = path_text(lines)
    names = text.split("\n") if text.isascii() and "\\" not in text else [path_text(x) for x in lines.split(b"\n")]
    if names[0] == ".":
        del names[0]
    return tuple(filter(None, names)) if "" in names else tuple(names)


def checksummed_paths(data: bytes) -> tuple[tuple[str, ...], tuple[Fault, ...]]:
    """The paths of an ``md5sums`` file (deb-md5sums(5)); lines of another form are faults."""
    paths: list[str] = []
    faults: list[Fault] = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        digest, _, path = line.rstrip(b"\r").partition(b"  ")
        if path and len(digest) == 32:
            paths.append(path_text(path.removeprefix(b"./").lstrip(b"/")))
        elif line.strip():
            faults.append(Fault(number, "not a line of md5sums"))
    return tuple(paths), tuple(faults[:1])


@lru_cache(RECORDS_REMEMBERED)
def owned_paths(listing: bytes, diversions: bytes, package: str) -> tuple[str, ...]:
    """Where the files in a package's list are: at the place of their diversion, unless it is the package's own."""
    paths = listed_paths(listing)
    moved = {original: to for original, (to, by) in _diversions(diversions).items() if by != package}
    if moved.keys().isdisjoint(paths):
        return paths
    return tuple([moved.get(path, path) for path in paths])


@lru_cache(8)
def _diversions(data: bytes) -> dict[str, tuple[str, str]]:
    """Diverted path -> where it is now, and the package that moved it aside (":" = an administrator)."""
    lines = [path_text(line.removeprefix(b"/")) for line in data.rstrip(b"\n").split(b"\n")]
    return {path: (to, by) for path, to, by in zip(lines[::3], lines[1::3], lines[2::3], strict=False)}
