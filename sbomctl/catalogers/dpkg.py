"""Debian packages: the dpkg status database, and the one-file-per-package form of distroless images.

Only what the database states: the source comes from the Source field, never from a version
suffix such as ``+b1``. In OpenEmbedded's packages the OE field names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from sbomctl.catalogers._debian_files import COMPANIONS, checksummed_paths, owned_paths
from sbomctl.catalogers._dpkg_record import read_record
from sbomctl.catalogers._reading import Found, Origin, companions, findings, origin_of
from sbomctl.catalogers.base import Wants
from sbomctl.catalogers.os_release import RELEASE_PATHS
from sbomctl.layers.view import File, View
from sbomctl.model import Package, Problem

# dpkg's own place first; the others are where image builders with a read-only /usr keep it.
_HOMES = ("var/lib/dpkg", "usr/lib/dpkg", "usr/share/dpkg/database", "usr/lib/sysimage/dpkg")
_PARTS = ("status", "status.d/*", "updates/*", "diversions", "info/*.list")


class DpkgCataloger:
    """Packages that dpkg installed."""

    name: ClassVar[str] = "dpkg"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "dpkg status and status.d (Debian, Ubuntu, Raspberry Pi OS, distroless)"
    wants: ClassVar[Wants] = Wants((*(f"{home}/{part}" for home in _HOMES for part in _PARTS), *RELEASE_PATHS))

    def catalog(self, view: View) -> Iterator[Package | Problem]:
        """Every package with files on disk, in database order."""
        origin = origin_of(view)
        read: set[str] = set()  # one home may be a link to another
        for home in _HOMES:
            status = view.open(f"{home}/status")
            if status is not None and status.location.path not in read:
                read.add(status.location.path)
                yield from _status(view, home, status, origin)
            for file in view.glob(f"{home}/status.d/*"):
                if file.location.path not in read and file.path.rpartition(".")[2] not in COMPANIONS:
                    read.add(file.location.path)
                    yield from _status_directory_file(view, file, origin)


def _status(view: View, home: str, status: File, origin: Origin) -> Iterator[Package | Problem]:
    """The one database of a Debian system."""
    for journal in view.glob(f"{home}/updates/*"):
        if journal.path.rpartition("/")[2].isdigit() and journal.data:
            yield Problem(journal.at(1), "dpkg", "dpkg was interrupted; this update is not yet in its status file")
    file = view.open(f"{home}/diversions")
    diversions = file.data if file else b""
    info = view.resolve(f"{home}/info") or home
    for found in findings(status, "dpkg", partial(read_record, origin=origin, needs_status=True)):
        if isinstance(found, Problem):
            yield found
        else:
            yield _completed(found, _listed(view, info, found, diversions))


def _listed(view: View, info: str, found: Found, diversions: bytes) -> tuple[str, ...]:
    """The paths in a package's list file, where diversions put them, and its own files below ``info``."""
    for stem in found.stems:
        listing = view.open(f"{info}/{stem}.list")
        if listing is not None:
            paths = owned_paths(listing.data, diversions, found.package.name)
            return paths + companions(view, f"{info}/{stem}", COMPANIONS)
    return ()


def _status_directory_file(view: View, file: File, origin: Origin) -> Iterator[Package | Problem]:
    """One file of a distroless image; the paths of its package stand in the md5sums beside it."""
    name = file.path.rpartition("/")[2]
    sums = view.open(f"{file.path}.md5sums")
    paths, faults = sums.once(checksummed_paths) if sums else ((), ())
    for fault in faults:
        yield Problem(sums.at(fault.line) if sums else file.at(0), "dpkg", fault.reason)
    results = tuple(findings(file, "dpkg", partial(read_record, origin=origin, needs_status=False)))
    alone = sum(isinstance(result, Found) for result in results) == 1
    for result in results:
        if isinstance(result, Problem):
            yield result
        elif alone or result.package.name == name:
            files = (*paths, file.location.path, *companions(view, file.location.path, COMPANIONS))
            yield _completed(result, files)
        else:
            yield _completed(result, ())


def _completed(found: Found, files: tuple[str, ...]) -> Package:
    """The package; where its copyright file lies is fixed (Debian Policy 12.5), its directory may be a link."""
    licenses = (f"usr/share/doc/{found.package.name}/copyright",) if found.stems else ()
    return found.complete(files, license_files=licenses)
