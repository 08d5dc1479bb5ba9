"""When each package came and whether an upper layer hid it again.

Content hidden by an upper layer still ships with the image, so a package that is gone
from the final view is kept, with the layer that hid it. A cataloger is asked about the
view after each layer that touches its files and about no other.

Not found is not the same as gone: a package ends only in a view that could be read. While
something is newly wrong with the file that recorded it, it counts as still there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import msgspec

from sbomctl.catalogers.base import Cataloger
from sbomctl.engine.continuity import continued
from sbomctl.engine.removed_database import without_database
from sbomctl.layers.stack import Stack
from sbomctl.layers.stack_view import StackView
from sbomctl.model import Location, Package, Problem, State

Kin = tuple[str, str, str]  # name, architecture, root
Found = tuple[list[Package], list[Problem]]
Trouble = tuple[str, str]  # path and reason of a problem: the same in every layer that stores the file again


class _Life(msgspec.Struct, eq=False):
    package: Package
    introduced_in: int
    hidden_in: int | None = None
    doubts: frozenset[Trouble] = frozenset()  # why it may be there though the last view did not show it

    @property
    def kin(self) -> Kin:
        """What its other versions share with it."""
        return _key(self.package)[0]


def packages_of(cataloger: Cataloger, stack: Stack) -> Found:
    """Every package that any layer's view records, with its state, and what could not be read in any of them."""
    lives, problems = _lives(stack, stack.touched(cataloger.wants.paths), partial(catalog, cataloger))
    removed, kept = without_database(lives.orphans(), stack, cataloger.name)
    return list(lives.dated(kept)), [*problems, *removed]


def dated(stack: Stack, layers: Iterable[int], find: Callable[[StackView], Found]) -> Found:
    """Every package that ``find`` finds in the views after ``layers``, ascending, with its state; the problems."""
    lives, problems = _lives(stack, layers, find)
    return list(lives.dated(())), problems


def _lives(stack: Stack, layers: Iterable[int], find: Callable[[StackView], Found]) -> tuple[_Lives, list[Problem]]:
    lives = _Lives()
    problems: dict[Trouble, Problem] = {}
    before: frozenset[Trouble] = frozenset()
    for layer in layers:
        view = stack.view(layer + 1)
        found, wrong = find(view)
        trouble = {(problem.location.path, problem.reason): problem for problem in wrong}
        lives.see(view, found, frozenset(trouble), fresh=trouble.keys() - before)
        problems |= trouble
        before = frozenset(trouble)
    return lives, [*problems.values()]


class _Lives:
    """All packages seen so far, those of the last view and those that ended before it."""

    def __init__(self) -> None:
        self._alive: dict[tuple[Kin, str], _Life] = {}
        self._gone: list[_Life] = []

    def see(self, view: StackView, found: Iterable[Package], trouble: frozenset[Trouble], fresh: set[Trouble]) -> None:
        """Take in what a cataloger found in ``view``, and what was wrong there."""
        layer = view.depth - 1
        now: dict[tuple[Kin, str], Package] = {}
        for package in found:
            key = _key(package)
            now[key] = continued(package, now[key]) if key in now else package
        for key in [key for key in self._alive if key not in now]:
            life = self._alive[key]
            places = ("", life.package.location.path)
            life.doubts = (life.doubts | {one for one in fresh if one[0] in places}) & trouble
            if not life.doubts and not view.is_unread(life.package.location.path):
                life.hidden_in = layer
                self._gone.append(self._alive.pop(key))
        for key, package in now.items():
            known = self._alive.get(key)
            if known is None:
                self._alive[key] = _Life(package, layer)
            else:
                known.package, known.doubts = continued(known.package, package), frozenset()

    def orphans(self) -> list[tuple[Package, int]]:
        """Packages that ended and have no other version in the final view, with the layers that hid them."""
        heirs = {life.kin for life in self._alive.values()}
        return [
            (life.package, life.hidden_in)
            for life in self._gone
            if life.hidden_in is not None and life.kin not in heirs
        ]

    def dated(self, kept: Iterable[Package]) -> Iterable[Package]:
        """Every package with its state; those ``kept`` are visible although no view records them any more."""
        spared = {id(package) for package in kept}
        living = [*self._alive.values(), *(life for life in self._gone if id(life.package) in spared)]
        for life in living:
            yield msgspec.structs.replace(life.package, state=State.VISIBLE, introduced_in=life.introduced_in)
        heirs = {life.kin for life in living}
        for life in self._gone:
            if id(life.package) not in spared:
                state = State.SHADOWED if life.kin in heirs else State.DELETED
                dates = {"introduced_in": life.introduced_in, "hidden_in": life.hidden_in}
                yield msgspec.structs.replace(life.package, state=state, **dates)


def _key(package: Package) -> tuple[Kin, str]:
    return (package.name, package.architecture, package.root), package.version


def catalog(cataloger: Cataloger, view: StackView) -> Found:
    """What one cataloger finds in one view; a bug in it becomes a problem and loses only its own work."""
    return sorted_out(lambda: cataloger.catalog(view), cataloger.name, view)


def sorted_out(find: Callable[[], Iterable[Package | Problem]], name: str, view: StackView) -> Found:
    """The packages and the problems among what the cataloger called ``name`` gives; its failure is one of these."""
    packages: list[Package] = []
    problems: list[Problem] = []
    try:
        for item in find():
            if isinstance(item, Package):
                packages.append(item)
            else:
                problems.append(item)
    except Exception as error:  # noqa: BLE001 - one broken cataloger must not lose the others' work
        where = Location(view.image, view.depth - 1, "")
        problems.append(Problem(where, name, f"the cataloger failed: {type(error).__name__}: {error}"))
    return packages, problems
