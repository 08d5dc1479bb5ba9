"""What one record of a dpkg database says of a package (deb-control(5), dpkg(1))."""

from __future__ import annotations

from functools import lru_cache

from sbomctl.catalogers._assignments import Fault
from sbomctl.catalogers._deb822 import RECORDS_REMEMBERED, read_fields
from sbomctl.catalogers._purl import purl
from sbomctl.catalogers._reading import INSTALLED, NO_STEM, NOWHERE, STEM, Origin, Reading, judged
from sbomctl.catalogers._relations import capability_names, source_and_version, sources_used
from sbomctl.model import Package, SourceRef


@lru_cache(RECORDS_REMEMBERED)
def read_record(record: bytes, origin: Origin, *, needs_status: bool) -> Reading:
    """The package of one record; in ``status.d`` a record needs no Status."""
    fields, faults = read_fields(record)
    on_disk, wrong = judged(fields, fields.get("status", "") or ("" if needs_status else INSTALLED))
    if wrong:
        faults = (*faults, Fault(0, wrong))
    if not on_disk:
        return Reading(None, faults)
    name = fields["package"]
    stems = _stems(name, fields.get("architecture", ""), same=fields.get("multi-arch") == "same")
    if not stems:
        faults = (*faults, Fault(0, f"{name}: {NO_STEM}"))
    return Reading(_package(fields, origin), faults, stems)


def _stems(name: str, architecture: str, *, same: bool) -> tuple[str, ...]:
    if not STEM.match(name):
        return ()
    qualified = f"{name}:{architecture}"
    if not STEM.match(architecture):
        return (name,)
    return (qualified, name) if same else (name, qualified)


def _package(fields: dict[str, str], origin: Origin) -> Package:
    get = fields.get
    name, version, architecture = fields["package"], fields["version"], get("architecture", "")
    source = _source(fields, origin)
    qualifiers = {"arch": architecture, "distro": origin.distro, "upstream": _upstream(fields)}
    return Package(
        name=name,
        version=version,
        purl=purl("deb", origin.namespace, name, version, qualifiers),
        location=NOWHERE,
        found_by="dpkg",
        architecture=architecture,
        source=source,
        built_using=_built_using(fields, origin),
        supplier=get("maintainer", ""),
        homepage=get("homepage", ""),
        description=get("description", "").partition("\n")[0],
        depends_on=capability_names(get("pre-depends", ""), get("depends", "")),
        provides=capability_names(get("provides", "")),
    )


def _source(fields: dict[str, str], origin: Origin) -> SourceRef:
    """The recipe in OpenEmbedded's packages; else Source, which is left out when it is the package itself."""
    recipe = fields.get("oe", "")
    stated, version = ("", "") if recipe else source_and_version(fields.get("source", ""))
    name = recipe or stated or fields["package"]
    return _source_ref(name, version or fields["version"], "source", origin)


def _upstream(fields: dict[str, str]) -> str:
    """syft's convention for the ``upstream`` qualifier: the source as far as it differs."""
    if fields.get("oe"):
        return fields["oe"] if fields["oe"] != fields["package"] else ""
    name, version = source_and_version(fields.get("source", ""))
    return f"{name}@{version}" if name and version else name


def _built_using(fields: dict[str, str], origin: Origin) -> tuple[SourceRef, ...]:
    """Built-Using, and its forms for statically linked code: Static-Built-Using (dpkg 1.21.3) and Rust's before it."""
    refs = {
        _source_ref(ref.name, ref.version, ref.relation, origin)
        for field, relation in (
            ("built-using", "built-using"),
            ("static-built-using", "static-built-using"),
            ("x-cargo-built-using", "static-built-using"),
        )
        if field in fields
        for ref in sources_used(fields[field], relation)
    }
    return tuple(sorted(refs))


@lru_cache(RECORDS_REMEMBERED)
def _source_ref(name: str, version: str, relation: str, origin: Origin) -> SourceRef:
    """purl-spec, deb-definition: ``arch=source`` marks a source package."""
    return SourceRef(name, version, purl("deb", origin.namespace, name, version, {"arch": "source"}), relation=relation)
