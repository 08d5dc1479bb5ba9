"""Partition tables as sfdisk writes them, and broken ones; containers of disks."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest
from conftest import tool
from trees import MIB, make, sized

from sbomctl.filesystems.base import Damaged, Unreadable
from sbomctl.filesystems.blob import FileBlob, Held, Slice
from sbomctl.filesystems.containers import opened_container
from sbomctl.filesystems.partitions import partition_table
from sbomctl.filesystems.qcow2 import Qcow2

GPT = "label: gpt\nname=boot,start=2048,size=4096,type=U\nname=rootA,size=4096\nname=rootB,size=4096\n"
MBR = """label: dos
label-id: 0x6c586e13
start=2048,size=4096,type=c
size=2048,type=83
type=f
size=2048,type=83
size=1024,type=82
"""


def disk(path: Path, script: str, size: int = 16 * MIB) -> bytearray:
    sized(path, size)
    subprocess.run([tool("sfdisk"), "-q", path], input=script.encode(), check=True, capture_output=True)
    return bytearray(path.read_bytes())


@pytest.fixture
def gpt(tmp_path) -> bytearray:
    return disk(tmp_path / "gpt", GPT)


@pytest.fixture
def mbr(tmp_path) -> bytearray:
    return disk(tmp_path / "mbr", MBR)


def test_gpt(gpt):
    table = partition_table(Held(bytes(gpt)))
    assert (table.kind, table.faults) == ("GPT", ())
    assert [(p.number, p.start, p.size, p.type, p.name) for p in table.partitions] == [
        (1, 1 * MIB, 2 * MIB, "EFI system", "boot"),
        (2, 3 * MIB, 2 * MIB, "Linux", "rootA"),
        (3, 5 * MIB, 2 * MIB, "Linux", "rootB"),
    ]


def test_gpt_whose_first_copy_is_damaged(gpt):
    expected = partition_table(Held(bytes(gpt))).partitions
    gpt[1024 + 40] ^= 1
    table = partition_table(Held(bytes(gpt)))
    assert table.partitions == expected
    assert "checksum of its entries" in table.faults[0]
    gpt[512:1024] = bytes(512)
    assert "first copy of the GPT is missing" in partition_table(Held(bytes(gpt))).faults[0]


def test_gpt_whose_copies_are_both_damaged(gpt):
    gpt[512 + 24] ^= 1
    gpt[-512 + 24] ^= 1
    with pytest.raises(Damaged, match="checksum of its header"):
        partition_table(Held(bytes(gpt)))
    gpt[512:1024] = gpt[-512:] = bytes(512)
    with pytest.raises(Damaged, match="both copies of it are missing"):
        partition_table(Held(bytes(gpt)))


def test_an_image_without_its_end(gpt):
    table = partition_table(Held(bytes(gpt[: 4 * MIB])))
    assert [p.name for p in table.partitions] == ["boot", "rootA", "rootB"]
    assert len(table.faults) == 2
    assert "partition 3 ends at byte 7,340,032, the image at 4,194,304" in table.faults


def test_mbr_with_logical_partitions(mbr):
    table = partition_table(Held(bytes(mbr)))
    assert (table.kind, table.faults) == ("MBR", ())
    assert [(p.number, p.type, p.uuid) for p in table.partitions] == [
        (1, "FAT32 LBA", "6c586e13-01"),
        (2, "Linux", "6c586e13-02"),
        (5, "Linux", "6c586e13-05"),
        (6, "Linux swap", "6c586e13-06"),
    ]


def test_a_chain_of_logical_partitions_that_never_ends(mbr):
    extended = struct.unpack_from("<I", mbr, 446 + 32 + 8)[0] * 512
    mbr[extended + 462 + 4] = 5
    mbr[extended + 462 + 8 : extended + 462 + 16] = struct.pack("<II", 0, 100)
    table = partition_table(Held(bytes(mbr)))
    assert table.faults == ("the chain of logical partitions leads back to itself",)


def test_partitions_that_overlap(mbr):
    mbr[462 + 8 : 462 + 12] = struct.pack("<I", 2049)
    assert "partitions 1 and 2 overlap" in partition_table(Held(bytes(mbr))).faults


@pytest.mark.parametrize("data", [b"", bytes(511), bytes(4096), b"x" * 510 + b"\x55\xaa", bytes(510) + b"\x55\xaa"])
def test_what_has_no_table(data):
    assert partition_table(Held(data)) is None


def test_gpt_with_large_sectors():
    sector = 4096
    import zlib

    entry = (
        bytes(range(1, 17)) + bytes(16) + struct.pack("<QQQ", 10, 19, 0) + "data".encode("utf-16-le").ljust(72, b"\0")
    )
    entries = entry + bytes(127 * 128)
    head = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, 1, 99, 6, 90, bytes(16), 2, 128, 128,
                       zlib.crc32(entries))  # fmt: skip
    head = head[:16] + struct.pack("<I", zlib.crc32(head)) + head[20:]
    whole = bytes(sector) + head.ljust(sector, b"\0") + entries + bytes(100 * sector)
    (found,) = partition_table(Held(whole)).partitions
    assert (found.name, found.start, found.size) == ("data", 10 * sector, 10 * sector)


@pytest.mark.parametrize("options", [[], ["-c"], ["-c", "-o", "compression_type=zstd"], ["-o", "compat=0.10"]])
def test_qcow2(options, tmp_path):
    content = sized(tmp_path / "raw", 3 * MIB)
    with content.open("r+b") as file:
        file.seek(70_000)
        file.write(b"some text " * 20_000)
        file.seek(2 * MIB + 5)
        file.write(bytes(range(256)) * 100)
    make("qemu-img", "convert", "-O", "qcow2", *options, content, tmp_path / "image")
    with (tmp_path / "image").open("rb") as file:
        blob = opened_container(FileBlob(file.fileno()))
        assert isinstance(blob, Qcow2)
        found = b"".join(blob.pread(at, 99_999) for at in range(0, blob.size, 99_999))
        assert found == content.read_bytes()
        assert blob.pread(blob.size - 5, 100) == bytes(5)


def test_qcow2_that_stands_on_another_file(tmp_path):
    make("qemu-img", "create", "-f", "qcow2", tmp_path / "base", "1M")
    make("qemu-img", "create", "-f", "qcow2", "-F", "qcow2", "-b", "base", tmp_path / "top")
    with pytest.raises(Unreadable, match="differs from another file"):
        Qcow2(Held((tmp_path / "top").read_bytes()))


def android_sparse(chunks: list[tuple[int, int, bytes]], block: int = 4096) -> bytes:
    body = b"".join(struct.pack("<HHII", kind, 0, count, 12 + len(data)) + data for kind, count, data in chunks)
    blocks = sum(count for kind, count, _ in chunks if kind != 0xCAC4)
    return struct.pack("<IHHHHIIII", 0xED26FF3A, 1, 0, 28, 12, block, blocks, len(chunks), 0) + body


def test_android_sparse_image():
    raw = bytes(range(256)) * 32
    image = android_sparse(
        [(0xCAC1, 2, raw), (0xCAC3, 3, b""), (0xCAC2, 1, b"abcd"), (0xCAC4, 0, b"csum"), (0xCAC1, 2, raw)]
    )
    blob = opened_container(Held(image))
    expected = raw + bytes(3 * 4096) + b"abcd" * 1024 + raw
    assert b"".join(blob.pread(at, 1001) for at in range(0, blob.size, 1001)) == expected


def test_android_sparse_image_that_is_damaged():
    with pytest.raises(Damaged, match="damaged at byte 28"):
        opened_container(Held(android_sparse([(0x1234, 1, b"")])))


def test_a_slice_ends_where_it_ends():
    part = Slice(Held(b"0123456789"), 2, 5)
    assert (part.pread(0, 100), part.pread(4, 3), part.pread(5, 1)) == (b"23456", b"6", b"")
