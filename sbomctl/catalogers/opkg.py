"""opkg and ipkg packages, in the forms of OpenEmbedded (Yocto) and of OpenWrt up to 23.05.

The purl is ``pkg:generic/<distribution>/<name>``: purl-spec has no opkg type, and its yocto
type wants the layer of a recipe, which no file of an image states.

The status file says what is installed, but mostly not under which license or from which
source: that stands in ``info/<package>.control``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from sbomctl.catalogers._deb822 import Record, field_line, read_fields, split_records
from sbomctl.catalogers._opkg_record import installed_paths, read_control, read_record
from sbomctl.catalogers._reading import Found, Origin, Reading, companions, findings, origin_of
from sbomctl.catalogers.base import Wants
from sbomctl.catalogers.os_release import RELEASE_PATHS
from sbomctl.layers.view import File, View
from sbomctl.model import LicenseFinding, Package, Problem

# OpenEmbedded, OpenWrt, ipkg before them, Entware and its relatives below opt.
_HOMES = ("var/lib/opkg", "usr/lib/opkg", "usr/lib/ipkg", "var/lib/ipkg", "opt/lib/opkg", "opt/var/opkg*")
_COMPANIONS = ("conffiles", "control", "list", "postinst", "postinst-pkg", "postrm", "preinst", "prerm", "prerm-pkg")


class OpkgCataloger:
    """Packages that opkg or ipkg installed."""

    name: ClassVar[str] = "opkg"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "opkg and ipkg status and control files (Yocto, OpenWrt, Entware)"
    wants: ClassVar[Wants] = Wants(
        (
            *(f"{home}/{part}" for home in _HOMES for part in ("status", "info/*.control", "info/*.list")),
            *RELEASE_PATHS,
        )
    )

    def catalog(self, view: View) -> Iterator[Package | Problem]:
        """Every package with files on disk: those of the status file in its order, then those without a record."""
        origin = origin_of(view)
        read: set[str] = set()  # one home may be a link to another
        for pattern in _HOMES:
            for home in _homes(view, pattern):
                place = view.resolve(home) or home
                if place not in read:
                    read.add(place)
                    yield from _Database(view, home, origin).catalog()


def _homes(view: View, pattern: str) -> tuple[str, ...]:
    """The directories a pattern names that hold a status file or control files."""
    databases = {file.path.rpartition("/")[0] for file in view.glob(f"{pattern}/status")}
    controls = {file.path.rpartition("/info/")[0] for file in view.glob(f"{pattern}/info/*.control")}
    return tuple(sorted(databases | controls))


class _Database:
    """One status file and the control and list files beside it."""

    def __init__(self, view: View, home: str, origin: Origin) -> None:
        self.view, self.home, self.origin = view, home, origin
        self.info = view.resolve(f"{home}/info") or home
        files = view.glob(f"{home}/info/*.control")
        self.controls = {file.path.rpartition("/")[2].removesuffix(".control"): file for file in files}
        self.recorded: set[str] = set()

    def catalog(self) -> Iterator[Package | Problem]:
        """The packages with a status record, then the control files that have none."""
        status = self.view.open(f"{self.home}/status")
        if status is not None:
            for found in findings(status, "opkg", self._read):
                yield found if isinstance(found, Problem) else self._completed(status, found)
        for name in sorted(self.controls.keys() - self.recorded):
            control = self.controls[name]
            yield Problem(control.at(1), "opkg", f"{name}: no status record; taken as installed")
            for found in findings(control, "opkg", partial(read_control, origin=self.origin)):
                yield found if isinstance(found, Problem) else self._completed(control, found)

    def _read(self, record: bytes) -> Reading:
        name = read_fields(record).values.get("package", "")
        self.recorded.add(name)
        return read_record(record, _first_record(self.controls.get(name)).data, self.origin)

    def _completed(self, database: File, found: Found) -> Package:
        """The package with the paths of its list and the license of its control file or else its record."""
        control = self.controls.get(found.package.name)
        stated = _license(control, _first_record(control)) if control else ()
        files: tuple[str, ...] = ()
        for stem in found.stems:
            listing = self.view.open(f"{self.info}/{stem}.list")
            paths = listing.once(installed_paths) if listing else ()
            files = paths + companions(self.view, f"{self.info}/{stem}", _COMPANIONS)
        return found.complete(files, stated or _license(database, found.record), _license_files(found.package))


def _license_files(package: Package) -> tuple[str, ...]:
    """Where Yocto keeps the texts of a recipe (license.bbclass)."""
    recipes = dict.fromkeys((package.source.name if package.source else package.name, package.name))
    return tuple(f"usr/share/common-licenses/{name}/" for name in recipes)


def _first_record(control: File | None) -> Record:
    records = control.once(split_records) if control else ()
    return records[0] if records else Record(1, b"")


def _license(file: File, record: Record) -> tuple[LicenseFinding, ...]:
    """The License field of a record, at its own line."""
    raw = read_fields(record.data).values.get("license", "")
    if not raw:
        return ()
    return (
        LicenseFinding(" ".join(raw.split("\n")), file.at(record.line + field_line(record.data, "license")), "opkg"),
    )
