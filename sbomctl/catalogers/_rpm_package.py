"""From a record of an rpm database to a package of an image."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from sbomctl.catalogers._purl import purl
from sbomctl.catalogers._rpm_record import Record, nameable
from sbomctl.catalogers.os_release import distro_qualifier
from sbomctl.model import LicenseFinding, Location, OsRelease, Package, SourceRef

_SOURCE_SUFFIXES = (".nosrc.rpm", ".src.rpm")


class Distribution(NamedTuple):
    """The vendor part of a package URL."""

    namespace: str = ""
    qualifier: str = ""  # the ``distro`` qualifier: id-version


def distribution(release: OsRelease | None) -> Distribution:
    """The vendor that an image's os-release names, in the words that other tools use in rpm package URLs."""
    if release is None or not release.id:
        return Distribution()
    identity = release.id.lower()
    qualifier = distro_qualifier(release)
    if identity == "rhel":
        return Distribution("redhat", qualifier)
    return Distribution("opensuse" if identity.startswith("opensuse") else identity, qualifier)


def to_package(record: Record, vendor: Distribution, location: Location, found_by: str) -> Package:
    """The package that ``record``, read at ``location``, describes."""
    return Package(
        name=record.name,
        version=record.evr,
        purl=_package_url(record.name, record.version, _qualifiers(record, vendor), vendor.namespace),
        location=location,
        found_by=found_by,
        architecture=record.architecture,
        source=_source(record.source_rpm, record.source_url, vendor.namespace),
        licenses=(LicenseFinding(record.license, location, found_by),) if record.license else (),
        license_files=_license_files(record),
        supplier=record.supplier,
        homepage=record.homepage,
        description=record.description,
        depends_on=record.depends_on,
        provides=record.provides,
        files=record.files,
    )


def _license_files(record: Record) -> tuple[str, ...]:
    """Where Fedora and SUSE keep the texts of a package, and Yocto those of its recipe (license.bbclass)."""
    source = _split_source(record.source_rpm)
    recipes = dict.fromkeys((record.name, *((source[1],) if source else ())))
    places = (f"usr/share/licenses/{record.name}/", *(f"usr/share/common-licenses/{name}/" for name in recipes))
    return places if nameable(record.name) else ()


def source_fault(record: Record) -> str:
    """Why the source package of ``record`` is unknown although it is named; "" = it is known or not named."""
    if not record.source_rpm or _split_source(record.source_rpm):
        return ""
    return f"{record.name}: source package {record.source_rpm!r} is not named name-version-release.src.rpm"


def _qualifiers(record: Record, vendor: Distribution) -> tuple[tuple[str, str], ...]:
    return (
        ("arch", record.architecture),
        ("distro", vendor.qualifier),
        ("epoch", record.epoch),
        ("rpmmod", record.modularity),  # the qualifier of Red Hat's own advisories, syft and Clair
        ("upstream", record.source_rpm),
    )


@lru_cache(maxsize=16384)  # a database is read once per layer that rewrites it
def _package_url(name: str, version: str, qualifiers: tuple[tuple[str, str], ...], namespace: str) -> str:
    return purl("rpm", namespace, name, version, dict(qualifiers))


@lru_cache(maxsize=16384)
def _source(file_name: str, url: str, namespace: str) -> SourceRef | None:
    parts = _split_source(file_name)
    if parts is None:
        return None
    epoch, name, version = parts
    address = _package_url(name, version, (("arch", "src"), ("epoch", epoch)), namespace)
    return SourceRef(name, f"{epoch}:{version}" if epoch else version, address, url)


def _split_source(file_name: str) -> tuple[str, str, str] | None:
    """Epoch, name and version-release of a source package's file name, taken from the right; None = no such name.

    rpm does not record the epoch of the source, so it is "" unless somebody wrote it into the name.
    """
    suffix = next((s for s in _SOURCE_SUFFIXES if file_name.endswith(s)), None)
    pieces = file_name.removesuffix(suffix).rsplit("-", 2) if suffix else []
    if len(pieces) != 3 or not all(pieces):
        return None
    epoch, colon, name = pieces[0].partition(":")
    if not (colon and epoch.isdigit() and name):
        epoch, name = "", pieces[0]
    return (epoch, name, f"{pieces[1]}-{pieces[2]}") if nameable(name) else None
