"""ELF files: all word sizes and byte orders, and every lie that was seen in one."""

from __future__ import annotations

import struct
import subprocess
import tracemalloc
from pathlib import Path

import pytest
from conftest import tool
from elf_files import PT_LOAD, PT_NOTE, elf, library, note
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.catalogers._elf import read_elf

KINDS = [(wide, order) for wide in (True, False) for order in "<>"]


@pytest.mark.parametrize(("wide", "order"), KINDS)
def test_sections_notes_and_soname_in_every_form(wide, order):
    build_id = note(b"GNU", 3, b"\xab\xcd", order)
    found = read_elf(elf({".note.gnu.build-id": build_id, ".modinfo": b"license=GPL\0"}, wide=wide, order=order))
    assert found is not None
    assert found.section(b".modinfo") == b"license=GPL\0"
    assert found.section(b".modinf") is None
    assert [(one.owner, one.type, one.content) for one in found.notes()] == [(b"GNU", 3, b"\xab\xcd")]
    named = read_elf(library("libx.so.1", wide=wide, order=order))
    assert named is not None
    assert named.soname() == "libx.so.1"


def test_without_sections_the_notes_are_those_of_the_segments():
    found = read_elf(elf(segments=[(PT_LOAD, b"x"), (PT_NOTE, note(b"GNU", 3, b"\1\2"))]))
    assert found is not None
    assert [one.content for one in found.notes()] == [b"\1\2"]
    assert found.section(b"") is None


def test_a_name_without_an_end_is_none_and_a_note_that_is_too_long_is_passed():
    unnamed = read_elf(library("x" * 5000))
    assert unnamed is not None
    assert unnamed.soname() == ""
    notes = note(b"FDO", 1, bytes(1 << 17)) + note(b"GNU", 3, b"\1")
    found = read_elf(elf({".note.x": notes}))
    assert found is not None
    assert [(one.owner, one.content) for one in found.notes()] == [(b"GNU", b"\1")]


def test_a_dynamic_segment_outside_of_the_file_names_nothing():
    """As in debug files that were split off: the headers stay, the content does not."""
    data = bytearray(library("libx.so.1"))
    struct.pack_into("<Q", data, 64 + 56 + 8, 1 << 40)
    found = read_elf(bytes(data))
    assert found is not None
    assert found.soname() == ""


def test_section_headers_outside_of_the_file_are_left_out():
    data = elf({".modinfo": b"license=GPL\0"})
    assert read_elf(data[:-8]) is not None
    assert read_elf(data[:-8]).section(b".modinfo") is None


def test_sections_that_all_claim_the_whole_file_cost_no_memory():
    """A thousand copies of it: a small file could fill any machine."""
    data = bytearray(elf({f".note{number}": b"" for number in range(1000)}, body=bytes(1 << 20)))
    (table,) = struct.unpack_from("<Q", data, 40)
    for number in range(1, 1001):
        struct.pack_into("<QQ", data, table + 64 * number + 24, 0, len(data))
    tracemalloc.start()
    found = read_elf(bytes(data))
    assert found is not None
    for one in found.notes():
        assert one
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.section(b".note999") == data
    assert peak < 8 * len(data)


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"\x7fELF" + bytes(47), b"\x7fELF\2\1" + bytes(50), b"MZ" * 50])
def test_what_ends_within_the_header_is_none(data):
    assert read_elf(data) is None


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=12), st.sampled_from(KINDS))
def test_no_change_of_bytes_makes_it_fail(changes, kind):
    wide, order = kind
    data = bytearray(elf({".note.x": note(b"GNU", 3, b"\1", order)}, [(PT_LOAD, bytes(40))], wide=wide, order=order))
    for at, value in changes:
        data[at % len(data)] = value
    found = read_elf(bytes(data))
    if found is not None:
        list(found.notes())
        found.soname()


def test_a_real_library_says_what_readelf_says(tmp_path):
    """The C library of this machine or of its Python: whatever readelf prints."""
    listed = subprocess.run([tool("ldd"), "/bin/sh"], capture_output=True, text=True, check=True).stdout
    path = next(
        word for line in listed.splitlines() for word in line.split() if word.startswith("/") and "libc" in word
    )
    says = subprocess.run([tool("readelf"), "-W", "-d", "-n", path], capture_output=True, text=True, check=True).stdout
    found = read_elf(Path(path).read_bytes())
    assert found is not None
    assert f"[{found.soname()}]" in says
    [build_id] = [one.content.hex() for one in found.notes() if (one.owner, one.type) == (b"GNU", 3)]
    assert f"Build ID: {build_id}" in says
