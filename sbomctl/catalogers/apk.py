"""Packages of Alpine Linux, Wolfi, postmarketOS and OpenWrt 24+: the database of apk-tools.

Source packages: purl knows no source form of apk, so the source is
``pkg:generic/<vendor>/<origin>@<version>?commit=<hex>``: origin (``o:``) and version are
those of the package, since all packages of one origin share pkgver and pkgrel; ``commit``
(``c:``) is the revision of the packaging tree it was built from. The database does not say
which tree, so no URL is made up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from sbomctl.catalogers._apk_database import Record, read_database
from sbomctl.catalogers._purl import purl
from sbomctl.catalogers.base import Wants
from sbomctl.catalogers.os_release import RELEASE_PATHS, distro_qualifier, read_os_release
from sbomctl.layers.view import File, View
from sbomctl.model import LicenseFinding, OsRelease, Package, Problem, SourceRef

_DATABASE = "lib/apk/db/installed"
_NAME = re.compile(r"[^\s/:]+")
_CONSTRAINT = re.compile(r"[<>=~@]")  # version constraint or repository pin (apk-world(5))


class ApkCataloger:
    """Packages recorded in every apk database, also those of a root file system inside the image."""

    name: ClassVar[str] = "apk"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "apk databases (Alpine, Wolfi, postmarketOS, OpenWrt)"
    wants: ClassVar[Wants] = Wants((_DATABASE, f"**/{_DATABASE}", *RELEASE_PATHS))

    def catalog(self, view: View) -> Iterator[Package | Problem]:
        """One package per record; a database that is linked to is read once."""
        seen: set[str] = set()
        for pattern in self.wants.paths[:2]:
            for file in view.glob(pattern):
                if file.location.path not in seen:
                    seen.add(file.location.path)
                    root = "" if pattern == _DATABASE else _root_of(file.path)  # its link may lead anywhere
                    yield from _database(file, root, _system(view, root))


def _root_of(path: str) -> str:
    return path.removesuffix(_DATABASE).removesuffix("usr/").rstrip("/")


def _database(file: File, root: str, os: OsRelease | None) -> Iterator[Package | Problem]:
    records, faults = file.once(read_database)
    for record in records:
        yield _package(file, record, root, os) if record.fields.get("P") else _nameless(file, record)
    for line, reason in faults:
        yield Problem(file.at(line), ApkCataloger.name, reason)


def _system(view: View, root: str) -> OsRelease | None:
    """Who built the packages; of a root file system inside the image only Alpine can be told."""
    if not root:
        return read_os_release(view)
    return OsRelease("alpine") if view.entry(f"{root}/etc/alpine-release") else None


def _nameless(file: File, record: Record) -> Problem:
    lost = f"; {len(record.files)} files belong to it" if record.files else ""
    return Problem(file.at(record.line), ApkCataloger.name, f"a record without a name (P:){lost}")


def _package(file: File, record: Record, root: str, os: OsRelease | None) -> Package | Problem:
    name, version, origin = record.get("P"), record.get("V"), record.get("o")
    if not (_NAME.fullmatch(name) and name.isprintable()):
        return Problem(file.at(record.fields["P"].line), ApkCataloger.name, f"not a package name: {name[:80]!r}")
    if not version:
        return Problem(file.at(record.line), ApkCataloger.name, f"package {name} has no version (V:)")
    vendor = os.id if os else ""
    qualifiers = {
        "arch": record.get("A"),
        "distro": distro_qualifier(os),
        "upstream": origin if origin != name else "",
    }
    return Package(
        name=name,
        version=version,
        purl=purl("apk", vendor, name, version, qualifiers),
        location=file.at(record.fields["P"].line),
        found_by=ApkCataloger.name,
        architecture=record.get("A"),
        root=root,
        source=_source(vendor, origin, version, record.get("c")),
        licenses=_licenses(file, record),
        license_files=(f"{root}/usr/share/licenses/{name}/".lstrip("/"),),
        supplier=record.get("m"),
        homepage=record.get("U"),
        description=record.get("T"),
        depends_on=_capabilities(record.get("D")),
        provides=_capabilities(record.get("p")),
        files=tuple(f"{root}/{path}" for path in record.files) if root else record.files,
    )


def _source(vendor: str, origin: str, version: str, commit: str) -> SourceRef | None:
    if not (_NAME.fullmatch(origin) and origin.isprintable()):
        return None
    return SourceRef(origin, version, purl("generic", vendor, origin, version, {"commit": commit}))


def _licenses(file: File, record: Record) -> tuple[LicenseFinding, ...]:
    field = record.fields.get("L")
    if field is None or not field.value:
        return ()
    return (LicenseFinding(field.value, file.at(field.line), ApkCataloger.name),)


def _capabilities(text: str) -> tuple[str, ...]:
    """Names without constraints, such as ``so:libz.so.1``, ``cmd:sh``, ``/bin/sh``; no conflicts (``!name``)."""
    names = (_CONSTRAINT.split(word, maxsplit=1)[0] for word in text.split() if word[0] != "!")
    return tuple(dict.fromkeys(name for name in names if name))
