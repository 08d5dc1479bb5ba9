"""Packages made of evidence: what is the same for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sbomctl.catalogers._purl import purl
from sbomctl.catalogers.base import Sighting
from sbomctl.model import LicenseFinding, Location, Package

_UPSTREAM = "as its authors state it; nothing in the image says so (confidence {:.2f})"


def upstream_license(expression: str, location: Location, found_by: str, confidence: float) -> LicenseFinding:
    """The license under which the authors of a program publish it, which is no statement of the image."""
    return LicenseFinding(expression, location, found_by, field="upstream", remark=_UPSTREAM.format(confidence))


def cpe(name: str, version: str, part: str = "a") -> str:
    """The CPE 2.3 name of ``vendor:product``; "" for none, or a version that it could not carry."""
    plain = version.replace(".", "").replace("-", "").replace("_", "").isalnum()
    return f"cpe:2.3:{part}:{name}:{version}:*:*:*:*:*:*:*" if name and plain else ""


def generic(  # noqa: PLR0913 - each is one fact of the package
    name: str,
    version: str,
    seen: Sequence[Sighting],
    found_by: str,
    confidence: float,
    *,
    namespace: str = "",
    licenses: Iterable[LicenseFinding] = (),
    cpe: str = "",
    description: str = "",
    supplier: str = "",
    homepage: str = "",
    files: Sequence[Sighting] | None = None,
) -> Package:
    """A package of no ecosystem, found in ``seen``; it owns those files, or ``files``."""
    return Package(
        name=name,
        version=version,
        purl=purl("generic", namespace, name, version),
        location=seen[0].location,
        found_by=found_by,
        confidence=confidence,
        licenses=tuple(licenses),
        cpe=cpe,
        description=description,
        supplier=supplier,
        homepage=homepage,
        files=tuple([one.path for one in (seen if files is None else files)]),
    )
