"""Package metadata that the build left in programs: ``.note.package`` (systemd, "Package Metadata for ELF Files").

Beside it the build-id and the name of a library: no package, but what an auditor asks a builder for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from sbomctl.catalogers._elf import Elf, read_elf
from sbomctl.catalogers._evidence import generic
from sbomctl.catalogers._purl import purl
from sbomctl.catalogers.base import PROGRAMS, Excerpt, Marks, Sighting
from sbomctl.model import Package

_GNU_BUILD_ID = (b"GNU", 3)
_FDO_PACKAGE = (b"FDO", 0xCAFE1A7E)
_PURL_TYPES = {"deb": "deb", "rpm": "rpm", "apk": "apk", "alpm": "alpm"}  # types whose namespace is the distribution
_CONFIDENCE = 0.95
_LONGEST = 256  # characters of a field that can be right


class Metadata(NamedTuple):
    """The fields of the note, as written; "" = not stated."""

    kind: str
    name: str
    version: str
    architecture: str
    os: str
    os_version: str
    cpe: str


class Notes(NamedTuple):
    """What the notes of a file say."""

    marks: Marks
    metadata: Metadata | None


class ElfNotesCataloger:
    """Packages that the notes of their own files name."""

    name: ClassVar[str] = "elf-notes"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "packages that are named in the notes of their programs (.note.package)"
    wants: ClassVar[Excerpt] = Excerpt(code=PROGRAMS)

    def read(self, path: str, data: bytes) -> Notes | None:  # noqa: ARG002 - the notes say it all
        """The notes of the file; None where there are none."""
        elf = read_elf(data)
        if elf is None:
            return None
        build_id, metadata = "", None
        for note in elf.notes():
            if (note.owner, note.type) == _GNU_BUILD_ID and len(note.content) <= 64:
                build_id = note.content.hex()
            elif (note.owner, note.type) == _FDO_PACKAGE:
                metadata = metadata or _metadata(note.content)
        return _found(elf, build_id, metadata)

    def catalog(self, seen: Sequence[Sighting]) -> Iterator[Package]:
        """Each package that notes name, with the files whose notes do."""
        groups: dict[Metadata, list[Sighting]] = {}
        for one in seen:
            if one.facts.metadata:
                groups.setdefault(one.facts.metadata, []).append(one)
        for metadata, files in sorted(groups.items()):
            yield _package(metadata, files)


def _found(elf: Elf, build_id: str, metadata: Metadata | None) -> Notes | None:
    soname = elf.soname()[:_LONGEST]
    return Notes(Marks(build_id, soname), metadata) if build_id or soname or metadata else None


def _metadata(content: bytes) -> Metadata | None:
    try:
        fields = json.loads(content.rstrip(b"\0"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    keys = ("type", "name", "version", "architecture", "os", "osVersion", "osCpe")
    values = [value if isinstance(value := fields.get(key), str) else "" for key in keys]
    good = values[1] and all(len(value) <= _LONGEST and value.isprintable() for value in values)
    return Metadata(*values) if good else None


def _package(said: Metadata, files: Sequence[Sighting]) -> Package:
    if said.kind not in _PURL_TYPES:
        return generic(said.name, said.version, files, ElfNotesCataloger.name, _CONFIDENCE)
    distro = f"{said.os}-{said.os_version}" if said.os and said.os_version else said.os
    qualifiers = {"arch": said.architecture, "distro": distro}
    return Package(
        name=said.name,
        version=said.version,
        purl=purl(_PURL_TYPES[said.kind], said.os.lower(), said.name, said.version, qualifiers),
        location=files[0].location,
        found_by=ElfNotesCataloger.name,
        confidence=_CONFIDENCE,
        architecture=said.architecture,
        files=tuple([one.path for one in files]),
    )
