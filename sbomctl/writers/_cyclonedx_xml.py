"""A CycloneDX document as lines of XML.

Each function is one type of the XML schema, its children in the sequence the schema wants.
The official library is no help here: it has no compositions and needs quadratic time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from sbomctl.writers import _cyclonedx_document as cdx

_SPECIAL = re.compile("[^\\t\\n\\x20-\\x25\\x27-\\x3b\\x3d\\x3f-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL_IN_ATTRIBUTE = re.compile(
    "[^\\x20\\x21\\x23-\\x25\\x27-\\x3b\\x3d\\x3f-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}

_Lines = list[str]
_Item = TypeVar("_Item")


def lines(document: cdx.Document) -> Iterator[str]:
    """The document line by line, without line ends; one component at a time."""
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    namespace = f"http://cyclonedx.org/schema/bom/{document.spec_version}"
    yield f'<bom xmlns="{namespace}" serialNumber="{document.serial_number}" version="{document.version}">'
    yield from (f"  {line}" for line in _metadata(document.metadata))
    yield from _section("components", document.components, _component)
    yield from _section("dependencies", document.dependencies, _dependency)
    yield from _section("compositions", document.compositions, _composition)
    yield from _section("annotations", document.annotations, _annotation)
    yield "</bom>"


def _section(name: str, items: Iterable[_Item], render: Callable[[_Item], _Lines]) -> Iterator[str]:
    yield f"  <{name}>"
    for item in items:
        for line in render(item):
            yield f"    {line}"
    yield f"  </{name}>"


def _metadata(node: cdx.Metadata) -> _Lines:
    return _element(
        "metadata",
        _text("timestamp", node.timestamp),
        _list("lifecycles", [_element("lifecycle", _text("phase", each.phase)) for each in node.lifecycles]),
        _element("tools", _list("components", map(_component, node.tools.components))),
        _component(node.component),
        _entity("manufacturer", node.manufacturer),
        _entity("supplier", node.supplier),
        _properties(node.properties),
    )


def _component(node: cdx.Component) -> _Lines:
    return _element(
        "component",
        _entity("supplier", node.supplier),
        _entity("manufacturer", node.manufacturer),
        _text("name", node.name),
        _optional("version", node.version),
        _optional("description", node.description),
        _optional("scope", node.scope),
        _hashes(node.hashes),
        _licenses(node.licenses),
        _optional("copyright", node.copyright),
        _optional("cpe", node.cpe),
        _optional("purl", node.purl),
        _list("externalReferences", map(_reference, node.external_references)),
        _properties(node.properties),
        _evidence(node.evidence),
        attributes=f' type="{node.type}"{_bom_ref(node.bom_ref)}',
    )


def _entity(name: str, node: cdx.Entity | None) -> _Lines:
    if node is None:
        return []
    address = _element("address", _text("streetAddress", node.address.street_address)) if node.address else []
    return _element(
        name,
        _optional("name", node.name),
        address,
        *(_text("url", each) for each in node.url),
        *(_element("contact", _optional("name", each.name), _optional("email", each.email)) for each in node.contact),
    )


def _hashes(nodes: Iterable[cdx.Hash]) -> _Lines:
    return _list("hashes", (_text("hash", each.content, f' alg="{each.alg}"') for each in nodes))


def _licenses(nodes: Iterable[cdx.LicenseChoice]) -> _Lines:
    return _list("licenses", map(_license_choice, nodes))


def _license_choice(node: cdx.LicenseChoice) -> _Lines:
    if node.expression_details:
        return _element(
            "expression-detailed",
            *map(_detail, node.expression_details),
            attributes=_acknowledgement(node.acknowledgement) + f' expression="{_quoted(node.expression)}"',
        )
    if node.license is None:
        return _text("expression", node.expression, _acknowledgement(node.acknowledgement))
    return _element(
        "license",
        _optional("id", node.license.id) or _text("name", node.license.name),
        attributes=_acknowledgement(node.license.acknowledgement),
    )


def _detail(node: cdx.Detail) -> _Lines:
    return _element(
        "details",
        _text("text", node.text.content, f' content-type="{node.text.content_type}"') if node.text else [],
        _optional("url", node.url),
        attributes=f' license-identifier="{_quoted(node.license_identifier)}"{_bom_ref(node.bom_ref)}',
    )


def _bom_ref(ref: str) -> str:
    return f' bom-ref="{_quoted(ref)}"' if ref else ""


def _acknowledgement(word: str) -> str:
    return f' acknowledgement="{word}"' if word else ""


def _reference(node: cdx.Reference) -> _Lines:
    return _element("reference", _text("url", node.url), _hashes(node.hashes), attributes=f' type="{node.type}"')


def _properties(nodes: Iterable[cdx.Property]) -> _Lines:
    return _list("properties", (_text("property", each.value, f' name="{_quoted(each.name)}"') for each in nodes))


def _evidence(node: cdx.Evidence | None) -> _Lines:
    if node is None:
        return []
    identities = node.identity if isinstance(node.identity, tuple) else (node.identity,)
    return _element(
        "evidence",
        *map(_identity, identities),
        _list("occurrences", map(_place, node.occurrences)),
        _licenses(node.licenses),
        _list("copyright", (_text("text", each.text) for each in node.copyright)),
    )


def _identity(node: cdx.Identity) -> _Lines:
    return _element(
        "identity",
        _text("field", node.field),
        _list("methods", map(_method, node.methods)),
        _references("tools", "tool", node.tools),
    )


def _method(node: cdx.Method) -> _Lines:
    return _element(
        "method",
        _text("technique", node.technique),
        _text("confidence", str(node.confidence)),
        _text("value", node.value),
    )


def _place(node: cdx.Place) -> _Lines:
    return _element(
        "occurrence",
        _text("location", node.location),
        _optional("line", str(node.line) if node.line else ""),
        _optional("additionalContext", node.additional_context),
    )


def _dependency(node: cdx.Dependency) -> _Lines:
    return _element("dependency", *_each("dependency", node.depends_on), attributes=f' ref="{_quoted(node.ref)}"')


def _composition(node: cdx.Composition) -> _Lines:
    return _element(
        "composition",
        _text("aggregate", node.aggregate),
        _references("assemblies", "assembly", node.assemblies),
        _references("dependencies", "dependency", node.dependencies),
    )


def _annotation(node: cdx.Annotation) -> _Lines:
    return _element(
        "annotation",
        _references("subjects", "subject", node.subjects),
        _element("annotator", _component(node.annotator.component)),
        _text("timestamp", node.timestamp),
        _text("text", node.text),
        attributes=_bom_ref(node.bom_ref),
    )


def _references(name: str, item: str, refs: Iterable[str]) -> _Lines:
    return _list(name, _each(item, refs))


def _each(name: str, refs: Iterable[str]) -> Iterator[_Lines]:
    return ([f'<{name} ref="{_quoted(ref)}"/>'] for ref in refs)


def _element(name: str, *children: _Lines, attributes: str = "") -> _Lines:
    inner = [f"  {line}" for child in children for line in child]
    if not inner:
        return [f"<{name}{attributes}/>"]
    return [f"<{name}{attributes}>", *inner, f"</{name}>"]


def _list(name: str, items: Iterable[_Lines]) -> _Lines:
    """A wrapper around the items, nothing without any."""
    children = tuple(items)
    return _element(name, *children) if children else []


def _optional(name: str, value: str) -> _Lines:
    return _text(name, value) if value else []


def _text(name: str, value: str, attributes: str = "") -> _Lines:
    return [f"<{name}{attributes}>{_SPECIAL.sub(_replacement, value)}</{name}>"]


def _quoted(value: str) -> str:
    return _SPECIAL_IN_ATTRIBUTE.sub(_replacement, value)


def _replacement(match: re.Match[str]) -> str:
    character = match[0]
    if character in _ENTITIES:
        return _ENTITIES[character]
    return chr(0x2400 + ord(character)) if character < " " else "\ufffd"
