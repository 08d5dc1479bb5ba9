"""What a banner proves, and what it does not."""

from __future__ import annotations

import json

import pytest
from elf_files import elf, note

from sbomctl.catalogers.base import Sighting
from sbomctl.catalogers.binaries import BinariesCataloger
from sbomctl.catalogers.elf_notes import ElfNotesCataloger
from sbomctl.model import Location, Package

DEFLATE = b" deflate %s Copyright 1995-2022 Jean-loup Gailly and Mark Adler \0"
INFLATE = b" inflate %s Copyright 1995-2017 Mark Adler \0"


def packages(cataloger, files: dict[str, bytes]) -> list[Package]:
    facts = {path: cataloger.read(path, data) for path, data in files.items()}
    seen = [Sighting(Location("image", 0, path), 1, found) for path, found in sorted(facts.items()) if found]
    return list(cataloger.catalog(seen))


def binaries(files: dict[str, bytes]) -> list[tuple[str, str, tuple[str, ...]]]:
    found = packages(BinariesCataloger(), {path: elf(body=data) for path, data in files.items()})
    return [(one.name, one.version, one.files) for one in found]


def test_a_version_is_a_string_of_its_own_where_the_line_says_so():
    assert binaries({"bin/ls": b"GNU coreutils\x009.1\0"}) == [("coreutils", "9.1", ("bin/ls",))]
    assert binaries({"bin/ls": b"GNU coreutils\0since 9.1\0"}) == []
    assert binaries({"bin/ls": b"GNU coreutils\x009.1 and later\0"}) == []


def test_a_part_of_a_program_is_no_sign_that_the_program_is_there():
    engine = {"usr/lib/engines-3/afalg.so": b""}
    assert binaries(engine) == []
    assert binaries(engine | {"usr/lib/libcrypto.so.3": b"OpenSSL 3.0.2 15 Mar 2022\0"}) == [
        ("openssl", "3.0.2", ("usr/lib/engines-3/afalg.so", "usr/lib/libcrypto.so.3"))
    ]


def test_of_two_versions_in_one_file_none_is_taken_and_it_is_less_sure():
    (zlib,) = packages(BinariesCataloger(), {"lib/libz.so.1": elf(body=DEFLATE % b"1.2.13" + DEFLATE % b"1.3.1")})
    assert (zlib.version, zlib.confidence) == ("", 0.784)
    (zlib,) = packages(BinariesCataloger(), {"lib/libz.so.1": elf(body=DEFLATE % b"1.2.13")})
    assert (zlib.version, zlib.confidence) == ("1.2.13", 0.98)


def test_a_copy_inside_of_a_program_does_not_tell_the_version_of_the_library_beside_it():
    library = {"lib/libz.so.1": DEFLATE % b"1.2.13" + DEFLATE % b"1.3.1"}
    assert binaries(library | {"bin/agent": INFLATE % b"1.2.11"}) == [
        ("zlib", "", ("lib/libz.so.1",)), ("zlib", "1.2.11", ())
    ]  # fmt: skip
    assert binaries(library | {"opt/libz.so.1": DEFLATE % b"1.3.1"}) == [
        ("zlib", "1.3.1", ("lib/libz.so.1", "opt/libz.so.1"))
    ]


def noted(**fields: object) -> list[tuple[str, str]]:
    said = note(b"FDO", 0xCAFE1A7E, json.dumps({"type": "deb", "os": "debian", **fields}).encode() + b"\0")
    found = packages(ElfNotesCataloger(), {"bin/agent": elf({".note.package": said})})
    return [(one.purl, one.version) for one in found]


@pytest.mark.parametrize("field", ["name", "version", "architecture", "os"])
@pytest.mark.parametrize("value", ["a\x1b[31m", "a\nb", "\u202ea", "a" * 257])
def test_a_note_that_cannot_be_right_names_nothing(field, value):
    """Whoever builds a file writes into it what they like."""
    fields = {"name": "agent", "version": "1.0-1"}
    assert noted(**fields) == [("pkg:deb/debian/agent@1.0-1?distro=debian", "1.0-1")]
    assert noted(**fields | {field: value}) == []


def test_a_build_id_has_no_more_than_64_bytes():
    def marks(length: int):
        return ElfNotesCataloger().read("x", elf({".note.gnu.build-id": note(b"GNU", 3, b"\xab" * length)}))

    assert marks(64).marks.build_id == "ab" * 64
    assert marks(65) is None
