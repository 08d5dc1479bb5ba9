"""The tar reader against what tar programs and the standard library write."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import os
import subprocess
import tarfile
import threading

import pytest
from conftest import layer, tar_of, tool
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.errors import CorruptInput, DigestMismatch, SbomctlError
from sbomctl.model import FileType
from sbomctl.sources._tar_header import headers
from sbomctl.sources.base import Limits
from sbomctl.sources.stream import blocks
from sbomctl.sources.tar import Window, normal_path


def read(data: bytes, **given) -> dict[str, tuple[FileType, bytes, str]]:
    members = layer(data, **given).members(Limits())
    return {
        m.path: (m.type, b"".join(m.chunks()) if m.type is FileType.REGULAR else b"", m.link_target) for m in members
    }


@pytest.mark.parametrize("fmt", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_agrees_with_the_standard_library(fmt):
    data = tar_of({"d": None, "d/f": b"x" * 700, "e": "", "l": ("sym", "d/f"), "h": ("hard", "d/f"), "é": "1"}, fmt=fmt)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        expected = {m.name: tar.extractfile(m).read() for m in tar if m.isreg()}
    found = read(data)
    assert {path: content for path, (kind, content, _) in found.items() if kind is FileType.REGULAR} == expected
    assert found["l"][2] == found["h"][2] == "d/f"


@pytest.mark.parametrize(
    "sparse", ["--format=gnu", "--sparse-version=0.0", "--sparse-version=0.1", "--sparse-version=1.0"]
)
def test_sparse_files_as_gnu_tar_writes_them(tmp_path, sparse):
    holes = tmp_path / "holes"
    with holes.open("wb") as file:
        for place in range(0, 60 << 16, 1 << 16):  # enough pieces for extended header blocks
            file.seek(place)
            file.write(b"data" * 1024)
        file.truncate(64 << 16)
    (tmp_path / "after").write_text("next")
    form = [sparse] if sparse == "--format=gnu" else ["--format=posix", sparse]
    command = [tool("tar"), *form, "--sparse", "-cf", "-", "-C", str(tmp_path), "holes", "after"]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    assert len(data) < 2 << 20, "tar found no holes to leave out"
    found = read(data)
    assert found["holes"][1] == holes.read_bytes()
    assert found["after"][1] == b"next"


def test_a_sparse_file_may_not_claim_the_moon():
    header = tarfile.TarInfo("moon")
    header.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.map": "0,4", "GNU.sparse.size": str(1 << 60)}
    header.size = 4
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(header, io.BytesIO(b"data"))
    [member] = layer(buffer.getvalue()).members(Limits())
    assert member.size == 0
    assert "sparse" in member.fault


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, lzma.compress, lambda d: gzip.compress(d[:1000]) + gzip.compress(d[1000:])],
    ids=["gzip", "xz", "two gzip members"],
)
def test_compressed_layers_prove_both_digests(pack):
    plain = tar_of({"a": os.urandom(3 << 20)})
    packed = pack(plain)
    sums = {"diff_id": hashlib.sha256(plain).hexdigest(), "digest": hashlib.sha256(packed).hexdigest()}
    promised = {key: f"sha256:{value}" for key, value in sums.items()}
    assert len(read(packed, **promised)["a"][1]) == 3 << 20
    for key in promised:
        with pytest.raises(DigestMismatch, match="sha256:"):
            read(packed, **{**promised, key: "sha256:" + "0" * 64})


@given(st.binary(max_size=3000), st.integers(1, 2000), st.integers(0, 40))
def test_gzip_members_are_joined_and_every_flipped_bit_is_noticed(data, cut, place):
    packed = gzip.compress(data[:cut]) + bytes(7) + gzip.compress(data[cut:]) + bytes(512)
    assert b"".join(blocks(io.BytesIO(packed), "x", 1 << 20)) == data
    at = len(packed) - 512 - 1 - place % 8  # checksum and length of the last member
    damaged = packed[:at] + bytes([packed[at] ^ 1]) + packed[at + 1 :]
    with pytest.raises(CorruptInput):
        b"".join(blocks(io.BytesIO(damaged), "x", 1 << 20))
    with pytest.raises(CorruptInput, match="garbage"):
        b"".join(blocks(io.BytesIO(packed + b"tail"), "x", 1 << 20))


def test_every_truncation_is_noticed():
    plain = tar_of({"a": b"x" * 600, "b": b"y" * 600})
    for cut in (100, 512, 700, 1535, 1536 + 100, 2048 + 10):
        if cut % 1536:
            with pytest.raises(CorruptInput):
                read(plain[:cut])
    packed = gzip.compress(plain)
    for cut in (5, 20, len(packed) - 9, len(packed) - 1):
        with pytest.raises(CorruptInput):
            read(packed[:cut])


def test_a_bomb_ends_at_the_limit():
    bomb = gzip.compress(tar_of({"zeros": bytes(8 << 20)}))
    with pytest.raises(CorruptInput, match="1,048,576 bytes when uncompressed"):
        list(layer(bomb).members(Limits(layer_bytes=1 << 20)))
    with pytest.raises(CorruptInput, match="more than 2 entries"):
        list(layer(tar_of({"a": "", "b": "", "c": ""})).members(Limits(members=2)))


def test_no_thread_outlives_a_reading_that_is_given_up():
    before = threading.active_count()
    members = layer(tar_of({"a": os.urandom(32 << 20), "b": ""})).members(Limits())
    next(members)
    members.close()
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("raw", "path", "climbs"),
    [
        (b"./usr/bin/x", "usr/bin/x", False),
        (b"/etc/passwd", "etc/passwd", False),
        (b"../../etc/passwd", "etc/passwd", True),
        (b"a/../../b", "b", True),
        (b"a//b/./c/", "a/b/c", False),
        (b"./", "", False),
        (b"/", "", False),
        (b"..", "", True),
        (b".hidden", ".hidden", False),
        (b"a/..b", "a/..b", False),
    ],
)
def test_paths_stay_inside_the_root(raw, path, climbs):
    assert normal_path(raw) == (path, normal_path(raw)[1])
    assert bool(normal_path(raw)[1]) is climbs


@given(st.binary(max_size=4096), st.integers(0, 4000), st.binary(min_size=1, max_size=40))
def test_damage_is_one_clear_error_or_harmless(tail, place, damage):
    data = bytearray(tar_of({"a/b": "content", "l": ("sym", "a/b"), "é" * 80: b"x" * 600}) + tail)
    data[place : place + len(damage)] = damage
    try:
        read(bytes(data))
    except SbomctlError as error:
        assert error.hint


def header(name: bytes, size: bytes = b"%011o" % 0, kind: bytes = b"0") -> bytes:
    """One header block, with fields that no archiver would write."""
    block = bytearray(512)
    block[: len(name)] = name
    block[100:107], block[124 : 124 + len(size)], block[156:157], block[257:265] = (
        b"0000644",
        size,
        kind,
        b"ustar\x0000",
    )
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def pax(kind: bytes = b"x", **records: str) -> bytes:
    """A pax header with these records; ``__`` stands for a dot."""
    body = b""
    for key, value in records.items():
        record = f" {key.replace('__', '.')}={value}\n".encode()
        length = len(record) + 1
        while len(str(length)) + len(record) != length:
            length = len(str(length)) + len(record)
        body += str(length).encode() + record
    return header(b"pax", b"%011o" % len(body), kind) + body + bytes(-len(body) % 512)


END = bytes(1024)


@pytest.mark.parametrize("size", [b"-0000001000", b"0_000000010", b"0o000000010", b"+0000000010", b"9"])
def test_sizes_are_octal_and_nothing_else(size):
    with pytest.raises(CorruptInput, match="malformed number"):
        read(header(b"a", size) + END)


def test_what_is_of_an_unknown_type_is_reported():
    [member, after] = layer(header(b"a", b"%011o" % 5, b"Q") + bytes(512) + header(b"b") + END).members(Limits())
    assert (member.path, member.type, after.path) == ("a", FileType.OTHER, "b")
    assert "unknown type 'Q'" in member.fault
    [label] = layer(header(b"Backup", kind=b"V") + END).members(Limits())
    assert not label.fault


def test_what_lies_behind_a_lone_block_of_zeros_is_not_passed_over():
    with pytest.raises(CorruptInput, match="a block of zeros, then more"):
        read(header(b"a") + bytes(512) + header(b"b") + END)
    assert list(read(header(b"a") + END + header(b"b"))) == ["a"]  # behind the end mark nobody looks


def test_an_archive_without_end_mark_counts_only_when_its_digest_is_promised():
    data = header(b"a")
    with pytest.raises(CorruptInput, match="end mark") as caught:
        read(data)
    assert "truncated" in caught.value.hint
    assert list(read(data, diff_id="sha256:" + hashlib.sha256(data).hexdigest())) == ["a"]
    assert list(read(data + bytes(512))) == ["a"]


def test_global_pax_headers_rename_nothing():
    assert list(read(pax(b"g", path="x", comment="1") + header(b"a") + header(b"b") + END)) == ["a", "b"]


def test_pax_records_that_are_not_used_are_not_kept():
    window = Window(
        iter([b"".join(pax(**{f"k{n}": "v"}) for n in range(100)) + pax(path="p") + header(b"a") + END]), "x"
    )
    [found] = headers(window, "x")
    assert (found.name, found.sparse) == (b"p", {})


@pytest.mark.parametrize("lines", ["1000000\n" + "1" * 4_000_000, "-5\n", "1\n0\n", "x\n", "99999999\n"])
def test_a_malformed_sparse_map_is_an_error_at_once(lines):
    body = lines.encode()
    records = {"GNU__sparse__major": "1", "GNU__sparse__minor": "0", "GNU__sparse__realsize": "10"}
    stored = header(b"f", b"%011o" % len(body)) + body + bytes(-len(body) % 512)
    with pytest.raises(CorruptInput):
        read(pax(**records) + stored + END)


def test_sparse_files_count_with_their_holes():
    bomb = pax(GNU__sparse__map="0,4", GNU__sparse__size=str(1 << 20)) + header(b"f", b"%011o" % 4) + bytes(512)
    with pytest.raises(CorruptInput, match="bytes when uncompressed"):
        list(layer(bomb * 5 + END).members(Limits(layer_bytes=4 << 20)))


def test_many_small_gzip_members_are_joined():
    data = tar_of({"a": "1", "b": os.urandom(5000)})
    packed = b"".join(gzip.compress(data[at : at + 7]) for at in range(0, len(data), 7))
    assert b"".join(blocks(io.BytesIO(packed + bytes(10_000)), "x", 1 << 20)) == data
