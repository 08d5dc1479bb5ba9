"""Damaged and malicious images: whatever bytes change, there is an end, and errors are ``Damaged``."""

from __future__ import annotations

import random
import stat
import struct
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import tool
from hypothesis import given, settings
from hypothesis import strategies as st
from test_partitions import GPT, MBR, android_sparse, disk
from trees import MIB, make, of_directory, sized

from sbomctl.filesystems._flash import checksum
from sbomctl.filesystems.base import Blob, Damaged
from sbomctl.filesystems.blob import Held, Slice
from sbomctl.filesystems.containers import opened_container
from sbomctl.filesystems.detect import open_file_system
from sbomctl.filesystems.divided import divided
from sbomctl.filesystems.partitions import partition_table
from sbomctl.filesystems.ubi import is_ubi, volumes
from sbomctl.filesystems.walk import TooMany, walk

ENTRIES = 20_000
READ = 2 * MIB  # bytes of one file

Make = Callable[[Path, Path], None]


def _ext(*options: str, kind: str = "ext4") -> Make:
    return lambda source, image: make(f"mkfs.{kind}", "-q", "-F", *options, "-d", source, sized(image, 4 * MIB))


def _squashfs(*options: str) -> Make:
    return lambda source, image: make("mksquashfs", source, image, "-noappend", "-no-progress", "-quiet", *options)


def _erofs(*options: str) -> Make:
    return lambda source, image: make("mkfs.erofs", *options, image, source)


def _fat(source: Path, image: Path) -> None:
    make("mkfs.vfat", sized(image, MIB))
    make("mcopy", "-s", "-i", image, source / "etc", source / "random", "::/")


def _btrfs(source: Path, image: Path) -> None:
    make("mkfs.btrfs", "-q", "--mixed", "--rootdir", source, sized(image, 16 * MIB))


def _cpio(source: Path, image: Path) -> None:
    names = b"\0".join(sorted(of_directory(source).entries)) + b"\0"
    command = [tool("cpio"), "-0", "-o", "-H", "newc", "--quiet"]
    image.write_bytes(subprocess.run(command, input=names, cwd=source, capture_output=True, check=True).stdout)


def _ubifs(source: Path, image: Path) -> None:
    make("mkfs.ubifs", "-m", 512, "-e", 15872, "-c", 100, "-r", source, image)


def _jffs2(order: str) -> Make:
    return lambda source, image: make("mkfs.jffs2", "-r", source, order, "-o", image)


def _ubi(source: Path, image: Path) -> None:
    _ubifs(source, image.with_suffix(".ubifs"))
    text = (
        f"[a]\nmode=ubi\nimage={image.with_suffix('.ubifs')}\nvol_id=0\nvol_type=dynamic\nvol_name=a\nvol_size=1MiB\n"
    )
    image.with_suffix(".ini").write_text(text)
    make("ubinize", "-o", image, "-p", 16384, "-m", 512, "-s", 256, image.with_suffix(".ini"))


MAKERS: dict[str, Make] = {
    "ext4": _ext("-b", "1024", "-N", "64"),
    "ext4-inline_data": _ext("-O", "inline_data", "-I", "256", "-b", "1024", "-N", "64"),
    "ext2": _ext("-b", "1024", "-N", "64", kind="ext2"),
    "squashfs-plain": _squashfs("-noI", "-noD", "-noF"),
    "squashfs-gzip": _squashfs(),
    "squashfs-lzo": _squashfs("-comp", "lzo"),
    "squashfs-lz4": _squashfs("-comp", "lz4"),
    "squashfs-zstd": _squashfs("-comp", "zstd"),
    "squashfs-xz": _squashfs("-comp", "xz"),
    "erofs": _erofs(),
    "erofs-chunks": _erofs("--chunksize=4096"),
    "erofs-lz4": _erofs("-zlz4hc", "-C16384", "-Eztailpacking"),
    "erofs-fragments": _erofs("-zlz4hc", "-C16384", "-Efragments"),
    "erofs-legacy": _erofs("-zlz4", "-Elegacy-compress"),
    "fat": _fat,
    "btrfs": _btrfs,
    "cpio": _cpio,
    "ubifs": _ubifs,
    "ubi": _ubi,
    "jffs2": _jffs2("-l"),
    "jffs2-big-endian": _jffs2("-b"),
}
_MADE: dict[str, tuple[bytes, list[int]]] = {}


def image_of(name: str, factory: pytest.TempPathFactory) -> tuple[bytes, list[int]]:
    """A small image, and where its bytes are that mean something."""
    if name not in _MADE:
        folder = factory.mktemp(name)
        source = folder / "source"
        (source / "etc/deep/deeper").mkdir(parents=True)
        (source / "etc/os-release").write_text("ID=edge\n" * 20)
        (source / "etc/deep/link").symlink_to("../os-release")
        (source / "etc/deep/long-link").symlink_to("x" * 100)
        (source / "etc/deep/deeper/name").hardlink_to(source / "etc/os-release")
        (source / "random").write_bytes(random.Random(3).randbytes(30_000))
        (source / "text").write_text("".join(f"line {number}\n" for number in range(9000)))
        if name == "fat":
            for link in ("link", "long-link"):
                (source / "etc/deep" / link).unlink()
        MAKERS[name](source, folder / "image")
        data = (folder / "image").read_bytes()
        noise = random.Random(3).randbytes(30_000)[:64]
        start = data.find(noise)
        content = range(start, start + 30_000) if start >= 0 else range(0)
        _MADE[name] = (data, [at for at, byte in enumerate(data) if byte and at not in content])
    return _MADE[name]


def exercise(blob: Blob) -> int:
    """List everything and read the start of every file; the number of entries."""
    count = 0
    try:
        if is_ubi(blob):
            table, parts = volumes(blob)
            if not parts:
                assert "it names no volume" in table.faults
                return 0
            blob = parts[0]
        tree = open_file_system(blob)
        for _, node, _ in walk(tree, ENTRIES):
            count += 1
            if node is None:
                continue
            try:
                if stat.S_ISLNK(node.mode):
                    node.target()
                elif stat.S_ISREG(node.mode):
                    node.stored()
                    read = 0
                    while read < min(node.size, READ) and (piece := node.pread(read, 100_000)):
                        read += len(piece)
            except Damaged:
                pass
    except TooMany:
        return ENTRIES
    except Damaged:
        pass
    return count


VALUES = st.one_of(st.integers(0, 255), st.sampled_from((0, 1, 0x7F, 0x80, 0xFF)))


@pytest.mark.parametrize("name", MAKERS)
def test_changed_bytes_do_no_harm(name, tmp_path_factory):
    data, places = image_of(name, tmp_path_factory)
    whole = exercise(Held(data))
    assert whole >= 6

    @settings(max_examples=60)
    @given(st.lists(st.tuples(st.integers(0, len(places) - 1), VALUES), min_size=1, max_size=12))
    def damaged(changes):
        changed = bytearray(data)
        for index, value in changes:
            changed[places[index]] = value
        assert exercise(Held(bytes(changed))) <= ENTRIES

    damaged()


def sums_of_ubifs(data: bytes) -> list[tuple[int, int, int, int]]:
    """Where checksums are, and of which bytes: place, start, end, value that they begin with."""
    found = []
    at = data.find(b"\x31\x18\x10\x06")
    while at >= 0:
        (length,) = struct.unpack_from("<I", data, at + 16)
        found.append((at + 4, at + 8, at + length, 0xFFFFFFFF))
        at = data.find(b"\x31\x18\x10\x06", at + max(length, 24))
    return found


def sums_of_ubi(data: bytes) -> list[tuple[int, int, int, int]]:
    found = sums_of_ubifs(data)
    for at in range(0, len(data), 16384):
        found += [(at + 60, at, at + 60, 0xFFFFFFFF), (at + 256 + 60, at + 256, at + 256 + 60, 0xFFFFFFFF)]
    return [
        *found,
        *((at + 168, at, at + 168, 0xFFFFFFFF) for start in (512, 16384 + 512) for at in (start, start + 172)),
    ]


def sums_of_jffs2(data: bytes) -> list[tuple[int, int, int, int]]:
    order, at, found = "<" if data[0] == 0x85 else ">", 0, []
    while at + 12 <= len(data):
        _, kind, length, _ = struct.unpack_from(f"{order}HHII", data, at)
        if length < 12:
            at += 4
            continue
        found.append((at + 8, at, at + 8, 0))
        if kind == 0xE001:
            found += [(at + 32, at, at + 32, 0), (at + 36, at + 40, at + length, 0)]
        elif kind == 0xE002:
            found += [(at + 60, at + 68, at + length, 0), (at + 64, at, at + 60, 0)]
        at += length + 3 & ~3
    return found


SUMS = {"ubifs": sums_of_ubifs, "ubi": sums_of_ubi, "jffs2": sums_of_jffs2, "jffs2-big-endian": sums_of_jffs2}


@pytest.mark.parametrize("name", SUMS)
def test_changed_bytes_with_right_checksums_do_no_harm(name, tmp_path_factory):
    """As above, but whoever changed the bytes changed the checksums too."""
    data, places = image_of(name, tmp_path_factory)
    sums = SUMS[name](data)
    order = ">I" if name in ("ubi", "jffs2-big-endian") else "<I"
    kept = bytearray(data)
    seal(kept, sums, order)
    assert kept == data
    places = [at for at in places if any(start <= at < end for _, start, end, _ in sums)]

    @settings(max_examples=300)
    @given(st.lists(st.tuples(st.integers(0, len(places) - 1), VALUES), min_size=1, max_size=12))
    def damaged(changes):
        changed = bytearray(data)
        for index, value in changes:
            changed[places[index]] = value
        touched = {places[index] for index, _ in changes}
        seal(changed, [one for one in sums if any(one[1] <= at < one[2] for at in touched)], order)
        assert exercise(Held(bytes(changed))) <= ENTRIES

    damaged()


def seal(data: bytearray, sums: list[tuple[int, int, int, int]], order: str) -> None:
    for place, start, end, first in sums:
        form = "<I" if data[start - 8 : start - 4] == b"\x31\x18\x10\x06" else order
        struct.pack_into(form, data, place, checksum(bytes(data[start:end]), first))


@pytest.mark.parametrize("name", MAKERS)
def test_images_that_end_anywhere_do_no_harm(name, tmp_path_factory):
    data, places = image_of(name, tmp_path_factory)

    @settings(max_examples=20)
    @given(st.integers(0, places[-1]))
    def cut(end):
        exercise(Held(data[:end]))

    cut()


@pytest.mark.parametrize("script", [GPT, MBR], ids=["gpt", "mbr"])
def test_changed_partition_tables_do_no_harm(script, tmp_path):
    data = disk(tmp_path / "disk", script)
    places = [at for at, byte in enumerate(data) if byte]

    @settings(max_examples=100)
    @given(st.lists(st.tuples(st.integers(0, len(places) - 1), VALUES), min_size=1, max_size=12))
    def damaged(changes):
        changed = bytearray(data)
        for index, value in changes:
            changed[places[index]] = value
        blob = Held(bytes(changed))
        try:
            table = partition_table(blob)
        except Damaged:
            return
        for one in table.partitions if table else ():
            exercise(Slice(blob, one.start, one.size))

    damaged()


@pytest.mark.parametrize("kind", ["qcow2", "android"])
def test_changed_containers_do_no_harm(kind, tmp_path):
    raw = bytes(range(256)) * 64
    if kind == "android":
        data = android_sparse([(0xCAC1, 4, raw), (0xCAC3, 3, b""), (0xCAC2, 1, b"abcd")])
    else:
        (tmp_path / "raw").write_bytes(raw + bytes(1 << 17))
        make("qemu-img", "convert", "-c", "-O", "qcow2", tmp_path / "raw", tmp_path / "image")
        data = (tmp_path / "image").read_bytes()
    places = [
        at for at, byte in enumerate(data) if byte and (kind == "qcow2" or at < 28 or data[at : at + 1] == b"\xca")
    ]

    @settings(max_examples=100)
    @given(st.lists(st.tuples(st.integers(0, len(places) - 1), VALUES), min_size=1, max_size=6))
    def damaged(changes):
        changed = bytearray(data)
        for index, value in changes:
            changed[places[index]] = value
        try:
            blob = opened_container(Held(bytes(changed)))
            for at in range(0, min(blob.size, MIB), 50_000) if blob else ():
                blob.pread(at, 50_000)
        except Damaged:
            pass

    damaged()


def boot_data(kind: str, folder: Path) -> bytes:
    """A boot image with an archive in it, or compressed data."""
    (folder / "etc").mkdir()
    (folder / "etc/os-release").write_text("ID=edge\n" * 100)
    _cpio(folder, folder / "archive")
    if kind == "fit":
        (folder / "its").write_text(
            '/dts-v1/; / { description = "x"; images { r { data = /incbin/("archive"); type = "ramdisk"; arch = "arm"; '
            'os = "linux"; compression = "none"; }; }; configurations { c { ramdisk = "r"; }; }; };'
        )
        subprocess.run([tool("mkimage"), "-E", "-f", "its", "image"], cwd=folder, check=True, capture_output=True)
    elif kind == "uimage":
        names = f"{folder / 'archive'}:{folder / 'archive'}"
        make("mkimage", "-A", "arm", "-T", "multi", "-C", "none", "-d", names, folder / "image")
    else:
        program, *options = PACKERS[kind]
        with (folder / "archive").open("rb") as source, (folder / "image").open("wb") as target:
            subprocess.run([tool(program), *options, "-c"], stdin=source, stdout=target, check=True)
    return (folder / "image").read_bytes()


PACKERS = {
    "lz4": ["lz4", "-q", "-BD", "-B4"],
    "lz4-legacy": ["lz4", "-q", "-l"],
    "lzop": ["lzop", "-q"],
    "lzma": ["xz", "-q", "--format=lzma"],
    "zstd": ["zstd", "-q"],
}


@pytest.mark.parametrize("kind", ["fit", "uimage", *PACKERS])
def test_changed_boot_images_do_no_harm(kind, tmp_path):
    data = boot_data(kind, tmp_path)
    places = [at for at, byte in enumerate(data) if byte]

    @settings(max_examples=100)
    @given(st.lists(st.tuples(st.integers(0, len(places) - 1), VALUES), max_size=6), st.integers(0, 3 * len(data)))
    def damaged(changes, end):
        changed = bytearray(data)
        for index, value in changes:
            changed[places[index]] = value
        blob = Held(bytes(changed[: end or None]))
        exercise(blob)
        with suppress(Damaged):
            found = divided(blob)
            for one in found.blobs if found else ():
                exercise(one)

    damaged()


def test_a_kernel_full_of_magic_numbers_is_given_up_in_time():
    """Each is a place where a kernel might start."""
    magics = (b"\x1f\x8b\x08\0", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"\x5d\0\0\x80\0", b"\x02\x21\x4c\x18")
    blob = Held(bytes(36) + b"\x18\x28\x6f\x01" + b"".join(magics) * 100_000)
    assert divided(blob).blobs == (blob,)


@given(
    st.binary(max_size=3000),
    st.sampled_from(
        (
            b"hsqs",
            b"070701",
            b"",
            b"\xeb\x3c\x90",
            b"QFI\xfb",
            b"\x3a\xff\x26\xed",
            b"UBI#",
            b"\x85\x19",
            b"\x31\x18\x10\x06",
            b"\xd0\x0d\xfe\xed",
            b"\x27\x05\x19\x56",
            b"\x04\x22\x4d\x18\x64\x40",
            b"\x02\x21\x4c\x18",
            b"\x89LZO\0\r\n\x1a\n",
        )
    ),
)
def test_bytes_that_were_never_an_image(data, magic):
    blob = Held(magic + data)
    exercise(blob)
    for step in (partition_table, opened_container, divided):
        with suppress(Damaged):
            step(blob)
