"""Manifests that belong to an image, beside what is in it: confirmed, only listed, only in the image.

A manifest says what was built, the image what ships. Where the image records its packages itself, the manifest
adds licenses and sources to them and no package; where it does not, what the manifest lists is all there is. What
files are evidence of is then no package of its own, but shows that the listed one is there (``confirming``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from sbomctl.catalogers._listed import listed_package
from sbomctl.catalogers._reading import origin_of
from sbomctl.engine.confirming import Listing, libraries_of, spelled
from sbomctl.engine.databases import SYSTEMS
from sbomctl.engine.findings import Findings
from sbomctl.engine.ownership import Attribution
from sbomctl.engine.same_version import same_version
from sbomctl.engine.unrecorded import Unrecorded
from sbomctl.layers.stack import Stack
from sbomctl.layers.view import View
from sbomctl.model import MANIFEST, Location, Package, Problem, Reconciliation, State
from sbomctl.sidecars.base import Sidecar

_RECORDED = ("pkg:deb/", "pkg:rpm/", "pkg:apk/", "pkg:alpm/")  # as a delegate finds them
_SHOWN = 10
_FACTS = ("source", "supplier", "homepage", "download_url", "cpe", "description")
_CONTRADICTED = (
    "it disagrees with the package database: {}; the database counts, and what the manifest says of these packages is "
    "left out: ship the manifest of the same build, or none, and scan again"
)
_ALONE = "no package database: {} known from this manifest only; nothing in the image shows them"
_CONFIRMED = "no package database: the image shows all that this manifest lists; what else is in it is not known"


class Reconciled(msgspec.Struct, frozen=True):
    """The last step: who looks into unowned files, and then the manifests that belong to the image."""

    unrecorded: Unrecorded
    sidecars: Sequence[Sidecar]

    def __call__(self, stack: Stack, owned: Attribution) -> tuple[Attribution, Findings]:
        """As ``Unrecorded``; the packages completed, and with them those that only a manifest has."""
        owned, more = self.unrecorded(stack, owned)
        found = reconcile(msgspec.structs.replace(more, packages=tuple(owned.packages)), self.sidecars, stack.view())
        return msgspec.structs.replace(owned, packages=list(found.packages)), found


def reconcile(found: Findings, sidecars: Sequence[Sidecar], view: View) -> Findings:
    """The findings with what manifests add, and an account of each manifest.

    Packages in ``found`` that a manifest in the image lists are told by who found them.
    """
    own = [one for one in found.packages if not one.found_by.startswith(MANIFEST)]
    within = [one for one in found.packages if one.found_by.startswith(MANIFEST)]
    manifests = [*_beside(sidecars, view), *_within(within)]
    if not manifests:
        return found
    known = _Known(own, view, recorded=any(map(_is_recorded, own)))
    accounts, problems = [], list(found.problems)
    for one in manifests:
        account = known.take(one)
        accounts.append(account)
        problems += one.problems
        place = Location(view.image, one.layer, one.name)
        if one.layer >= 0 and known.contradicted:  # one beside the image may be of another image, and is not shipped
            problems.append(Problem(place, one.found_by, _CONTRADICTED.format(_some(known.contradicted))))
        if account.alone:
            problems.append(Problem(place, one.found_by, _alone(len(account.only_listed))))
    packages = (*known.packages, *(one for one in within if one.state is not State.VISIBLE and not known.recorded))
    return msgspec.structs.replace(
        found, packages=packages, problems=tuple(problems), reconciled=tuple(sorted(accounts))
    )


def _alone(count: int) -> str:
    if not count:
        return _CONFIRMED
    return _ALONE.format("1 package is" if count == 1 else f"{count:,} packages are")


def _some(texts: Sequence[str]) -> str:
    more = f", and {len(texts) - _SHOWN:,} more" if len(texts) > _SHOWN else ""
    return ", ".join(sorted(texts)[:_SHOWN]) + more


def _is_recorded(package: Package) -> bool:
    """Whether a package database has it."""
    by = package.found_by.split("+")
    named = not SYSTEMS.isdisjoint(by) or package.purl.startswith(_RECORDED)
    return named and package.confidence == 1  # a program may say which package it was, where no database does


def _contradicts(own: Package, listed: Package) -> bool:
    """Whether a package database says otherwise; a revision that only it states is nothing else."""
    return _is_recorded(own) and not own.version.startswith(f"{listed.version}-")


class _Manifest(msgspec.Struct, frozen=True):
    """The packages of one manifest; ``beside`` are those that ship beside the root filesystem."""

    name: str
    layer: int  # -1 = it lies beside the image
    found_by: str
    packages: Sequence[Package]
    beside: frozenset[int] = frozenset()  # ids of objects in ``packages``
    build_tools: int = 0
    problems: tuple[Problem, ...] = ()


def _beside(sidecars: Sequence[Sidecar], view: View) -> Iterator[_Manifest]:
    origin = origin_of(view)
    for one in sidecars:
        found_by = MANIFEST + one.reader

        def at(line: int, file: str = one.file) -> Location:
            return Location(view.image, -1, file, line)

        packages = [listed_package(listed, one.reader, at, origin) for listed in one.packages]
        beside = frozenset(id(made) for made, listed in zip(packages, one.packages, strict=True) if listed.beside)
        problems = tuple(Problem(at(line), found_by, reason) for line, reason in one.faults)
        yield _Manifest(one.file, -1, found_by, packages, beside, one.build_tools, problems)


def _within(packages: Iterable[Package]) -> Iterator[_Manifest]:
    """Those in the image, as its top shows them."""
    groups: dict[tuple[str, str], list[Package]] = {}
    for one in packages:
        if one.state is State.VISIBLE:
            groups.setdefault((one.location.path, one.found_by), []).append(one)
    for (path, found_by), own in sorted(groups.items()):
        yield _Manifest(path, own[0].location.layer, found_by, own)


class _Known:
    """Packages so far: those of the image, completed by manifests, and those that only a manifest has."""

    def __init__(self, own: Sequence[Package], view: View, *, recorded: bool) -> None:
        self.packages = list(own)
        self.recorded = recorded
        self.contradicted: list[str] = []  # what the last manifest says of packages that a database has otherwise
        self._own = len(own)
        signs = [] if recorded else [index for index, one in enumerate(own) if _is_sign(one)]
        self._signs = frozenset(signs)  # indexes of what files are evidence of
        self._libraries = libraries_of(view) if signs else {}
        self._shown: dict[int, list[int]] = {}  # the evidence of each package of the last manifest, by its id
        self._met: set[int] = set()  # all of these
        self._settled: set[int] = set()  # indexes of evidence for which a manifest has the name
        self._by_name: dict[str, list[int]] = {}
        self._by_recipe: dict[str, list[int]] = {}
        for index in range(len(own)):
            self._enter(index)

    def _enter(self, index: int) -> None:
        package = self.packages[index]
        if package.state is State.VISIBLE:
            self._by_name.setdefault(spelled(package.name), []).append(index)
            if package.source:
                self._by_recipe.setdefault(package.source.name, []).append(index)

    def take(self, manifest: _Manifest) -> Reconciliation:
        """Adds what ``manifest`` says, and tells how it compares with the image itself."""
        met: set[int] = set()
        self.contradicted = []
        self._show(manifest)
        confirmed, differing, alone = 0, [], []
        for one in manifest.packages:
            is_beside = id(one) in manifest.beside
            same, others = self._matches(one, by_recipe=is_beside)
            shown = self._confirm(one)
            for index in same:
                self.packages[index] = _completed(self.packages[index], one)
            met.update(same, others, shown)
            mine = [self.packages[index] for index in others if index < self._own]
            if shown or any(index < self._own for index in same):
                confirmed += 1
            elif mine:
                versions = ", ".join(sorted({other.version for other in mine}))
                differing.append(f"{one.name}: {one.version} listed, {versions} in the image")
                self.contradicted += differing[-1:] if any(_contradicts(other, one) for other in mine) else []
            else:
                alone.append(f"{one.name} {one.version}".rstrip())
            if not same and (is_beside or not self.recorded):
                self.packages.append(one)
                self._enter(len(self.packages) - 1)
        return Reconciliation(
            manifest=manifest.name,
            found_by=manifest.found_by,
            listed=len(manifest.packages),
            confirmed=confirmed,
            differing=tuple(sorted(differing)),
            only_listed=tuple(sorted(alone)),
            only_in_image=tuple(sorted(self._left(manifest, met))),
            build_tools=manifest.build_tools,
            alone=not self.recorded and any(id(one) not in manifest.beside for one in manifest.packages),
        )

    def _show(self, manifest: _Manifest) -> None:
        """Find out which of its packages each piece of evidence is of."""
        self._shown, self._met = {}, set()
        listing = Listing([one for one in manifest.packages if id(one) not in manifest.beside], _is_kin)
        for index in sorted(self._signs):
            one = listing.shown_by(self.packages[index], self._libraries)
            if one is not None:
                self._shown.setdefault(id(one), []).append(index)
                self._met.add(index)

    def _confirm(self, one: Package) -> list[int]:
        """Let the evidence of a listed package become another occurrence of it; the first manifest gives the name."""
        shown = self._shown.get(id(one), [])
        for index in shown:
            if index not in self._settled:
                self.packages[index] = _identified(self.packages[index], one)
        self._settled.update(shown)
        return shown

    def _matches(self, one: Package, *, by_recipe: bool) -> tuple[list[int], list[int]]:
        """Indexes of the same package with the same version, and with another one."""
        indexes = self._by_recipe.get(one.name, []) if by_recipe else self._by_name.get(spelled(one.name), [])
        rivals = [index for index in indexes if index not in self._met and _is_kin(one, self.packages[index])]
        same = [index for index in rivals if same_version(one.version, self.packages[index].version)]
        if not self._signs.isdisjoint(same):  # of two packages that it may be evidence of it is told of neither
            same = [index for index in same if index not in self._signs]
            rivals = [index for index in rivals if index not in self._signs]
        if by_recipe:  # another version of a package says nothing of what lies beside the root filesystem
            return same, []
        return same, [index for index in rivals if index not in set(same)]

    def _left(self, manifest: _Manifest, met: set[int]) -> Iterator[str]:
        """Packages of the image that the manifest should list and does not: those of kinds that it lists any of."""
        kinds = {_kind(one) for one in manifest.packages if id(one) not in manifest.beside}
        recipes = {one.source.name for one in manifest.packages if one.source}
        for index, package in enumerate(self.packages[: self._own]):
            if package.confidence < 1 and package.name in recipes:
                continue  # what files look like is told by its upstream name, which a build splits into packages
            if index not in met and package.state is State.VISIBLE and _kind(package) in kinds:
                yield f"{package.name} {package.version}".rstrip()


_LANGUAGES = frozenset(("npm", "pypi", "golang", "cargo", "maven", "gem", "composer", "nuget", "conda", "cran", "hex"))


def _kind(package: Package) -> str:
    """The language whose package it is; "" = one of the system."""
    kind = package.purl.removeprefix("pkg:").partition("/")[0]
    return kind if kind in _LANGUAGES else ""


def _is_kin(one: Package, other: Package) -> bool:
    """Whether they may be the same: of one language, and of one architecture where both state one."""
    return _kind(one) == _kind(other) and (
        not one.architecture or not other.architecture or one.architecture == other.architecture
    )


def _is_sign(package: Package) -> bool:
    """Whether nothing but its files says that it is there."""
    return package.confidence < 1 and package.state is State.VISIBLE


def _identified(seen: Package, listed: Package) -> Package:
    """What was seen, under the name of the listed package: the same component, with a second reason to be one."""
    facts = {name: getattr(listed, name) for name in _FACTS if getattr(listed, name)}
    own = {"name": listed.name, "version": listed.version, "purl": listed.purl, "architecture": listed.architecture}
    return msgspec.structs.replace(seen, **own, **facts)


def _completed(package: Package, listed: Package) -> Package:
    """The package with the licenses that a manifest states, and the facts that its own record does not."""
    known = {(one.raw, one.location, one.found_by) for one in package.licenses}
    more = [one for one in listed.licenses if (one.raw, one.location, one.found_by) not in known]
    facts = {name: getattr(listed, name) for name in _FACTS if not getattr(package, name) and getattr(listed, name)}
    files = tuple(dict.fromkeys((*package.license_files, *listed.license_files)))
    return msgspec.structs.replace(package, licenses=(*package.licenses, *more), license_files=files, **facts)
