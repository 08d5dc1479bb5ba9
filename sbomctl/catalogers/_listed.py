"""From an entry of a manifest to a package, of a manifest in the image and of one beside it."""

from __future__ import annotations

from collections.abc import Callable

from sbomctl.catalogers._purl import purl
from sbomctl.catalogers._reading import Origin
from sbomctl.model import MANIFEST, LicenseFinding, Location, Package, SourceRef
from sbomctl.sidecars.base import Listed

CONFIDENCE = 0.7
"""That a package is in the image of which only a manifest of its build says so: some are left out or removed later."""


def listed_package(one: Listed, reader: str, at: Callable[[int], Location], origin: Origin) -> Package:
    """The package as the manifest states it; where that has no purl, one as packages of opkg have (``pkg:generic``)."""
    found_by = MANIFEST + reader
    qualifiers = {"arch": one.architecture, "distro": origin.distro}
    return Package(
        name=one.name,
        version=one.version,
        purl=one.purl or purl("generic", origin.namespace, one.name, one.version, qualifiers),
        location=at(one.line),
        found_by=found_by,
        architecture=one.architecture,
        confidence=CONFIDENCE,
        source=_source(one, origin),
        licenses=tuple([LicenseFinding(raw, at(one.license_line), found_by) for raw in one.licenses]),
        license_files=_license_files(one),
        supplier=one.supplier,
        homepage=one.homepage,
        download_url=one.download_url,
        cpe=one.cpe,
        description=one.description,
        introduced_in=0,
    )


def _source(one: Listed, origin: Origin) -> SourceRef | None:
    if not one.recipe:
        return None
    name, version = one.recipe, one.recipe_version
    return SourceRef(name, version, purl("generic", origin.namespace, name, version, {"arch": "source"}))


def _license_files(one: Listed) -> tuple[str, ...]:
    """Where Yocto keeps the texts of a recipe (license.bbclass)."""
    if not one.recipe:
        return ()
    names = dict.fromkeys(name for name in (one.recipe, one.name) if "/" not in name and name not in (".", ".."))
    return tuple(f"usr/share/common-licenses/{name}/" for name in names)
