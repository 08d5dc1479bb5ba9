"""SPDX 2.2 and 2.3 JSON read: packages, their licenses and how they relate.

Files and snippets are not read; only what a Bom has room for is decoded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from sbomctl.errors import UnsupportedInput
from sbomctl.model import Bom, Product, RelationshipType
from sbomctl.readers._foreign import Document, Edge, Entry, Statement, assemble, decoded, shown

VERSIONS = ("SPDX-2.2", "SPDX-2.3")
_NOTHING = ("NOASSERTION", "NONE")
_KINDS = {"OPERATING_SYSTEM": "operating-system", "OPERATING-SYSTEM": "operating-system"}
_PLAIN_KINDS = ("APPLICATION", "LIBRARY", "CONTAINER", "FIRMWARE", "DEVICE", "FILE")


class _Loose(msgspec.Struct, rename="camel", gc=False):
    pass


class _Reference(_Loose):
    reference_type: str | None = None
    reference_locator: str | None = None


class _Package(_Loose):
    name: str
    spdx_id: str = msgspec.field(name="SPDXID")
    version_info: str | None = None
    supplier: str | None = None
    download_location: str | None = None
    homepage: str | None = None
    license_concluded: str | None = None
    license_declared: str | None = None
    license_info_from_files: list[str] | None = None
    copyright_text: str | None = None
    description: str | None = None
    summary: str | None = None
    external_refs: list[_Reference] | None = None
    primary_package_purpose: str | None = None


class _Relationship(_Loose):
    spdx_element_id: str
    relationship_type: str
    related_spdx_element: str


class _Extracted(_Loose):
    license_id: str
    extracted_text: str | None = None


class _CreationInfo(_Loose):
    creators: list[str] | None = None


class _Head(_Loose):
    spdx_version: Any = None


class _Document(_Loose):
    name: str | None = None
    creation_info: _CreationInfo | None = None
    packages: list[_Package] | None = None
    relationships: list[_Relationship] | None = None
    document_describes: list[str] | None = None
    has_extracted_licensing_infos: list[_Extracted] | None = None
    files: list[Any] | None = None


def decode(data: bytes, file: str) -> Bom:
    """The Bom in ``data``; ``file`` names it in errors.

    Raises ``CorruptInput`` for what is no SPDX document, ``UnsupportedInput`` for a version not in ``VERSIONS``.
    """
    version = decoded(data, file, _Head, "SPDX").spdx_version
    if version not in VERSIONS:
        raise UnsupportedInput(
            f"{file}: {shown(str(version))}, this sbomctl reads {', '.join(VERSIONS)} JSON",
            "write it in one of these versions",
        )
    words = version.replace("-", " ")
    document = decoded(data, file, _Document, words)
    packages = document.packages or []
    subject = _subject(document)
    sources = {
        one.related_spdx_element for one in document.relationships or () if one.relationship_type == "GENERATED_FROM"
    }
    entries = [_entry(one, sources) for one in packages]
    about = next((one for one in entries if subject and one.ref == subject.spdx_id), None)
    if about and len(entries) > 1 and not about.states_license:
        entries = [one for one in entries if one is not about]  # the product itself
    files = len(document.files or ())
    return assemble(
        Document(
            file=file,
            format=words,
            found_by="spdx",
            tools=tuple(_tools(document.creation_info)),
            product=_product(document, subject, file),
            entries=entries,
            edges=_edges(document),
            texts={one.license_id: one.extracted_text or "" for one in document.has_extracted_licensing_infos or ()},
            passed_over=(f"{files} files",) if files else (),
        )
    )


def _subject(document: _Document) -> _Package | None:
    """The package that the document describes (section 11), if it is one."""
    described = set(document.document_describes or ())
    for one in document.relationships or ():
        if one.relationship_type == "DESCRIBES" and one.spdx_element_id == "SPDXRef-DOCUMENT":
            described.add(one.related_spdx_element)
        elif one.relationship_type == "DESCRIBED_BY" and one.related_spdx_element == "SPDXRef-DOCUMENT":
            described.add(one.spdx_element_id)
    found = [one for one in document.packages or () if one.spdx_id in described]
    return found[0] if len(found) == 1 else None


def _product(document: _Document, subject: _Package | None, file: str) -> Product:
    if subject and subject.name:
        return Product(subject.name, subject.version_info or "")
    return Product(document.name or file.rpartition("/")[2])


def _asserted(text: str | None) -> str:
    return "" if not text or text.strip() in _NOTHING else text


def _entry(one: _Package, sources: set[str]) -> Entry:
    refs = {each.reference_type: each.reference_locator or "" for each in reversed(one.external_refs or ())}
    purl, purpose = refs.get("purl", ""), one.primary_package_purpose or ""
    statements = [("concluded", one.license_concluded), ("declared", one.license_declared)]
    statements += [("detected", each) for each in one.license_info_from_files or ()]
    download = _asserted(one.download_location)
    is_vcs = download.startswith(("git+", "git://", "svn+", "hg+", "bzr+"))
    return Entry(
        ref=one.spdx_id,
        name=one.name,
        version=one.version_info or "",
        purl=purl if purl.startswith("pkg:") else "",
        kind=_KINDS.get(purpose) or (purpose.lower() if purpose in _PLAIN_KINDS else ""),
        statements=tuple(Statement(kind, raw) for kind, raw in statements if raw),
        is_source=purpose == "SOURCE" and one.spdx_id in sources,
        supplier=_actor(one.supplier),
        homepage=_asserted(one.homepage),
        download_url="" if is_vcs else download,
        vcs_url=download if is_vcs else "",
        cpe=refs.get("cpe23Type") or refs.get("cpe22Type") or "",
        description=one.description or one.summary or "",
        copyright=_asserted(one.copyright_text),
    )


def _actor(text: str | None) -> str:
    """The name of an actor (section 7.5) without the word for what it is."""
    return _asserted(text).removeprefix("Organization: ").removeprefix("Person: ")


_EDGES = {
    "DEPENDS_ON": (RelationshipType.DEPENDS_ON, False),
    "DEPENDENCY_OF": (RelationshipType.DEPENDS_ON, True),
    "RUNTIME_DEPENDENCY_OF": (RelationshipType.DEPENDS_ON, True),
    "GENERATED_FROM": (RelationshipType.GENERATED_FROM, False),
    "GENERATES": (RelationshipType.GENERATED_FROM, True),
}


def _edges(document: _Document) -> Iterator[Edge]:
    for one in document.relationships or ():
        if one.relationship_type in _EDGES:
            kind, turned = _EDGES[one.relationship_type]
            ends = (one.spdx_element_id, one.related_spdx_element)
            yield Edge(ends[turned], kind, ends[not turned])


def _tools(info: _CreationInfo | None) -> Iterator[str]:
    """The programs among the creators (section 6.8)."""
    for one in (info and info.creators) or ():
        kind, _, name = one.partition(":")
        if kind == "Tool" and name.strip():
            yield name.strip()
