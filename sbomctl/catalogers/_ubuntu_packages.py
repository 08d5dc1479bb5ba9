"""Debian packages that something other than dpkg lists: lines NAME=VERSION, the table of ``dpkg -l``."""

from __future__ import annotations

import re
from typing import NamedTuple

from sbomctl.catalogers._purl import purl
from sbomctl.catalogers._reading import STEM, Origin
from sbomctl.model import Location, OsRelease, Package

_EQUATION = re.compile(r"([A-Za-z0-9][A-Za-z0-9+.-]*)(?::([a-z0-9-]+))?=([^\s=]+)")
_ROW = re.compile(rb"ii[ \t]+([A-Za-z0-9][A-Za-z0-9+.-]*)(?::([a-z0-9-]+))?[ \t]+(\S+)[ \t]+(\S+)")
_CORE = re.compile(r"core([0-9]{2})?(?:-.*)?")


class Listed(NamedTuple):
    """One package of a list, and its 1-based line, 0 where that is not known."""

    name: str
    version: str
    architecture: str
    line: int = 0


def equation(text: str) -> Listed | None:
    """``NAME[:ARCHITECTURE]=VERSION``; None for anything else."""
    found = _EQUATION.fullmatch(text.strip())
    return Listed(found[1], found[3], found[2] or "") if found else None


def rows(data: bytes) -> tuple[Listed, ...]:
    """The installed packages in what ``dpkg -l`` printed."""
    found = ((number, _ROW.match(line)) for number, line in enumerate(data.splitlines(), start=1))
    return tuple(
        Listed(
            row[1].decode(), row[3].decode("utf-8", "replace"), (row[2] or row[4]).decode("utf-8", "replace"), number
        )
        for number, row in found
        if row
    )


def ubuntu_of(os: OsRelease | None, base: str) -> Origin:
    """The Ubuntu that packages are from: what the image says, else what its base snap is made of.

    Ubuntu Core NN and the base snap coreNN are built from Ubuntu NN.04, ``core`` from 16.04.
    """
    if os is not None and os.id == "ubuntu-core":
        return Origin("ubuntu", f"ubuntu-{os.version_id}.04" if os.version_id.isdigit() else "ubuntu")
    if os is not None and os.id == "ubuntu":
        return Origin("ubuntu", f"ubuntu-{os.version_id}" if os.version_id else "ubuntu")
    core = _CORE.fullmatch(base)
    return Origin("ubuntu", f"ubuntu-{core[1] or '16'}.04" if core else "")


def package_of(
    listed: Listed, origin: Origin, location: Location, found_by: str, files: tuple[str, ...] = ()
) -> Package:
    """The package; where its copyright file lies is fixed (Debian Policy 12.5)."""
    qualifiers = {"arch": listed.architecture, "distro": origin.distro}
    return Package(
        name=listed.name,
        version=listed.version,
        purl=purl("deb", origin.namespace, listed.name, listed.version, qualifiers),
        location=location,
        found_by=found_by,
        architecture=listed.architecture,
        license_files=(f"usr/share/doc/{listed.name}/copyright",) if STEM.match(listed.name) else (),
        files=files,
    )
