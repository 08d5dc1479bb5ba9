"""The SPDX 2.2 documents that Yocto 4.0 to 5.0 writes of an image, ``IMAGE.spdx.tar.zst`` (oe-core, create-spdx-2.2).

The image's document CONTAINS packages of other documents, a package is GENERATED_FROM a recipe of a third; they
refer to each other by namespace. The license stands with the package, the download only with the recipe.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import BinaryIO, ClassVar

import msgspec

from sbomctl.errors import CorruptInput
from sbomctl.sidecars._text import HINT, bounded, nothing_in
from sbomctl.sidecars.base import Fault, Listed, Sidecar

_INDEX = "index.json"
_LARGEST = 512 << 20  # bytes of one document; the largest known lists 10^5 files
_NOTHING = ("", "NOASSERTION")


class _Reference(msgspec.Struct, rename="camel", gc=False):
    reference_type: str = ""
    reference_locator: str = ""


class _Package(msgspec.Struct, rename="camel", gc=False):
    name: str = ""
    spdx_id: str = msgspec.field(default="", name="SPDXID")
    version_info: str = ""
    license_declared: str = ""
    download_location: str = ""
    homepage: str = ""
    summary: str = ""
    external_refs: list[_Reference] = []


class _Other(msgspec.Struct, rename="camel", gc=False):
    external_document_id: str = ""
    spdx_document: str = ""


class _Relationship(msgspec.Struct, rename="camel", gc=False):
    spdx_element_id: str = ""
    relationship_type: str = ""
    related_spdx_element: str = ""


class _Document(msgspec.Struct, rename="camel", gc=False):
    document_namespace: str = ""
    packages: list[_Package] = []
    external_document_refs: list[_Other] = []
    relationships: list[_Relationship] = []


class YoctoSpdx:
    """A tar of one SPDX 2.2 document for each package and recipe."""

    name: ClassVar[str] = "yocto-spdx"
    about: ClassVar[str] = "IMAGE.spdx.tar.zst of Yocto 4.0 to 5.0 (SPDX 2.2)"
    dialect: ClassVar[str] = "yocto"

    def accepts(self, name: str, head: bytes) -> bool:  # noqa: ARG002 - users rename it
        """Any tar."""
        return head[257:262] == b"ustar"

    def read(self, name: str, file: BinaryIO) -> Sidecar:
        """See ``SidecarReader``; packages sorted by name, for the relationships have no order."""
        known = _Documents()
        try:
            for document in _documents(name, file):
                known.add(document)
        except (tarfile.TarError, EOFError) as error:
            raise CorruptInput(f"{name} is no valid tar: {error}", HINT) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise CorruptInput(f"{name}: a document in it is no valid SPDX 2.2: {error}", HINT) from error
        packages = sorted(known.contained(), key=lambda one: (one.name, one.version))
        if not packages:
            raise nothing_in(name, "archive of SPDX documents")
        return Sidecar(name, self.name, tuple(packages), faults=bounded(sorted(known.faults)))


def _documents(name: str, file: BinaryIO) -> Iterator[_Document]:
    with tarfile.open(fileobj=file, mode="r|") as archive:
        for member in archive:
            if not member.isreg() or not member.name.endswith(".json") or member.name.endswith(_INDEX):
                continue
            if member.size > _LARGEST:
                raise CorruptInput(f"{name}: a document in it has more than {_LARGEST >> 20} MiB", HINT)
            stream = archive.extractfile(member)
            if stream is not None:
                yield msgspec.json.decode(stream.read(), type=_Document)
            archive.members = []  # type: ignore[attr-defined] # tarfile keeps all of them otherwise


class _Documents:
    """Packages by the namespace of their document and their id there, and the relationships that lead out of one."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._packages: dict[tuple[str, str], _Package] = {}
        self._contained: dict[tuple[str, str], str] = {}  # the place -> the reference as written
        self._recipes: dict[tuple[str, str], tuple[str, str]] = {}

    def add(self, document: _Document) -> None:
        """Keep what leads from package to package; the many files of a document are left."""
        own = document.document_namespace
        others = {one.external_document_id: one.spdx_document for one in document.external_document_refs}
        for package in document.packages:
            self._packages[own, package.spdx_id] = package
        for one in document.relationships:
            reference, colon, identifier = one.related_spdx_element.partition(":")
            if not colon:
                continue
            place = (others.get(reference, ""), identifier)
            if one.relationship_type == "CONTAINS":
                self._contained[place] = one.related_spdx_element
            elif one.relationship_type == "GENERATED_FROM":
                self._recipes.setdefault((own, one.spdx_element_id), place)

    def contained(self) -> Iterator[Listed]:
        """Every package that an image contains; one whose document is not there is a fault."""
        for place, reference in self._contained.items():
            package = self._packages.get(place)
            if package is None or not package.name:
                self.faults.append((0, f"the document of {reference[:100]} is not in it"))
            else:
                yield _listed(package, self._packages.get(self._recipes.get(place, ("", ""))))


def _listed(package: _Package, recipe: _Package | None) -> Listed:
    source = recipe or _Package()
    cpes = (
        one.reference_locator for one in (*package.external_refs, *source.external_refs) if "cpe" in one.reference_type
    )
    declared = package.license_declared
    return Listed(
        name=package.name,
        version=package.version_info,
        recipe=source.name,
        recipe_version=source.version_info,
        licenses=() if declared in _NOTHING else (declared,),
        download_url=_asserted(source.download_location),
        homepage=_asserted(package.homepage) or _asserted(source.homepage),
        cpe=next(cpes, ""),
        description=package.summary or source.summary,
    )


def _asserted(text: str) -> str:
    return "" if text in (*_NOTHING, "NONE") else text
