"""Damaged and malicious images: whatever bytes change, there is an end, and errors are ``Damaged``."""

from __future__ import annotations

import random
import stat
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

from sbomctl.filesystems.base import Blob, Damaged
from sbomctl.filesystems.blob import Held, Slice
from sbomctl.filesystems.containers import opened_container
from sbomctl.filesystems.detect import open_file_system
from sbomctl.filesystems.partitions import partition_table
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


@given(
    st.binary(max_size=3000),
    st.sampled_from((b"hsqs", b"070701", b"", b"\xeb\x3c\x90", b"QFI\xfb", b"\x3a\xff\x26\xed")),
)
def test_bytes_that_were_never_an_image(data, magic):
    blob = Held(magic + data)
    exercise(blob)
    for step in (partition_table, opened_container):
        with suppress(Damaged):
            step(blob)
