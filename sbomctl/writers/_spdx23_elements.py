"""The elements of an SPDX 2.3 document, named as in its JSON schema; "" or () = absent."""

from __future__ import annotations

import msgspec

DOCUMENT_ID = "SPDXRef-DOCUMENT"
NOASSERTION = "NOASSERTION"


class CreationInfo(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Who made the document, when and how (SPDX 2.3 section 6)."""

    created: str
    creators: tuple[str, ...]
    license_list_version: str
    comment: str = ""


class Annotation(msgspec.Struct, frozen=True, rename="camel"):
    """A remark about an element (section 12)."""

    annotator: str
    annotation_date: str
    comment: str
    annotation_type: str = "OTHER"


class ExtractedLicensingInfo(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """A license that is not on the SPDX list (section 10)."""

    license_id: str
    extracted_text: str
    name: str
    see_alsos: tuple[str, ...] = ()
    comment: str = ""


class Checksum(msgspec.Struct, frozen=True, rename="camel"):
    """A checksum of the package as it is distributed (section 7.10)."""

    algorithm: str
    checksum_value: str


class ExternalRef(msgspec.Struct, frozen=True, rename="camel"):
    """An identifier in another system (section 7.21)."""

    reference_category: str
    reference_type: str
    reference_locator: str


class Package(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """A package, an image, a product or a single file (section 7)."""

    name: str
    spdx_id: str = msgspec.field(name="SPDXID")
    version_info: str = ""
    package_file_name: str = ""
    supplier: str = ""
    download_location: str = ""
    files_analyzed: bool = True  # section 7.8: absent means true
    checksums: tuple[Checksum, ...] = ()
    homepage: str = ""
    source_info: str = ""
    license_concluded: str = ""
    license_declared: str = ""
    license_comments: str = ""
    copyright_text: str = ""
    attribution_texts: tuple[str, ...] = ()
    description: str = ""
    comment: str = ""
    external_refs: tuple[ExternalRef, ...] = ()
    primary_package_purpose: str = ""  # as in the JSON schema; tag-value has "-" for "_"
    annotations: tuple[Annotation, ...] = ()


class Relationship(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """How two elements relate (section 11)."""

    spdx_element_id: str
    relationship_type: str
    related_spdx_element: str


class Head(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """The document itself without the elements that are streamed after it."""

    spdx_version: str = msgspec.field()
    data_license: str = msgspec.field()
    spdx_id: str = msgspec.field(name="SPDXID")
    name: str
    document_namespace: str
    creation_info: CreationInfo
    comment: str = ""
    has_extracted_licensing_infos: tuple[ExtractedLicensingInfo, ...] = ()
    annotations: tuple[Annotation, ...] = ()
