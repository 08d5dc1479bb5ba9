"""Package databases that are there in name only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sbomctl.catalogers.base import Cataloger
from sbomctl.layers.stack import Stack
from sbomctl.layers.stack_view import StackView
from sbomctl.model import FileType, Location, Problem

SYSTEMS = frozenset(("dpkg", "apk", "opkg", "rpm", "chisel"))
"""Catalogers of databases that say what a system consists of."""

_REASONS = {
    FileType.DIRECTORY: "a directory is where a package database should be",
    FileType.SYMLINK: "a link that leads to no file is where a package database should be",
    FileType.HARDLINK: "a hard link to a file that is not there is where a package database should be",
    FileType.OTHER: "a device, pipe or socket is where a package database should be",
}
_LOOP = "the way to a package database is a loop of links"


def unreadable(stack: Stack, catalogers: Iterable[Cataloger]) -> Iterator[Problem]:
    """Every place that a cataloger names in full at which there is something, but no file.

    Nothing is found there, which must not look as if nothing were installed.
    """
    view = stack.view()
    seen: set[str] = set()
    for cataloger in catalogers:
        for path in cataloger.wants.paths:
            if path not in seen and not re.search(r"[*?{]", path):
                seen.add(path)
                yield from _judged(view, path, cataloger.name)


def _judged(view: StackView, path: str, found_by: str) -> Iterator[Problem]:
    directory, _, name = path.rpartition("/")
    home = view.resolve(directory)
    if home is None:
        yield Problem(Location(view.image, view.depth - 1, directory), found_by, _LOOP)
        return
    found, target = view.lookup(f"{home}/{name}".lstrip("/")), view.entry(path)
    if found is not None and (target is None or target[1].type is not FileType.REGULAR):
        layer, entry = found
        kind = entry.type if target is None else target[1].type
        yield Problem(Location(view.image, layer, entry.path), found_by, _REASONS[kind])
