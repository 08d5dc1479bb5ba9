"""Which package of a manifest it is that files in the image are evidence of.

What files look like has the name that its authors gave it; a build makes packages of that, each with a name of its own.
Two names are the same package where one of these rules, asked in this order, leads to exactly one listed package, and
the version is the same:

1. The names are equal; upper case and underscores do not count (Debian Policy 5.6.7).
2. They differ only in ``lib`` at the front: ``x11.pc`` and ``libx11``.
3. The package is named as Debian and Yocto name the package of a shared library, by its soname (Debian Policy 8.1;
   oe-core, debian.bbclass): ``libz.so.1`` is ``libz1``.
4. A pkg-config file has the name of the recipe, up to ``lib`` and the version of an interface that either of them ends
   in: ``gtk+-3.0.pc`` and ``gtk+3``. It is of the package for developers then, where Yocto puts all of them
   (oe-core, bitbake.conf, ``FILES:${PN}-dev``).

A common beginning says nothing: ``gstreamer-audio-1.0.pc`` has the version of ``gstreamer1.0`` and is another recipe's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial

from sbomctl.engine.same_version import same_version
from sbomctl.layers.view import View
from sbomctl.model import Package

_INTERFACE = re.compile(r"[-_]?[0-9]{1,9}(?:\.[0-9]{1,9})*$")
_SHARED = re.compile(r"(lib[^/]{1,200})\.so\.([0-9]{1,9}(?:\.[0-9]{1,9}){0,9})")
_NO_VERSION = re.compile(r"-(?:stable|release|unknown|dirty)$")  # words that authors or git put behind a version
_PC = ".pc"

Sonames = dict[str, set[str]]  # stem of a library, as packages spell it -> versions its files have


class Listing:
    """The packages of one manifest, by what their files may be called."""

    def __init__(self, listed: Sequence[Package], is_kin: Callable[[Package, Package], bool]) -> None:
        self._is_kin = is_kin
        self._named: dict[str, list[Package]] = {}
        self._bare: dict[str, list[Package]] = {}
        self._recipes: dict[str, dict[str, list[Package]]] = {}
        for one in listed:
            self._named.setdefault(spelled(one.name), []).append(one)
            self._bare.setdefault(_bare(one.name), []).append(one)
            if one.source:
                recipes = self._recipes.setdefault(_without_interface(one.source.name), {})
                recipes.setdefault(one.source.name, []).append(one)

    def shown_by(self, seen: Package, libraries: Mapping[str, Collection[str]]) -> Package | None:
        """The one package that ``seen`` is evidence of; None where no rule decides.

        ``libraries`` are the shared libraries of the image.
        """
        for rule in (self._by_name, self._by_bare_name, partial(self._by_library, libraries), self._by_recipe):
            found = {id(one): one for one in rule(seen) if self._fits(one, seen)}
            if found:
                return next(iter(found.values())) if len(found) == 1 else None
        return None

    def _fits(self, one: Package, seen: Package) -> bool:
        return self._is_kin(one, seen) and same_version(one.version, _NO_VERSION.sub("", seen.version))

    def _by_name(self, seen: Package) -> Iterable[Package]:
        return self._named.get(spelled(seen.name), ())

    def _by_bare_name(self, seen: Package) -> Iterable[Package]:
        return self._bare.get(_bare(seen.name), ())

    def _by_library(self, libraries: Mapping[str, Collection[str]], seen: Package) -> Iterator[Package]:
        stem = f"lib{_bare(seen.name)}"
        own = {stem: libraries[stem]} if _is_pc(seen) and stem in libraries else shared_libraries(seen.files)
        for name, versions in sorted(own.items()):
            mark = "-" if name[-1].isdigit() else ""
            for version in versions:
                yield from self._named.get(f"{name}{mark}{version}", ())

    def _by_recipe(self, seen: Package) -> Iterator[Package]:
        recipes = self._recipes.get(_without_interface(seen.name), {}) if _is_pc(seen) else {}
        for recipe, packages in recipes.items():
            named = {one.name: one for one in packages}
            others = [one for one in packages if one.name.endswith("-dev")]
            only = others[0] if len(others) == 1 else named.get(recipe)
            if (one := named.get(f"{recipe}-dev", only)) is not None:
                yield one


def spelled(name: str) -> str:
    """The name as package formats spell it: small letters and no underscores (Debian Policy 5.6.7, PyPI)."""
    return name.lower().replace("_", "-")


def libraries_of(view: View) -> Sonames:
    """All shared libraries that the image shows."""
    return shared_libraries(path for path in view if ".so." in path)


def shared_libraries(paths: Iterable[str]) -> Sonames:
    """The libraries among ``paths``; of ``libz.so.1.2.13`` 1, 1.2 and 1.2.13, for each may be what its soname says."""
    found: Sonames = {}
    for path in paths:
        if match := _SHARED.fullmatch(path.rpartition("/")[2]):
            parts = match[2].split(".")
            prefixes = (".".join(parts[:count]) for count in range(1, len(parts) + 1))
            found.setdefault(spelled(match[1]), set()).update(prefixes)
    return found


def _bare(name: str) -> str:
    return spelled(name).removeprefix("lib")


def _without_interface(name: str) -> str:
    bare = _bare(name)
    return _INTERFACE.sub("", bare) or bare


def _is_pc(package: Package) -> bool:
    return package.location.path.endswith(_PC)
