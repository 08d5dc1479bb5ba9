"""Code that took the place of a package's file behind the back of the package manager.

``COPY openssl /usr/bin/`` leaves the package database as it was, so by paths alone the file
still is the package's. What gives it away are the layers: the content differs from that of
every layer in which a package manager wrote the file, and this layer holds none of the
records of the packages that claim it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sbomctl.layers.stack import Stack
from sbomctl.model import FileEntry, Package

Code = tuple[str, int, FileEntry]  # path, layer, entry
_JOURNAL = "-wal"  # beside an SQLite database: what was written last


def replaced(
    stack: Stack, code: Iterable[Code], claims: Mapping[str, Sequence[Package]]
) -> dict[tuple[str, int], tuple[str, ...]]:
    """Path and layer of replaced code -> the names of the packages whose file it was, sorted.

    ``claims`` are the packages that claim a path, for the paths of :func:`contested` code.
    A file that an upper layer only copied (its mode changed) is what it was below.
    """
    accounted: dict[str, set[str]] = {}
    found: dict[tuple[str, int], tuple[str, ...]] = {}
    for path, layer, entry in sorted((one for one in code if one[0] in claims), key=lambda one: one[:2]):
        owners = claims[path]
        if not owners or not entry.sha256:
            continue
        known = accounted.setdefault(path, set())
        if not known or entry.sha256 in known or _managed(stack, layer, owners):
            known.add(entry.sha256)
        else:
            found[path, layer] = tuple(sorted({package.name for package in owners}))
    return found


def contested(code: Iterable[Code]) -> set[str]:
    """The paths that hold different content in different layers: nearly none, so all else is settled by them."""
    first: dict[str, str] = {}
    return {path for path, _, entry in code if first.setdefault(path, entry.sha256) != entry.sha256}


def _managed(stack: Stack, layer: int, owners: Iterable[Package]) -> bool:
    """Whether the layer brought the record of one of the packages."""
    entries = stack.layers[layer]
    records = {package.location.path for package in owners}
    return any(record in entries or record + _JOURNAL in entries for record in records)
