"""When each package came and whether an upper layer hid it again.

Content hidden by an upper layer still ships with the image, so a package that is gone
from the final view is kept, with the layer that hid it. A cataloger is asked about the
view after each layer that touches its files and about no other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from sbomctl.catalogers.base import Cataloger
from sbomctl.layers.stack import Stack, StackView
from sbomctl.model import FileType, Location, Package, Problem, State

Key = tuple[str, str, str, str]  # name, architecture, root, version


@dataclass(slots=True)
class _Life:
    package: Package
    introduced_in: int
    hidden_in: int | None = None


def packages_of(cataloger: Cataloger, stack: Stack) -> tuple[list[Package], list[Problem]]:
    """Every package that any layer's view records, with its state, and what could not be read."""
    alive: dict[Key, _Life] = {}
    gone: list[_Life] = []
    problems: list[Problem] = []
    for layer in stack.touched(cataloger.wants.paths):
        found, problems = catalog(cataloger, stack.view(layer + 1))
        now = {_key(package): package for package in found}
        for key in [key for key in alive if key not in now]:
            life = alive.pop(key)
            life.hidden_in = layer
            gone.append(life)
        for key, package in now.items():
            if key in alive:
                alive[key].package = package
            else:
                alive[key] = _Life(package, layer)
    heirs = {key[:3] for key in alive}
    orphans = [life for life in gone if _key(life.package)[:3] not in heirs]
    restored = _without_database(orphans, stack, problems, cataloger.name)
    return [_dated(life, heirs, restored) for life in (*alive.values(), *gone)], problems


def catalog(cataloger: Cataloger, view: StackView) -> tuple[list[Package], list[Problem]]:
    """What one cataloger finds in one view; a bug in it becomes a problem and loses only its own work."""
    packages: list[Package] = []
    problems: list[Problem] = []
    try:
        for item in cataloger.catalog(view):
            if isinstance(item, Package):
                packages.append(item)
            else:
                problems.append(item)
    except Exception as error:  # noqa: BLE001 - one broken cataloger must not lose the others' work
        where = Location(view.image, view.depth - 1, "")
        problems.append(Problem(where, cataloger.name, f"the cataloger failed: {type(error).__name__}: {error}"))
    return packages, problems


def _key(package: Package) -> Key:
    return (package.name, package.architecture, package.root, package.version)


def _without_database(gone: Iterable[_Life], stack: Stack, problems: list[Problem], found_by: str) -> set[int]:
    """Packages whose database an upper layer removed though their files are still there: visible after all.

    Deleting the package database is a common way to make an image small; it must not empty
    the bill of materials.
    """
    top = stack.view()
    kept: set[int] = set()
    databases: dict[tuple[str, int], int] = {}
    for life in gone:
        database = life.package.location.path
        if top.entry(database) is not None or not _any_file_visible(life.package, top):
            continue
        kept.add(id(life))
        place = (database, life.hidden_in or 0)
        databases[place] = databases.get(place, 0) + 1
    for (database, layer), count in sorted(databases.items()):
        reason = f"this layer removed the package database; {count} packages below it are still installed"
        problems.append(Problem(Location(stack.image, layer, database), found_by, reason))
    return kept


def _any_file_visible(package: Package, view: StackView) -> bool:
    for path in package.files:
        found = view.entry(path)
        if found is not None and found[1].type is FileType.REGULAR:
            return True
    return False


def _dated(life: _Life, heirs: set[tuple[str, str, str]], restored: set[int]) -> Package:
    state, hidden_in = State.VISIBLE, life.hidden_in
    if id(life) in restored:
        hidden_in = None
    elif hidden_in is not None:
        state = State.SHADOWED if _key(life.package)[:3] in heirs else State.DELETED
    return msgspec.structs.replace(life.package, state=state, introduced_in=life.introduced_in, hidden_in=hidden_in)
