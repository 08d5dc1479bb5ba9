"""SPDX 2.3 as tag-value: one ``Tag: value`` a line.

Free text stands between ``<text>`` and ``</text>``. The format has no way to write those
two inside a value; there they become ``&lt;text>`` and ``&lt;/text>``. Nor can it say that
a name or version happens to be spelled like a keyword, an agent or a date, by which readers
tell values apart; such a one gets quotation marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO, ClassVar

from sbomctl.model import Bom
from sbomctl.writers._line_stream import write_lines
from sbomctl.writers._spdx23 import Spdx23Document
from sbomctl.writers._spdx23_elements import DOCUMENT_ID, NOASSERTION, Annotation, ExtractedLicensingInfo, Head, Package
from sbomctl.writers.base import WriteContext

_MISREAD = re.compile(r"(?:NONE|NOASSERTION)$|(?:Tool|Organization|Person):|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z")


class SpdxTagValueWriter:
    """SPDX 2.3, the same document as the JSON writer's."""

    format: ClassVar[str] = "spdx-tag-value"
    versions: ClassVar[tuple[str, ...]] = ("2.3",)
    media_type: ClassVar[str] = "text/spdx"
    suffix: ClassVar[str] = ".spdx"
    about: ClassVar[str] = "SPDX 2.3 tag-value text"

    def write(self, bom: Bom, out: BinaryIO, context: WriteContext) -> None:
        """Write the whole document to ``out``."""
        write_lines(out, _document(Spdx23Document(bom, context)))


def _document(document: Spdx23Document) -> Iterator[str]:
    head = document.head()
    yield from _head(head)
    for package in document.packages():
        yield from _package(package)
    yield ""
    for each in document.relationships():
        yield f"Relationship: {each.spdx_element_id} {each.relationship_type} {each.related_spdx_element}"
    yield from chain.from_iterable(map(_license, head.has_extracted_licensing_infos))


def _head(head: Head) -> Iterator[str]:
    making = head.creation_info
    yield f"SPDXVersion: {head.spdx_version}"
    yield f"DataLicense: {head.data_license}"
    yield f"SPDXID: {head.spdx_id}"
    yield f"DocumentName: {_name(head.name)}"
    yield f"DocumentNamespace: {head.document_namespace}"
    yield from _text("DocumentComment", head.comment)
    yield f"LicenseListVersion: {making.license_list_version}"
    for creator in making.creators:
        yield f"Creator: {_safe(creator)}"
    yield f"Created: {making.created}"
    yield from _text("CreatorComment", making.comment)
    yield from _annotations(DOCUMENT_ID, head.annotations)


def _package(package: Package) -> Iterator[str]:
    yield ""
    yield f"PackageName: {_name(package.name)}"
    yield f"SPDXID: {package.spdx_id}"
    yield from _line("PackageVersion", _name(package.version_info))
    yield from _line("PackageFileName", package.package_file_name)
    yield from _line("PackageSupplier", package.supplier)
    yield from _line("PackageDownloadLocation", package.download_location)
    yield f"FilesAnalyzed: {str(package.files_analyzed).lower()}"
    for checksum in package.checksums:
        yield f"PackageChecksum: {checksum.algorithm}: {checksum.checksum_value}"
    yield from _line("PackageHomePage", package.homepage)
    yield from _text("PackageSourceInfo", package.source_info)
    yield f"PackageLicenseConcluded: {package.license_concluded}"
    yield f"PackageLicenseDeclared: {package.license_declared}"
    yield from _text("PackageLicenseComments", package.license_comments)
    yield from _text("PackageCopyrightText", package.copyright_text)
    for text in package.attribution_texts:
        yield from _text("PackageAttributionText", text)
    yield from _text("PackageDescription", package.description)
    yield from _text("PackageComment", package.comment)
    for ref in package.external_refs:
        yield f"ExternalRef: {ref.reference_category} {ref.reference_type} {ref.reference_locator}"
    yield from _line("PrimaryPackagePurpose", package.primary_package_purpose.replace("_", "-"))
    yield from _annotations(package.spdx_id, package.annotations)


def _annotations(element: str, annotations: Iterable[Annotation]) -> Iterator[str]:
    for each in annotations:
        yield f"Annotator: {_safe(each.annotator)}"
        yield f"AnnotationDate: {each.annotation_date}"
        yield f"AnnotationType: {each.annotation_type}"
        yield f"SPDXREF: {element}"
        yield from _text("AnnotationComment", each.comment)


def _license(info: ExtractedLicensingInfo) -> Iterator[str]:
    yield ""
    yield f"LicenseID: {info.license_id}"
    yield from _text("ExtractedText", info.extracted_text)
    yield f"LicenseName: {_safe(info.name)}"
    for link in info.see_alsos:
        yield f"LicenseCrossReference: {link}"
    yield from _text("LicenseComment", info.comment)


def _line(tag: str, value: str) -> Iterator[str]:
    if value:
        yield f"{tag}: {_safe(value)}"


def _text(tag: str, value: str) -> Iterator[str]:
    if value == NOASSERTION:
        yield f"{tag}: {value}"
    elif value:
        yield f"{tag}: <text>{_safe(value)}</text>"


def _name(value: str) -> str:
    return f'"{_safe(value)}"' if _MISREAD.match(value) else _safe(value)


def _safe(value: str) -> str:
    return value.replace("<text>", "&lt;text>").replace("</text>", "&lt;/text>")
