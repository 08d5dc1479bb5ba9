"""What detectors and dialects are and what they give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

import msgspec

from sbomctl.model import Expression, OsRelease
from sbomctl.model.license_file import FileLicenses, Statement

__all__ = ["Context", "Declaration", "Declared", "Dialect", "FileLicenses", "LicenseDetector", "Reading", "Statement"]


class LicenseDetector(Protocol):
    """Reads one kind of file. Pure: the same bytes under the same name give the same result, so it is cacheable.

    ``wants`` are patterns as in ``layers.patterns``; a larger file than ``max_bytes`` is not read, and the scan
    records that. ``version`` goes up whenever a result may change.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    about: ClassVar[str]
    wants: ClassVar[tuple[str, ...]]
    max_bytes: ClassVar[int]

    def read(self, path: str, data: bytes) -> FileLicenses | None:
        """What the file says; None when it is not of this detector's kind and the next one is to be asked."""
        ...


class Reading(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one declared string means: ``expression`` is canonical, "" where nothing can be said.

    ``candidates`` are what it may mean where the ecosystem uses the name for several licenses.
    """

    expression: Expression = Expression("")
    candidates: tuple[str, ...] = ()
    remark: str = ""  # why it is uncertain, for people


class Declaration(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a package's declared strings mean, one reading for each in their order, and all of them together."""

    readings: tuple[Reading, ...] = ()
    expression: Expression = Expression("")  # canonical; "" where nothing can be said


class Declared(msgspec.Struct, frozen=True, omit_defaults=True):
    """One declared string as a cataloger read it, and the field it is from ("" = the usual one)."""

    raw: str
    field: str = ""


class Context(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose strings these are: what local license names are scoped to, and the system around."""

    scope: tuple[str, ...] = ()  # parts of a LicenseRef for a name that only this package gives a meaning
    os: OsRelease | None = None


class Dialect(Protocol):
    """How one ecosystem writes licenses. Pure, linear in the text, never raises."""

    name: ClassVar[str]
    about: ClassVar[str]

    def declare(self, strings: Sequence[Declared], context: Context) -> Declaration:
        """What ``strings`` of one package mean; no string is lost: what cannot be mapped is a reading that says so."""
        ...
