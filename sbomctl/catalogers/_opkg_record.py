"""What an opkg status record and its control file say of a package."""

from __future__ import annotations

import re
from functools import lru_cache

from sbomctl.catalogers._assignments import Fault
from sbomctl.catalogers._deb822 import RECORDS_REMEMBERED, read_fields
from sbomctl.catalogers._purl import purl
from sbomctl.catalogers._reading import INSTALLED, NO_STEM, NOWHERE, STEM, Origin, Reading, judged
from sbomctl.catalogers._relations import capability_names
from sbomctl.model import Package, SourceRef, path_text

_URI = re.compile(r"(?:https?|ftp|git|gitsm|svn|hg)://[^\s;]+")


@lru_cache(RECORDS_REMEMBERED)
def read_record(record: bytes, control: bytes, origin: Origin) -> Reading:
    """The package of one status record; what it does not state comes from ``control``, b"" when there is none."""
    fields, faults = read_fields(record)
    stated = {key: value for key, value in fields.items() if value}
    merged = read_fields(control).values | stated if control else stated
    return _reading(merged, fields.get("status", ""), faults, origin)


@lru_cache(RECORDS_REMEMBERED)
def read_control(control: bytes, origin: Origin) -> Reading:
    """The package of a control file alone; the Status that some carry is of the build, not of this system."""
    fields, faults = read_fields(control)
    return _reading(fields, INSTALLED, faults, origin)


def _reading(fields: dict[str, str], status: str, faults: tuple[Fault, ...], origin: Origin) -> Reading:
    on_disk, wrong = judged(fields, status)
    if wrong:
        faults = (*faults, Fault(0, wrong))
    if not on_disk:
        return Reading(None, faults)
    name = fields["package"]
    if not STEM.match(name):
        return Reading(_package(fields, origin), (*faults, Fault(0, f"{name}: {NO_STEM}")))
    return Reading(_package(fields, origin), faults, (name,))


def _package(fields: dict[str, str], origin: Origin) -> Package:
    get = fields.get
    name, version, architecture = fields["package"], fields["version"], get("architecture", "")
    return Package(
        name=name,
        version=version,
        purl=purl("generic", origin.namespace, name, version, {"arch": architecture, "distro": origin.distro}),
        location=NOWHERE,
        found_by="opkg",
        architecture=architecture,
        source=_source(fields, origin),
        supplier=get("maintainer", ""),
        homepage=get("homepage", ""),
        cpe=get("cpe-id", ""),
        description=get("description", "").partition("\n")[0],
        depends_on=capability_names(get("pre-depends", ""), get("depends", "")),
        provides=capability_names(get("provides", "")),
    )


def _source(fields: dict[str, str], origin: Origin) -> SourceRef | None:
    """The recipe (OE) or the build directory's package (SourceName, else Source); a recipe's version is its packages'.

    In OpenEmbedded, Source is a recipe's file name or its whole SRC_URI; in OpenWrt it is the
    directory in the build tree, kept as the purl qualifier ``recipe``.
    """
    source, recipe = fields.get("source", ""), fields.get("oe", "")
    url = _URI.search(source)
    directory = "" if recipe or url or source.endswith(".bb") else source
    name = recipe or fields.get("sourcename", "") or directory or _recipe_name(source)
    if not name:
        return None
    version = fields["version"]
    qualifiers = {"arch": "source", "recipe": directory}
    return SourceRef(
        name=name,
        version=version,
        purl=purl("generic", origin.namespace, name, version, qualifiers),
        url=url[0] if url else "",
    )


def _recipe_name(source: str) -> str:
    """The recipe that a recipe file is of: ``zlib`` for ``zlib_1.2.13.bb``."""
    return source.removesuffix(".bb").partition("_")[0] if source.endswith(".bb") else ""


def installed_paths(data: bytes) -> tuple[str, ...]:
    """The paths of a ``.list`` file in its order; opkg 0.4 adds mode and link target after tabs."""
    lines = (line.partition(b"\t")[0].removeprefix(b"./").strip(b"/\r") for line in data.split(b"\n"))
    return tuple([path_text(line) for line in lines if line and line != b"."])
