"""Two scanners on one image: what both found, united, and what only one of them did.

Why purls are compared by type, name and version, and by architecture only where both state it:
older versions of syft leave out qualifiers, and distributions differ in how they name their
namespace. Packages of a distribution are the same wherever the record lies; of npm and
Python there are many copies, so their directories must agree too.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from sbomctl.model import LicenseFinding, LicenseKind, Package, State

OURS, THEIRS = "sbomctl", "syft"
_COVERED = frozenset({"deb", "apk", "rpm", "opkg", "npm", "pypi"})
_OF_OPKG = frozenset({"", "deb", "generic"})  # what the two make of it
_LOCATED = frozenset({"npm", "pypi"})
_KINDS_OF_NOTE = (f"only {THEIRS}: ", "version: ", "state: ", f"only {OURS}: ", "license: ")
_IGNORED = str.maketrans("()", "  ")

Key = tuple[str, str, str, str]  # type, name, version, directory


def united(native: Sequence[Package], other: Sequence[Package]) -> tuple[list[Package], list[str]]:
    """All packages of both, each once, and notes of where the two differ.

    Of a package that both found the native facts stand, whether it is hidden among them; the
    other's license statements are kept beside them as evidence. Hidden packages that the other
    did not find are no difference: it was not asked for them. The notes are sorted, what only
    the other found first: that is what we may have missed.
    """
    found: dict[Key, list[Package]] = {}
    for package in other:
        found.setdefault(_key(package), []).append(package)
    result: list[Package] = []
    notes: list[str] = []
    alone: list[Package] = []
    matched: set[int] = set()
    for package in sorted(native, key=lambda package: package.state is not State.VISIBLE):
        twins = _twins(package, found.get(_key(package), ()))
        if package.state is not State.VISIBLE and matched.intersection(map(id, twins)):
            twins = []  # they are of a visible copy
        result.append(_joined(package, twins[0]) if twins else package)
        if twins:
            matched.update(map(id, twins))
            notes += _notes(package, twins[0])
        elif package.state is State.VISIBLE and _kind(package) in _COVERED:
            alone.append(package)
    left = [package for package in other if id(package) not in matched]
    notes += _apart(alone, [package for package in left if _kind(package) in _COVERED])
    return result + left, sorted(set(notes), key=_weight)


def _weight(note: str) -> tuple[int, str]:
    return (next(rank for rank, start in enumerate(_KINDS_OF_NOTE) if note.startswith(start)), note)


def _kind(package: Package) -> str:
    """The purl type; opkg, which has none, by its database."""
    kind = package.purl.removeprefix("pkg:").partition("/")[0]
    return "opkg" if kind in _OF_OPKG and "/opkg/" in f"/{package.location.path}" else kind


def _key(package: Package) -> Key:
    kind = _kind(package)
    return (kind, _name(package, kind), _version(package), _home(package, kind))


def _name(package: Package, kind: str) -> str:
    """The name as purls spell it, with the scope of npm."""
    if kind not in _LOCATED:
        return package.name
    return package.purl.removeprefix(f"pkg:{kind}/").partition("?")[0].rpartition("@")[0] or package.name


def _version(package: Package) -> str:
    """Without an rpm epoch of 0, which may be stated or not."""
    return package.version.removeprefix("0:")


def _home(package: Package, kind: str) -> str:
    return posixpath.dirname(package.location.path) if kind in _LOCATED else ""


def _twins(package: Package, candidates: Sequence[Package]) -> list[Package]:
    """The candidates of the same architecture, as far as both state one."""
    same = [one for one in candidates if one.architecture == package.architecture]
    return same or [one for one in candidates if not (one.architecture and package.architecture)]


def _joined(native: Package, other: Package) -> Package:
    return msgspec.structs.replace(
        native,
        found_by=f"{native.found_by}+{other.found_by}",
        licenses=(*native.licenses, *_evidence(native, other)),
    )


def _evidence(native: Package, other: Package) -> Iterator[LicenseFinding]:
    """The other's statements; beside one of ours they are evidence, not a declaration of their own."""
    for finding in other.licenses:
        kind = LicenseKind.DETECTED if native.licenses else finding.kind
        yield msgspec.structs.replace(finding, kind=kind)


def _notes(native: Package, other: Package) -> Iterator[str]:
    """Where the other takes it to be installed, or states a license that ours, which state some, do not."""
    if native.state is not other.state:
        yield f"state: {_shown(native)}: {OURS} {native.state.value} | {THEIRS} {other.state.value}"
    ours, theirs = _stated(native.licenses), _stated(other.licenses)
    if ours and theirs and not _words(theirs) <= _words(ours):
        yield f"license: {_shown(native)}: {OURS} {'; '.join(ours)} | {THEIRS} {'; '.join(theirs)}"


def _stated(findings: Iterable[LicenseFinding]) -> list[str]:
    return sorted({finding.raw for finding in findings})


def _words(licenses: Iterable[str]) -> set[str]:
    """The licenses in these expressions; the two write the operators and the order differently."""
    words = " ".join(licenses).translate(_IGNORED).lower().split()
    return {word.strip(",;") for word in words} - {"and", "or"}


def _apart(ours: Sequence[Package], theirs: Sequence[Package]) -> Iterator[str]:
    """``version: …`` where both have the package at one place in different versions, else ``only …: …``."""
    versions: dict[Key, list[Package]] = {}
    for package in theirs:
        versions.setdefault(_anonymous(package), []).append(package)
    paired: set[int] = set()
    for package in ours:
        rivals = [one for one in versions.get(_anonymous(package), ()) if id(one) not in paired]
        if rivals:
            paired.add(id(rivals[0]))
            yield f"version: {_shown(package)}: {OURS} {package.version} | {THEIRS} {rivals[0].version}"
        else:
            yield f"only {OURS}: {_shown(package)}"
    for package in theirs:
        if id(package) not in paired:
            yield f"only {THEIRS}: {_shown(package)}"


def _anonymous(package: Package) -> Key:
    kind = _kind(package)
    return (kind, _name(package, kind), package.architecture, _home(package, kind))


def _shown(package: Package) -> str:
    """``deb bash 5.1-2 at var/lib/dpkg/status``."""
    return " ".join(
        part for part in (_kind(package), package.name, package.version, "at", package.location.path) if part
    )
