"""A CycloneDX document as structs: the JSON form as it is, the XML form by ``_cyclonedx_xml``.

The fields stand in the order of the XML schema's sequences, which JSON does not mind. Only
what this tool writes is here, and all but ``Detail`` exists in both 1.6 and 1.7.
"""

from __future__ import annotations

import re

import msgspec


def _json_name(field: str) -> str:
    if field == "bom_ref":
        return "bom-ref"
    return re.sub("_([a-z])", lambda match: match[1].upper(), field)


class _Node(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, rename=_json_name):
    """What is common to all: an absent field is not written."""


class Property(_Node, frozen=True, kw_only=True):
    """A fact that the standard has no field for; names may repeat."""

    name: str
    value: str


class Hash(_Node, frozen=True, kw_only=True):
    """A digest in hex."""

    alg: str
    content: str


class Contact(_Node, frozen=True, kw_only=True):
    """A person or mailbox."""

    name: str = ""
    email: str = ""


class Address(_Node, frozen=True, kw_only=True):
    """A postal address as one line, since the product file has it as one."""

    street_address: str


class Entity(_Node, frozen=True, kw_only=True):
    """An organization."""

    name: str = ""
    address: Address | None = None
    url: tuple[str, ...] = ()
    contact: tuple[Contact, ...] = ()


class Reference(_Node, frozen=True, kw_only=True):
    """An external reference."""

    type: str
    url: str
    hashes: tuple[Hash, ...] = ()


class License(_Node, frozen=True, kw_only=True):
    """One license, by the id of the schema's own list or by name."""

    id: str = ""
    name: str = ""
    acknowledgement: str = ""


class Attachment(_Node, frozen=True, kw_only=True):
    """A text as it is."""

    content_type: str
    content: str


class Detail(_Node, frozen=True, kw_only=True):
    """What a part of an expression stands for (1.7); ``url`` may lead to another place in the document."""

    license_identifier: str
    bom_ref: str = ""
    text: Attachment | None = None
    url: str = ""


class LicenseChoice(_Node, frozen=True, kw_only=True):
    """Either a license or an expression."""

    license: License | None = None
    expression: str = ""
    expression_details: tuple[Detail, ...] = ()
    acknowledgement: str = ""  # of the expression


class Method(_Node, frozen=True, kw_only=True):
    """How an identity was established; ``confidence`` is 0..1."""

    technique: str
    confidence: float
    value: str


class Identity(_Node, frozen=True, kw_only=True):
    """What stands behind one identifying field."""

    field: str
    methods: tuple[Method, ...]
    tools: tuple[str, ...] = ()  # bom-refs


class Place(_Node, frozen=True, kw_only=True):
    """One occurrence; ``line`` is 1-based, 0 = the whole file."""

    location: str
    line: int = 0
    additional_context: str = ""


class Copyright(_Node, frozen=True, kw_only=True):
    """One copyright statement as found."""

    text: str


class Evidence(_Node, frozen=True, kw_only=True):
    """Why a component is in the document."""

    identity: tuple[Identity, ...] | Identity = ()
    occurrences: tuple[Place, ...] = ()
    licenses: tuple[LicenseChoice, ...] = ()
    copyright: tuple[Copyright, ...] = ()


class Component(_Node, frozen=True, kw_only=True):
    """A component, a tool, an image or the product itself."""

    type: str
    bom_ref: str = ""
    supplier: Entity | None = None
    manufacturer: Entity | None = None
    name: str
    version: str = ""
    description: str = ""
    scope: str = ""
    hashes: tuple[Hash, ...] = ()
    licenses: tuple[LicenseChoice, ...] = ()
    copyright: str = ""
    cpe: str = ""
    purl: str = ""
    external_references: tuple[Reference, ...] = ()
    properties: tuple[Property, ...] = ()
    evidence: Evidence | None = None


class Lifecycle(_Node, frozen=True, kw_only=True):
    """The phase in which the document was made."""

    phase: str


class Tools(_Node, frozen=True, kw_only=True):
    """The programs that took part."""

    components: tuple[Component, ...]


class Metadata(_Node, frozen=True, kw_only=True):
    """What the document says of itself and of the product."""

    timestamp: str
    lifecycles: tuple[Lifecycle, ...]
    tools: Tools
    component: Component
    manufacturer: Entity | None = None
    supplier: Entity | None = None
    properties: tuple[Property, ...] = ()


class Dependency(_Node, frozen=True, kw_only=True):
    """The outgoing edges of one element; an empty ``depends_on`` is written: it means none."""

    ref: str
    depends_on: tuple[str, ...]


class Composition(_Node, frozen=True, kw_only=True):
    """How complete the parts and the edges of some elements are."""

    aggregate: str
    assemblies: tuple[str, ...]
    dependencies: tuple[str, ...]


class Annotator(_Node, frozen=True, kw_only=True):
    """Who annotates."""

    component: Component


class Annotation(_Node, frozen=True, kw_only=True):
    """A remark on some elements."""

    bom_ref: str = ""
    subjects: tuple[str, ...]
    annotator: Annotator
    timestamp: str
    text: str


class Document(_Node, frozen=True, kw_only=True):
    """The whole document."""

    schema: str = msgspec.field(name="$schema")
    bom_format: str
    spec_version: str
    serial_number: str = ""
    version: int
    metadata: Metadata
    components: tuple[Component, ...]
    dependencies: tuple[Dependency, ...]
    compositions: tuple[Composition, ...]
    annotations: tuple[Annotation, ...] = ()
