"""From a database of control-file records to packages: what dpkg and opkg have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from sbomctl.catalogers._assignments import Fault
from sbomctl.catalogers._deb822 import Record, split_records
from sbomctl.catalogers.os_release import distro_qualifier, read_os_release
from sbomctl.layers.view import File, View
from sbomctl.model import LicenseFinding, Location, Package, Problem

NOWHERE = Location("", -1, "")
"""Stands in a remembered package until its place is known."""

STEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._~-]*\Z")
"""A package name that is safe in a file name."""

NO_STEM = "not a package name; its files are not looked up"

# Package states of dpkg(1) and of opkg (libopkg, pkg.c). An image builder may leave
# configuration to the first boot, so "unpacked" and pending triggers are sound.
_NO_FILES_ON_DISK = frozenset({"not-installed", "config-files"})
_ON_DISK = frozenset({"installed", "unpacked", "triggers-awaited", "triggers-pending"})
_BROKEN = frozenset({"half-installed", "half-configured", "post-inst-failed", "removal-failed"})


INSTALLED = "install ok installed"
"""The Status of a package in a database that needs none."""


class Origin(NamedTuple):
    """Whose packages these are: purl namespace and ``distro`` qualifier; "" = unknown."""

    namespace: str
    distro: str


class Reading(NamedTuple):
    """A package with everything its record says; None when nothing of it is on disk. Fault lines count from 0.

    ``stems`` are the names its companion files may have, likeliest first.
    """

    package: Package | None
    faults: tuple[Fault, ...] = ()
    stems: tuple[str, ...] = ()


class Found(NamedTuple):
    """A package, its record and where that is, and the names its companion files may have."""

    package: Package
    record: Record
    location: Location
    stems: tuple[str, ...]

    def complete(
        self,
        files: tuple[str, ...],
        licenses: tuple[LicenseFinding, ...] = (),
        license_files: tuple[str, ...] = (),
    ) -> Package:
        """The package at its place, with what its companion files say."""
        return msgspec.structs.replace(
            self.package, location=self.location, files=files, licenses=licenses, license_files=license_files
        )


def origin_of(view: View) -> Origin:
    """The distribution an image names; packages of an image that names none get no namespace."""
    os = read_os_release(view)
    distro = distro_qualifier(os)
    return Origin(os.id.lower() if os and distro else "", distro)


def judged(fields: dict[str, str], status: str) -> tuple[bool, str]:
    """Whether a record is a package with files on disk, and what is wrong with it; "" = nothing.

    A record without Status counts as dpkg and opkg count it, as not installed, but not in silence.
    """
    state = status.split()[-1:]
    if state and state[0] in _NO_FILES_ON_DISK:
        return False, ""
    name = fields.get("package", "")
    if not name:
        return False, "record without Package"
    if not state:
        return False, f"{name}: record without Status; taken as not installed"
    if not fields.get("version"):
        return False, f"{name}: record without Version"
    if state[0] in _BROKEN or "reinstreq" in status.split():
        return True, f"{name}: its installation is broken ({status})"
    return True, "" if state[0] in _ON_DISK else f"{name}: unknown state ({status}); taken as installed"


def findings(file: File, found_by: str, read: Callable[[bytes], Reading]) -> Iterator[Found | Problem]:
    """Every package of a database file, in its order, and what is wrong with its records."""
    seen: dict[tuple[str, str], str] = {}
    for record in file.once(split_records):
        package, faults, stems = read(record.data)
        if record.fault:
            yield Problem(file.at(record.line), found_by, record.fault)
        for fault in faults:
            yield Problem(file.at(record.line + fault.line), found_by, fault.reason)
        if package is None:
            continue
        key = (package.name, package.architecture)
        if key in seen:
            yield Problem(file.at(record.line), found_by, f"{package.name}: a second record")
        if seen.get(key) != package.version:
            seen[key] = package.version
            yield Found(package, record, file.at(record.line), stems)


def companions(view: View, stem: str, suffixes: tuple[str, ...]) -> tuple[str, ...]:
    """What the package manager keeps for a package beside its record, as far as it is there.

    The directory of ``stem`` must be free of links: most of these files do not exist, and
    finding that out through links would cost more than all the rest.
    """
    return tuple(view.stored([f"{stem}.{suffix}" for suffix in suffixes]))
