"""CycloneDX JSON 1.2 to 1.7 (ECMA-424) read: components, their licenses and dependencies.

Only what a Bom has room for is decoded; everything else may be as it likes.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

import msgspec

from sbomctl.errors import UnsupportedInput
from sbomctl.model import Bom, Product, RelationshipType, Supplier
from sbomctl.readers._foreign import Document, Edge, Entry, Statement, assemble, corrupt, decoded, shown

VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
_DEPTH = 64  # components in components; no real document has more than a handful
_OWN = "sbomctl:"  # properties of documents that sbomctl wrote


class _Loose(msgspec.Struct, rename="camel", gc=False):
    pass


class _Text(_Loose):
    content: str | None = None
    encoding: str | None = None


class _License(_Loose):
    id: str | None = None
    name: str | None = None
    text: _Text | None = None
    acknowledgement: str | None = None


class _Choice(_Loose):
    license: _License | None = None
    expression: str | None = None
    acknowledgement: str | None = None


class _Entity(_Loose):
    name: str | None = None
    url: Any = None


class _Reference(_Loose):
    type: str | None = None
    url: str | None = None


class _Property(_Loose):
    name: str | None = None
    value: Any = None


class _Evidence(_Loose):
    licenses: list[_Choice] | None = None


class _Component(_Loose):
    name: str
    type: str | None = None
    bom_ref: str | None = msgspec.field(default=None, name="bom-ref")
    group: str | None = None
    version: str | None = None
    purl: str | None = None
    cpe: str | None = None
    description: str | None = None
    copyright: str | None = None
    supplier: _Entity | None = None
    publisher: str | None = None
    licenses: list[_Choice] | None = None
    evidence: _Evidence | None = None
    external_references: list[_Reference] | None = None
    properties: list[_Property] | None = None
    components: list[_Component] | None = None


class _Dependency(_Loose):
    ref: str
    depends_on: list[str] | None = None


class _Metadata(_Loose):
    component: _Component | None = None
    supplier: _Entity | None = None
    tools: Any = None


class _Head(_Loose):
    spec_version: Any = None


class _Bom(_Loose):
    metadata: _Metadata | None = None
    components: list[_Component] | None = None
    services: list[Any] | None = None
    dependencies: list[_Dependency] | None = None


def decode(data: bytes, file: str) -> Bom:
    """The Bom in ``data``; ``file`` names it in errors.

    Raises ``CorruptInput`` for what is no CycloneDX, ``UnsupportedInput`` for a version not in ``VERSIONS``.
    """
    version = decoded(data, file, _Head, "CycloneDX").spec_version
    if version not in VERSIONS:
        raise UnsupportedInput(
            f"{file}: CycloneDX {shown(str(version))}, this sbomctl reads {', '.join(VERSIONS)}",
            "write it in one of these versions",
        )
    bom = decoded(data, file, _Bom, f"CycloneDX {version}")
    metadata = bom.metadata or _Metadata()
    found = [_entry(one) for one in _flat(bom.components or (), file) if not _is_own_image(one)]
    main = metadata.component
    if main is not None:
        inside = [_entry(one) for one in _flat(main.components or (), file)]
        subject = _entry(main)
        found += inside if found or inside or not subject.is_package else [subject]
        found += [subject] if subject.states_license and subject not in found else []
    services = len(bom.services or ())
    return assemble(
        Document(
            file=file,
            format=f"CycloneDX {version}",
            found_by="cyclonedx",
            tools=_tools(metadata.tools),
            product=_product(metadata, file),
            entries=found,
            edges=_edges(bom),
            passed_over=(f"{services} services",) if services else (),
        )
    )


def _product(metadata: _Metadata, file: str) -> Product:
    main, supplier = metadata.component, metadata.supplier or (metadata.component and metadata.component.supplier)
    name = (main and main.name) or file.rpartition("/")[2]
    return Product(name, (main and main.version) or "", Supplier((supplier and supplier.name) or ""))


def _flat(components: list[_Component] | tuple[()], file: str) -> Iterator[_Component]:
    """Components and those inside of them, in document order."""
    stack = [iter(components)]
    while stack:
        one = next(stack[-1], None)
        if one is None:
            stack.pop()
            continue
        yield one
        if one.components:
            if len(stack) >= _DEPTH:
                raise corrupt(file, f"components are nested more than {_DEPTH} deep")
            stack.append(iter(one.components))


def _entry(one: _Component) -> Entry:
    own = [
        (each.name.removeprefix(_OWN), each.value)
        for each in one.properties or ()
        if each.name and each.name.startswith(_OWN) and isinstance(each.value, str)
    ]
    links = {each.type: each.url or "" for each in reversed(one.external_references or ())}
    purl = one.purl or dict(own).get("purl", "")
    return Entry(
        ref=one.bom_ref or "",
        name=f"{one.group}/{one.name}" if one.group and not purl else one.name,
        version=dict(own).get("version") or one.version or "",
        purl=purl if purl.startswith("pkg:") else "",
        kind=one.type or "library",
        statements=tuple(_statements(one, own)),
        is_source=("kind", "source-package") in own,
        supplier=(one.supplier and one.supplier.name) or one.publisher or "",
        homepage=links.get("website", ""),
        download_url=links.get("distribution", ""),
        vcs_url=links.get("vcs", ""),
        cpe=one.cpe or "",
        description=one.description or "",
        copyright=one.copyright or "",
    )


def _statements(one: _Component, own: list[tuple[str, str]]) -> Iterator[Statement]:
    """What licenses say; since 1.6 of whom (``acknowledgement``), before that it counts as declared."""
    for choice in one.licenses or ():
        yield from _statement(choice, "")
    for choice in (one.evidence and one.evidence.licenses) or ():
        yield from _statement(choice, "detected")
    for key, value in own:  # what 1.6 has no room for beside an expression
        if key in ("license:declared", "license:concluded", "license:raw"):
            yield Statement("concluded" if key == "license:concluded" else "declared", value)


def _statement(choice: _Choice, kind: str) -> Iterator[Statement]:
    license_, said = choice.license, choice.acknowledgement
    raw, text = choice.expression or "", ""
    if license_ is not None:
        raw, said = license_.id or license_.name or raw, license_.acknowledgement or said
        text = _content(license_.text)
    if raw:
        yield Statement(kind or ("concluded" if said == "concluded" else "declared"), raw, text)


def _content(text: _Text | None) -> str:
    if text is None or not text.content:
        return ""
    if text.encoding != "base64":
        return text.content
    try:
        return base64.b64decode(text.content).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _is_own_image(one: _Component) -> bool:
    """Whether sbomctl wrote it of an image as a whole, of which it states no license."""
    return not one.licenses and not one.purl and any(each.name == "sbomctl:role" for each in one.properties or ())


def _edges(bom: _Bom) -> Iterator[Edge]:
    for one in bom.dependencies or ():
        for target in one.depends_on or ():
            yield Edge(one.ref, RelationshipType.DEPENDS_ON, target)


def _tools(tools: Any) -> tuple[str, ...]:  # noqa: ANN401 - two forms, and many documents have neither
    """Names and versions: a list until 1.4, components since 1.5; of sbomctl without its plugins."""
    listed = tools.get("components") if isinstance(tools, dict) else tools
    named = []
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and isinstance(one.get("name"), str):
            version = one.get("version")
            named.append(f"{one['name']} {version}" if isinstance(version, str) and version else one["name"])
    own = [one for one in named if one.partition(" ")[0] == "sbomctl"]
    return tuple(own[:1] or named)
