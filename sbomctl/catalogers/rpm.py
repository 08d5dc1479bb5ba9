"""Packages of rpm systems, from whichever form of the rpm database an image has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

import msgspec

from sbomctl.catalogers._rpm_berkeley import index_keys, read_berkeley
from sbomctl.catalogers._rpm_database import Contents, summary
from sbomctl.catalogers._rpm_manifest import read_manifest
from sbomctl.catalogers._rpm_ndb import read_ndb
from sbomctl.catalogers._rpm_package import distribution, source_fault, to_package
from sbomctl.catalogers._rpm_record import Record, read_header
from sbomctl.catalogers._rpm_sqlite import read_sqlite
from sbomctl.catalogers._rpm_wal import BrokenLogError, merged
from sbomctl.catalogers.base import Wants
from sbomctl.catalogers.os_release import RELEASE_PATHS, read_os_release
from sbomctl.layers.view import File, View
from sbomctl.model import Location, Package, Problem

_DIRECTORIES = ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")  # classic; SUSE and Fedora 36; ostree
_SQLITE, _NDB, _BERKELEY = "rpmdb.sqlite", "Packages.db", "Packages"
_READERS: tuple[tuple[str, Callable[[bytes], Contents]], ...] = (  # newest form first: older ones are leftovers
    (_SQLITE, read_sqlite),
    (_NDB, read_ndb),
    (_BERKELEY, read_berkeley),
)
_MANIFEST = "var/lib/rpmmanifest/container-manifest-2"
_LOG, _JOURNAL = "-wal", "-journal"
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
# Files that rpm keeps only beside a main table: where they are and it is not, packages are missing.
_INDEXES = ("Name", "Installtid", "Sha1header", "Index.db", "__db.001")
_SHOWN = 5
_REMEDY = "take the one that nothing keeps up to date out of the image, and scan again"


class _Database(msgspec.Struct, frozen=True):
    file: File
    records: tuple[tuple[Record, Location], ...]  # sorted by name and version
    faults: tuple[str, ...]

    @property
    def identities(self) -> frozenset[str]:
        """What it says is installed, comparable with another database."""
        return frozenset(_identity(record) for record, _ in self.records)


class RpmCataloger:
    """Reads SQLite, ndb and Berkeley DB (hash and b-tree) databases and the manifest of distroless images."""

    name: ClassVar[str] = "rpm"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "rpm databases (SQLite, ndb, Berkeley DB) and container-manifest-2 of distroless Azure Linux"
    wants: ClassVar[Wants] = Wants(
        paths=(
            *(
                f"{directory}/{name}"
                for directory in _DIRECTORIES
                for name in (_SQLITE, _SQLITE + _LOG, _SQLITE + _JOURNAL, _NDB, _BERKELEY, *_INDEXES)
            ),
            _MANIFEST,
            *RELEASE_PATHS,
        )
    )

    def catalog(self, view: View) -> Iterator[Package | Problem]:
        """Every package of the newest database that has any; others are compared with it."""
        databases = tuple(_databases(view))
        for database in databases:
            for fault in database.faults:
                yield Problem(database.file.location, self.name, fault)
        chosen = next((database for database in databases if database.records), None)
        if chosen is None:
            yield from self._leftovers(view)
            return
        for other in databases:
            difference = _difference(chosen, other) if other.records and other is not chosen else ""
            if difference:
                yield Problem(other.file.location, self.name, difference)
        yield from self._packages(view, chosen)

    def _packages(self, view: View, database: _Database) -> Iterator[Package | Problem]:
        vendor = distribution(read_os_release(view))
        for record, location in database.records:
            yield to_package(record, vendor, location, self.name)

    def _leftovers(self, view: View) -> Iterator[Problem]:
        """Directories that hold the indexes of a database whose main table is gone."""
        for directory in _DIRECTORIES:
            indexes = [name for name in _INDEXES if view.entry(f"{directory}/{name}")]
            place = view.entry(f"{directory}/{indexes[0]}") if indexes else None
            if place is not None and not any(view.entry(f"{directory}/{name}") for name, _ in _READERS):
                names = view.open(f"{directory}/Name")
                count = names.once(index_keys) if names else 0
                reason = (
                    "the main table of the rpm database is missing (Packages, Packages.db or rpmdb.sqlite): "
                    f"only {', '.join(indexes)} are left"
                    + (f"; the Name index alone names {count} packages" if count else "")
                )
                yield Problem(Location(view.image, place[0], directory), self.name, reason)


def _databases(view: View) -> Iterator[_Database]:
    """Every database in the image once, the form that rpm would use first."""
    seen: set[Location] = set()
    for name, reader in _READERS:
        for directory in _DIRECTORIES:
            file = view.open(f"{directory}/{name}")
            if file is not None and file.location not in seen:
                seen.add(file.location)
                yield _sqlite(view, file) if name == _SQLITE else _binary(file, file.once(reader))
    manifest = view.open(_MANIFEST)
    if manifest is not None:
        results = manifest.once(read_manifest)
        yield _database(manifest, [(r, manifest.at(0 if isinstance(r, str) else r.line)) for r in results], ())


def _sqlite(view: View, file: File) -> _Database:
    """A SQLite database together with what its log has on top."""
    log, journal = view.open(file.path + _LOG), view.open(file.path + _JOURNAL)
    contents = file.once(read_sqlite)
    if journal is not None and journal.data.startswith(_JOURNAL_MAGIC):
        return _binary(file, contents, "a transaction on it was never finished (-journal)")
    if log is None or not log.data:
        return _binary(file, contents)
    try:
        data, fault = merged(file.data, log.data)
    except BrokenLogError as error:
        data, fault = file.data, str(error)
    return _binary(
        file,
        contents if data is file.data else read_sqlite(data),
        f"its write-ahead log cannot be read: {fault}" if fault else "",
        below=frozenset(contents.headers),
        log=log,
    )


def _binary(
    file: File, contents: Contents, fault: str = "", below: frozenset[bytes] = frozenset(), log: File | None = None
) -> _Database:
    """A database of headers; those that are not ``below`` stand in its log."""
    results = [
        (
            # Each header is parsed once, however many layers store the database again.
            File(file.path, file.location, blob, file.memo).once(read_header),
            file.location if log is None or blob in below else log.location,
        )
        for blob in contents.headers
    ]
    return _database(file, results, (*contents.faults, fault) if fault else contents.faults)


def _database(file: File, results: list[tuple[Record | str, Location]], faults: tuple[str, ...]) -> _Database:
    records = [(result, place) for result, place in results if isinstance(result, Record) and not result.is_key]
    records.sort(key=lambda entry: (entry[0].name, entry[0].version, entry[0].epoch, entry[0].architecture, entry[1]))
    lost = [result for result, _ in results if isinstance(result, str)]
    partial = [f"{record.name}: {fault}" for record, _ in records for fault in record.faults]
    sources = [fault for record, _ in records if (fault := source_fault(record))]
    return _Database(
        file,
        tuple(records),
        (
            *faults,
            *summary(lost, "package record"),
            *summary(partial, "fact"),
            *summary(sources, "source package", "unknown"),
        ),
    )


def _difference(chosen: _Database, other: _Database) -> str:
    """How two databases of one image disagree, and what to do about it; "" = they do not."""
    extra, missing = other.identities - chosen.identities, chosen.identities - other.identities
    if not extra and not missing:
        return ""
    theirs, ours = _versions(other), _versions(chosen)
    changed = [
        f"{name} is {theirs[name]} here and {ours[name]} there"
        for name in sorted(theirs.keys() & ours.keys())
        if theirs[name] != ours[name]
    ]
    told = [
        *changed[:_SHOWN],
        *([f"{len(changed) - _SHOWN:,} more have another version"] if changed[_SHOWN:] else []),
        *_only("here", other, ours),
        *_only("there", chosen, theirs),
    ]
    place = chosen.file.location.path
    return f"it disagrees with the rpm database {place}, which was used: {'; '.join(told)}; {_REMEDY}"


def _only(where: str, database: _Database, known: dict[str, str]) -> Iterator[str]:
    """The packages of a database whose names are not ``known``."""
    alone = sorted({_identity(one) for one, _ in database.records if f"{one.name}.{one.architecture}" not in known})
    if alone:
        yield f"only {where}: {', '.join(alone[:_SHOWN])}{', ...' if alone[_SHOWN:] else ''} ({len(alone):,})"


def _identity(record: Record) -> str:
    return f"{record.name}-{record.evr}.{record.architecture}"


def _versions(database: _Database) -> dict[str, str]:
    """By name and architecture all versions that are installed."""
    found: dict[str, list[str]] = {}
    for record, _ in database.records:
        found.setdefault(f"{record.name}.{record.architecture}", []).append(record.evr)
    return {name: " and ".join(versions) for name, versions in found.items()}
