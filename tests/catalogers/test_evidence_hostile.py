"""Files that no package owns are anybody's: whatever is in them, reading them ends soon and never fails."""

from __future__ import annotations

import gzip
import re
import struct

import pytest
from conftest import ends
from elf_files import elf
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.catalogers import EVIDENCE_CATALOGERS
from sbomctl.catalogers._banners import Kind, table
from sbomctl.catalogers._linux_image import read_image
from sbomctl.catalogers._unpacked import STREAMS, unpacked
from sbomctl.catalogers._whence import read_whence

BEGINNINGS = [
    b"", elf(), b"\xd0\x0d\xfe\xed" + bytes(36), b"Driver: x\nFile: y\nLicence:", b"Version: ${a}\na=${a}${a}",
    bytes(0x202) + b"HdrS", b"\x27\x05\x19\x56", b"Linux version 6.1.0 (a) b IKCFG_ST",
    *(magic for magic, _ in STREAMS),
]  # fmt: skip
PATHS = ["boot/vmlinuz", "lib/modules/6.1/x.ko", "lib/modules/6.1/x.ko.zst", "boot/config-6.1", "lib/firmware/WHENCE",
         "boot/a.dtb", "usr/lib/pkgconfig/a.pc", "boot/u-boot.bin", "bin/busybox"]  # fmt: skip


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=200), st.sampled_from(PATHS))
def test_no_content_makes_one_fail(beginning, rest, path):
    for cataloger in EVIDENCE_CATALOGERS:
        cataloger.read(path, beginning + rest)


@pytest.mark.parametrize("line", table(), ids=lambda line: f"{line.name}-{line.kind.value}")
def test_no_banner_costs_more_than_its_file_is_long(line):
    """Runs of what a pattern repeats, and of what it begins with: each is searched in linear time."""
    pattern = line.pattern.pattern.decode("latin-1")
    assert not re.match(r"\(?(\\d|\[[^]]*\]|\.|\\w)[+*]", pattern), "it begins with a repetition: quadratic"
    if line.kind in (Kind.NAME, Kind.PART):
        return
    begin = re.match(r"[A-Za-z0-9_ /%-]*", pattern)[0].encode() or line.needs
    with ends():
        for run in (b"1" * (1 << 20), b"1." * (1 << 19), (begin + b"1.1.1 ") * (1 << 15), (begin + b"1" * 999) * 1024):
            list(line.pattern.finditer(run))
            list(line.pattern.finditer(begin + run))


def test_what_is_compressed_is_read_within_bounds():
    bomb = gzip.compress(bytes(256 << 20))
    assert len(unpacked(bomb, 1 << 20)) == 1 << 20
    with ends():
        assert read_image(bytes(64) + bomb * 40) is None


def test_a_whence_that_names_a_million_files_is_cut():
    files = b"".join(b"File: %d\n" % number for number in range(60_000))
    assert read_whence(b"Driver: x\n" + files + b"Licence: Unknown\n") == ()


def test_a_device_tree_that_leads_outside_says_nothing():
    reader = next(one for one in EVIDENCE_CATALOGERS if one.name == "device-tree")
    blob = struct.pack(">10I", 0xD00DFEED, 100, 56, 0xFFFFFFF0, 40, 17, 16, 0, 0, 40) + bytes(16)
    blob += struct.pack(">IIIII", 1, 0, 3, 0xFFFFFFFF, 0xFFFFFFFF)
    assert reader.read("a.dtb", blob).compatible == ()
