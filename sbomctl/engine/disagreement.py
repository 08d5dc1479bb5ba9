"""Package databases of one root file system that contradict each other.

Two databases disagree where both record a package of one name and have no version of it in common, or where both
say that one file is theirs, by packages of different names and versions. A package manager keeps several versions
itself (kernels of rpm), and packages of several architectures: that is one database, which is never compared with
itself. Different packages in two databases, as ``alien`` makes them, are no contradiction. Nor are the packages of
another root: a root file system inside of the image, or what Entware installs below ``opt``.

Databases of one kind are compared by the whole version. Those of two kinds count revisions and epochs each in its own
way, so that only what upstream calls the version is compared (Debian Policy 5.6.12, rpm-version(7), apk-package(5)).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sbomctl.engine.databases import SYSTEMS
from sbomctl.engine.ownership import Homes
from sbomctl.engine.same_version import same_version
from sbomctl.layers.stack import Stack
from sbomctl.layers.stack_view import StackView
from sbomctl.model import FileType, Location, Package, Problem, State

_REMEDY = (
    "the packages of both are listed, though only one of them can be right: "
    "take the database that nothing keeps up to date out of the image, and scan again"
)
_SHOWN = 10
_OWN_PREFIX = "opt"  # package managers that bring a system of their own (Entware, Optware)

_Databases = dict[str, list[Package]]  # path -> what it records
_Contradictions = dict[tuple[str, str], list[str]]  # the second database and the first one -> what they differ in


def disagreements(stack: Stack, packages: Iterable[Package]) -> Iterator[Problem]:
    """One problem for each database and the one it contradicts, with the packages and versions of both; sorted."""
    roots: dict[str, _Databases] = {}
    for one in packages:
        if one.state is State.VISIBLE and not SYSTEMS.isdisjoint(one.found_by.split("+")):
            roots.setdefault(_root(one), {}).setdefault(_database(one), []).append(one)
    for _, databases in sorted(roots.items()):
        if len(databases) > 1:
            yield from _told(stack, databases)


def _told(stack: Stack, databases: _Databases) -> Iterator[Problem]:
    ordered = dict(sorted(databases.items()))
    found = _by_name(ordered)
    for pair, texts in _by_file(ordered, stack.view()).items():
        found.setdefault(pair, []).extend(texts)
    for (second, first), texts in sorted(found.items()):
        shown = ", ".join(texts[:_SHOWN])
        more = f", and {len(texts) - _SHOWN:,} more" if len(texts) > _SHOWN else ""
        place = Location(stack.image, max(one.location.layer for one in databases[second]), second)
        yield Problem(place, "sbomctl", f"it disagrees with the package database {first}: {shown}{more}; {_REMEDY}")


def _root(package: Package) -> str:
    """The root file system that its database is of."""
    return package.root or (_OWN_PREFIX if package.location.path.startswith(f"{_OWN_PREFIX}/") else "")


def _database(package: Package) -> str:
    """The database whose record it is: a file, or the directory of a database that has a file for each package."""
    path = package.location.path
    directory, _, _ = path.rpartition("/")
    if directory.endswith("/status.d"):
        return directory
    if directory.endswith("/info"):  # a control file without a record in the status file beside it
        return directory.removesuffix("info") + "status"
    return path.removesuffix("-wal")


def _by_name(databases: _Databases) -> _Contradictions:
    """Each database is compared with the first one that has the name: the number of databases is up to the image."""
    first: dict[str, tuple[str, list[Package]]] = {}
    found: _Contradictions = {}
    for database, packages in databases.items():
        names: dict[str, list[Package]] = {}
        for one in packages:
            names.setdefault(one.name, []).append(one)
        for name, own in sorted(names.items()):
            other, rivals = first.setdefault(name, (database, own))
            if other != database and not any(_agree(one, rival) for one in own for rival in rivals):
                text = f"{name} is {_versions(own)} here and {_versions(rivals)} there"
                found.setdefault((database, other), []).append(text)
    return found


def _by_file(databases: _Databases, view: StackView) -> _Contradictions:
    """Files and links; directories belong to many packages."""
    homes = Homes(view)
    first: dict[str, tuple[str, Package]] = {}
    found: _Contradictions = {}
    seen: set[tuple[str, str, str, str]] = set()  # of two packages one file is enough
    for database, packages in databases.items():
        for one in packages:
            for path in homes.of(one.files):
                other, rival = first.setdefault(path, (database, one))
                pair = (database, one.name, other, rival.name)
                if other != database and pair not in seen and _contest(one, rival) and _is_file(view, path):
                    seen.add(pair)
                    text = f"{path} is of {one.name} {one.version} here and of {rival.name} {rival.version} there"
                    found.setdefault((database, other), []).append(text)
    return {pair: sorted(texts) for pair, texts in found.items()}


def _contest(one: Package, other: Package) -> bool:
    return one.name != other.name and _upstream(one.version) != _upstream(other.version)


def _agree(one: Package, other: Package) -> bool:
    """Whether both may be right."""
    if one.found_by != other.found_by:
        return _upstream(one.version) == _upstream(other.version)
    elsewhere = one.architecture and other.architecture and one.architecture != other.architecture
    return bool(elsewhere) or same_version(one.version, other.version)


def _upstream(version: str) -> str:
    """Without epoch and revision."""
    head, colon, rest = version.partition(":")
    bare = rest if colon and head.isdecimal() else version
    return bare.rpartition("-")[0] or bare


def _versions(packages: Sequence[Package]) -> str:
    return " and ".join(sorted({one.version or "of no version" for one in packages}))


def _is_file(view: StackView, path: str) -> bool:
    found = view.lookup(path)
    return found is not None and found[1].type is not FileType.DIRECTORY
