"""SPDX 3.0 JSON-LD, as Yocto writes it of an image since 5.1 (SPDX 3.0.1, Core, Software and SimpleLicensing).

One ``@graph`` of elements, most of which are files and vulnerabilities: each is looked at for its type before
anything else of it is read, so that documents of some hundred megabytes fit. Binary packages have the
purpose ``install``; their license is another element, and a relationship leads there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, ClassVar, TypeVar

import msgspec

from sbomctl.errors import CorruptInput
from sbomctl.sidecars._text import HINT, nothing_in
from sbomctl.sidecars.base import Listed, Sidecar

T = TypeVar("T")

_PACKAGE, _EXPRESSION = "software_Package", "simplelicensing_LicenseExpression"
_RELATIONSHIPS = frozenset(("Relationship", "LifecycleScopedRelationship"))
_COLLECTIONS = frozenset(("SpdxDocument", "software_Sbom"))
_LICENSE = frozenset(("hasDeclaredLicense", "hasConcludedLicense"))
_NOT_INSTALLED = frozenset(("source", "archive", "container", "operatingSystem", "file", "documentation", "patch"))


class _Type(msgspec.Struct, gc=False):
    type: str = ""


class _Identifier(msgspec.Struct, rename="camel", gc=False):
    external_identifier_type: str = ""
    identifier: str = ""


class _Package(msgspec.Struct, gc=False):
    spdx_id: str = msgspec.field(name="spdxId")
    name: str = ""
    version: str = msgspec.field(default="", name="software_packageVersion")
    purpose: str = msgspec.field(default="", name="software_primaryPurpose")
    purl: str = msgspec.field(default="", name="software_packageUrl")
    homepage: str = msgspec.field(default="", name="software_homePage")
    download: str = msgspec.field(default="", name="software_downloadLocation")
    summary: str = ""
    identifiers: list[_Identifier] = msgspec.field(default_factory=list, name="externalIdentifier")


class _Expression(msgspec.Struct, gc=False):
    spdx_id: str = msgspec.field(name="spdxId")
    text: str = msgspec.field(default="", name="simplelicensing_licenseExpression")


class _Relationship(msgspec.Struct, gc=False):
    source: str = msgspec.field(name="from")
    type: str = msgspec.field(name="relationshipType")
    targets: list[str] = msgspec.field(name="to")


class _Collection(msgspec.Struct, rename="camel", gc=False):
    root_element: list[str] = []


class _Graph(msgspec.Struct, gc=False):
    graph: list[msgspec.Raw] = msgspec.field(name="@graph")


class Spdx3:
    """An SPDX 3 document of an image."""

    name: ClassVar[str] = "spdx3"
    about: ClassVar[str] = "SPDX 3.0 JSON-LD, such as IMAGE.spdx.json of Yocto 5.1 and later"
    dialect: ClassVar[str] = "yocto"

    def accepts(self, name: str, head: bytes) -> bool:  # noqa: ARG002 - SPDX 2 has the same names
        """By the context or the graph, of which one is the first of its two keys."""
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200]
        return start.startswith(b"{") and (b'"@context"' in start or b'"@graph"' in start)

    def read(self, name: str, file: BinaryIO) -> Sidecar:
        """See ``SidecarReader``; packages sorted by name and version, for a graph has no order."""
        try:
            found = _packages(file.read())
        except RecursionError as error:
            raise CorruptInput(f"{name}: the SPDX 3 document is nested too deeply", HINT) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CorruptInput(f"{name} is no valid SPDX 3 document: {error}", HINT) from error
        if not found:
            raise nothing_in(name, "SPDX 3 document")
        ordered = sorted(found, key=lambda one: (one.name, one.version, one.purl))
        return Sidecar(name, self.name, tuple(ordered))


def _packages(data: bytes) -> list[Listed]:
    packages: dict[str, _Package] = {}
    expressions: dict[str, str] = {}
    stated: list[_Relationship] = []
    roots: set[str] = set()
    for kind, raw in _typed(data):
        if kind == _PACKAGE:
            package = msgspec.json.decode(raw, type=_Package)
            packages[package.spdx_id] = package
        elif kind == _EXPRESSION:
            expression = msgspec.json.decode(raw, type=_Expression)
            expressions[expression.spdx_id] = expression.text
        elif kind in _COLLECTIONS:
            roots.update(msgspec.json.decode(raw, type=_Collection).root_element)
        elif kind in _RELATIONSHIPS and b"License" in bytes(raw):
            relationship = msgspec.json.decode(raw, type=_Relationship)
            stated += [relationship] if relationship.type in _LICENSE else []
    licenses: dict[str, set[str]] = {}
    for one in stated:
        if one.source in packages:
            licenses.setdefault(one.source, set()).update(expressions.get(to, "") for to in one.targets)
    installed = [one for one in packages.values() if one.purpose == "install"]
    others = [one for one in packages.values() if one.purpose not in _NOT_INSTALLED]
    subjects = roots & packages.keys()
    if len(subjects) == 1:  # the image itself, which the document is of; several are packages of a list without one
        others = [one for one in others if one.spdx_id not in subjects] or others
    chosen = installed or others
    return [_listed(one, licenses.get(one.spdx_id, set())) for one in chosen if one.name]


def _typed(data: bytes) -> Iterator[tuple[str, msgspec.Raw]]:
    for raw in msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_Graph).graph:
        yield msgspec.json.decode(raw, type=_Type).type, raw


def _listed(one: _Package, licenses: set[str]) -> Listed:
    cpes = (each.identifier for each in one.identifiers if each.external_identifier_type in ("cpe23", "cpe22"))
    return Listed(
        name=one.name,
        version=one.version,
        licenses=tuple(sorted(licenses - {""})),
        purl=one.purl if one.purl.startswith("pkg:") else "",
        download_url=one.download,
        homepage=one.homepage,
        cpe=next(cpes, ""),
        description=one.summary,
    )
