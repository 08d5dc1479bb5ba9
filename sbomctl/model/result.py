"""What a scan gives, and what it could not do."""

from __future__ import annotations

import msgspec

from sbomctl.model.files import Content, Location
from sbomctl.model.image import Image
from sbomctl.model.license import LicenseFinding
from sbomctl.model.package import Package


class Problem(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """Something that could not be read or agrees with nothing; it makes the result incomplete."""

    location: Location
    found_by: str
    reason: str


class UnownedFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """Code in an image that no package accounts for."""

    path: str
    layer: int
    content: Content
    size: int  # bytes
    sha256: str = ""  # hex
    hidden_in: int | None = None  # layer that hides it; None while visible
    replaces: tuple[str, ...] = ()  # packages whose file it took the place of without being recorded, sorted
    build_id: str = ""  # hex; the note of an ELF file by which builders find its debug symbols
    soname: str = ""  # what the dynamic linker calls a library


class CodeCoverage(msgspec.Struct, frozen=True, omit_defaults=True):
    """How much of the code in all layers of an image some package accounts for; sizes in bytes.

    Identified is what no package database records and what the files themselves are evidence of.
    """

    files: int = 0
    bytes: int = 0
    unowned_files: int = 0
    unowned_bytes: int = 0
    identified_files: int = 0
    identified_bytes: int = 0

    @property
    def shares(self) -> tuple[float, float, float]:
        """Percent of the bytes that databases own, that evidence identified, that nothing accounts for."""
        whole = self.bytes or 1
        known = (self.bytes - self.unowned_bytes - self.identified_bytes, self.identified_bytes, self.unowned_bytes)
        return (100 * known[0] / whole, 100 * known[1] / whole, 100 * known[2] / whole)


class Tool(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """A program or plugin that took part."""

    name: str  # as in ``found_by``
    version: str
    part_of: str = ""  # the program it is a plugin of; "" = a program of its own


class Reconciliation(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """What a manifest lists beside what is in the image; lists are sorted."""

    manifest: str  # its name; of one in the image its path
    found_by: str  # as in the findings that it gave
    listed: int  # packages
    confirmed: int = 0  # of these in the image too, with the same version
    differing: tuple[str, ...] = ()  # "NAME: VERSION listed, VERSION in the image"
    only_listed: tuple[str, ...] = ()  # "NAME VERSION"
    only_in_image: tuple[str, ...] = ()  # "NAME VERSION"
    build_tools: int = 0  # listed besides, but not shipped
    alone: bool = False  # the image has no package database: what only the manifest lists is taken for a component


class Inventory(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything found in one image."""

    image: Image
    packages: tuple[Package, ...] = ()
    licenses: tuple[LicenseFinding, ...] = ()  # in files that belong to no package
    problems: tuple[Problem, ...] = ()
    unowned: tuple[UnownedFile, ...] = ()  # sorted by path
    coverage: CodeCoverage = CodeCoverage()
    tools: tuple[Tool, ...] = ()  # catalogers and delegates that ran
    license_texts: dict[str, str] = {}  # SHA-256 (hex) of the UTF-8 text -> text
    notes: tuple[str, ...] = ()  # what the two engines found apart, for --engine both
    reconciled: tuple[Reconciliation, ...] = ()  # sorted
