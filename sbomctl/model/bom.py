"""The one bill of materials of a product."""

from __future__ import annotations

from enum import Enum

import msgspec

from sbomctl.model.curation import CurationIssue
from sbomctl.model.files import Location
from sbomctl.model.image import Image, Product
from sbomctl.model.license import CopyrightStatement, LicenseFacts, LicenseFinding, ShippedText
from sbomctl.model.package import MANIFEST, SourceRef, State
from sbomctl.model.result import CodeCoverage, Problem, Reconciliation, Tool, UnownedFile


class ComponentType(Enum):
    """What a component is, in the words of CycloneDX where they exist."""

    APPLICATION = "application"
    LIBRARY = "library"
    OPERATING_SYSTEM = "operating-system"
    CONTAINER = "container"
    FIRMWARE = "firmware"
    FILE = "file"
    SOURCE = "source"  # a source package; nothing of it need be installed


class Occurrence(msgspec.Struct, frozen=True, omit_defaults=True):
    """One place where a component is present."""

    location: Location
    state: State = State.VISIBLE
    introduced_in: int = 0
    hidden_in: int | None = None
    found_by: tuple[str, ...] = ()  # sorted
    confidence: float = 1.0  # as in Package
    root: str = ""
    files: tuple[str, ...] = ()  # sorted paths, as in Package.files
    owns_directories: tuple[str, ...] = ()  # sorted, as in Package
    code_sha256: str = ""  # hex; as in Package

    @property
    def basis(self) -> str:
        """What says that it is there: the ``record`` of a database, a ``manifest``, or its files as ``evidence``."""
        if any(name.startswith(MANIFEST) for name in self.found_by):
            return "manifest"
        return "record" if self.confidence == 1 else "evidence"


class Component(msgspec.Struct, frozen=True, omit_defaults=True):
    """One package, identified across the product, with every place it occurs in.

    ``id`` is "c-" and the first 16 hex digits of the SHA-256 of its identity key: the same
    in every run. ``occurrences`` is sorted and empty only for source packages.
    """

    id: str
    purl: str
    name: str
    version: str
    type: ComponentType
    architecture: str = ""
    licenses: LicenseFacts = LicenseFacts()
    copyrights: tuple[CopyrightStatement, ...] = ()  # sorted, each text once
    texts: tuple[ShippedText, ...] = ()  # sorted
    source: SourceRef | None = None
    built_using: tuple[SourceRef, ...] = ()
    supplier: str = ""
    homepage: str = ""
    download_url: str = ""
    vcs_url: str = ""
    cpe: str = ""
    description: str = ""
    occurrences: tuple[Occurrence, ...] = ()


class RelationshipType(Enum):
    """How two elements of the product relate, named as in SPDX 2.3 section 11."""

    CONTAINS = "CONTAINS"
    DEPENDS_ON = "DEPENDS_ON"
    GENERATED_FROM = "GENERATED_FROM"
    DESCENDANT_OF = "DESCENDANT_OF"  # an image that stands on all layers of another


class Relationship(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """``source`` and ``target`` are component ids or image ids ("i-" + hex) or ``PRODUCT_ID``."""

    source: str
    type: RelationshipType
    target: str


PRODUCT_ID = "product"


class ImageFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """An image of the product and what the scan says of it as a whole."""

    id: str  # "i-" + first 16 hex digits of SHA-256 of image name and image id
    image: Image
    coverage: CodeCoverage = CodeCoverage()
    unowned: tuple[UnownedFile, ...] = ()
    notes: tuple[str, ...] = ()
    shared_layers: int = 0  # this many lowest layers are also the lowest of another image of the product
    shares_with: tuple[str, ...] = ()  # names of the images that share all of those, sorted
    licenses: tuple[LicenseFinding, ...] = ()  # in files that belong to no package
    reconciled: tuple[Reconciliation, ...] = ()  # sorted; of manifests that belong to it


class Bom(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything known of a product; it is the native document. All tuples are sorted.

    ``complete`` tells whether nothing had to be left out; every gap is in ``problems``.
    """

    product: Product
    images: tuple[ImageFacts, ...] = ()
    components: tuple[Component, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    problems: tuple[Problem, ...] = ()
    tools: tuple[Tool, ...] = ()
    license_texts: dict[str, str] = {}  # SHA-256 (hex) of the UTF-8 text -> text
    curation_issues: tuple[CurationIssue, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing had to be left out."""
        return not self.problems
