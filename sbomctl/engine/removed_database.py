"""Packages whose database an upper layer removed though their files are still there.

Deleting the package database is a common way to make an image small; it must not empty
the bill of materials.
"""

from __future__ import annotations

from collections.abc import Iterable

from sbomctl.layers.stack import Stack
from sbomctl.layers.stack_view import StackView
from sbomctl.model import FileType, Location, Package, Problem


def without_database(
    ended: Iterable[tuple[Package, int]], stack: Stack, found_by: str
) -> tuple[list[Problem], list[Package]]:
    """Those of the packages that are installed after all, and a problem for each database that is gone.

    ``ended`` are packages with the layers after which nothing records them. One counts as
    installed when that layer removed the database itself, not just the record in it, and the
    final view shows a file of it as it was before.
    """
    top = stack.view()
    kept: list[Package] = []
    databases: dict[tuple[int, str], int] = {}
    for package, layer in ended:
        database = package.location.path
        if stack.view(layer + 1).entry(database) is None and _has_file_below(package, layer, top):
            kept.append(package)
            databases[layer, database] = databases.get((layer, database), 0) + 1
    reason = "this layer removed the package database; {} packages below it are still installed"
    problems = [
        Problem(Location(stack.image, layer, database), found_by, reason.format(count))
        for (layer, database), count in sorted(databases.items())
    ]
    return problems, kept


def _has_file_below(package: Package, layer: int, top: StackView) -> bool:
    """Whether a file of the package is visible as a layer below ``layer`` stores it."""
    for path in package.files:
        found = top.entry(path)
        if found is not None and found[0] < layer and found[1].type is FileType.REGULAR:
            return True
    return False
