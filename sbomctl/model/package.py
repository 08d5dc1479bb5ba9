"""Packages as one cataloger saw them in one image."""

from __future__ import annotations

from enum import Enum

import msgspec

from sbomctl.model.files import Location
from sbomctl.model.license import CopyrightStatement, Expression, LicenseFinding, ShippedText


class State(Enum):
    """Whether the running system sees a package; hidden ones are distributed all the same."""

    VISIBLE = "visible"
    SHADOWED = "shadowed"  # another version lies above
    DELETED = "deleted"


class SourceRef(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """The source package that something was built from; "" = not stated, never guessed."""

    name: str
    version: str = ""
    purl: str = ""
    url: str = ""
    digest: str = ""
    relation: str = "source"  # source | built-using | static-built-using


MANIFEST = "manifest:"
"""What ``found_by`` starts with where a manifest of the build says it; the name of its reader follows."""


class Package(msgspec.Struct, frozen=True, omit_defaults=True):
    """One installed package, its facts as the database states them; "" or () = not stated."""

    name: str  # as the database spells it
    version: str
    purl: str  # canonical
    location: Location  # the record itself
    found_by: str  # cataloger name
    architecture: str = ""
    confidence: float = 1.0  # 0..1 that it is there: 1.0 = a record says so, less = only a manifest or its files do
    root: str = ""  # where it is installed, for ecosystems that install many copies (npm, Python); else ""
    source: SourceRef | None = None
    built_using: tuple[SourceRef, ...] = ()  # further sources whose code is inside
    licenses: tuple[LicenseFinding, ...] = ()
    license_files: tuple[str, ...] = ()  # where more of its license files lie: paths, or directories ending in "/"
    declared: Expression = Expression("")  # what its statements come to, canonical; filled by the engine
    detected: Expression = Expression("")  # what its license texts come to, canonical; filled by the engine
    copyrights: tuple[CopyrightStatement, ...] = ()  # filled by the engine
    texts: tuple[ShippedText, ...] = ()  # filled by the engine
    supplier: str = ""
    homepage: str = ""
    download_url: str = ""
    vcs_url: str = ""  # repository of the source code
    cpe: str = ""  # name in the CPE dictionary, in either binding and mostly without a version
    description: str = ""  # one line
    depends_on: tuple[str, ...] = ()  # capability names; alternatives joined by "|"
    provides: tuple[str, ...] = ()  # capability names others may depend on, besides its own name
    files: tuple[str, ...] = ()  # paths it claims to own, without leading slash, as the database spells them
    owns_directories: tuple[str, ...] = ()  # it owns everything below these
    code_sha256: str = ""  # hex, over the code among its visible files; "" = none; filled by the engine
    state: State = State.VISIBLE
    introduced_in: int = -1  # layer since which it is present without a gap; filled by the engine
    hidden_in: int | None = None  # layer that hid it; None while visible; filled by the engine
