"""squashfs as mksquashfs makes it."""

from __future__ import annotations

import struct

import pytest
from trees import assert_same, hard, make, of_directory, read

from sbomctl.filesystems.base import Damaged, Unreadable
from sbomctl.filesystems.blob import Held
from sbomctl.filesystems.detect import open_file_system
from sbomctl.filesystems.squashfs import Squashfs
from sbomctl.filesystems.walk import find

WAYS = {
    "gzip": [],
    "xz": ["-comp", "xz", "-Xbcj", "x86", "-b", "1M"],
    "zstd": ["-comp", "zstd", "-b", "64K"],
    "lz4": ["-comp", "lz4", "-Xhc"],
    "lzo": ["-comp", "lzo"],
    "lzma": ["-comp", "lzma"],
    "gzip, stored": ["-noI", "-noD", "-noF", "-noX"],
    "gzip, no fragments": ["-no-fragments", "-b", "4K"],
    "gzip, always fragments": ["-always-use-fragments"],
}


@pytest.mark.parametrize("way", WAYS)
def test_everything_is_as_in_the_source(way, tmp_path, tmp_path_factory):
    source, expected = hard(tmp_path_factory)
    image = tmp_path / "image"
    make("mksquashfs", source, image, "-noappend", "-no-progress", "-quiet", *WAYS[way])
    found, tree = read(image)
    assert_same(found, expected)
    assert tree.kind == f"squashfs ({way.partition(',')[0]})"


@pytest.fixture
def small(tmp_path) -> bytes:
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").write_bytes(bytes(range(256)) * 1000)
    make("mksquashfs", source, tmp_path / "image", "-noappend", "-no-progress", "-quiet")
    return (tmp_path / "image").read_bytes()


def test_what_follows_it_is_no_part_of_it(small):
    tree = Squashfs(Held(small + b"signature" * 1000))
    assert not tree.faults
    assert find(tree, b"file").pread(255, 3) == b"\xff\0\1"


def test_an_image_that_is_cut_off(small):
    assert "it is cut off" in Squashfs(Held(small[:1000])).faults[0]


@pytest.mark.parametrize(
    ("offset", "data", "error", "message"),
    [
        (28, b"\x03\0", Unreadable, "squashfs 3.0"),
        (20, b"\x09\0", Unreadable, "unknown compressor 9"),
        (12, struct.pack("<I", 12345), Damaged, "12,345"),
    ],
)
def test_superblocks_that_are_not_read(small, offset, data, error, message):
    with pytest.raises(error, match=message):
        Squashfs(Held(small[:offset] + data + small[offset + len(data) :]))


def test_a_file_system_in_a_file_of_another_is_read_in_place(tmp_path):
    """ext4 in squashfs, as in update bundles: the file is a blob again."""
    inner = tmp_path / "inner"
    (inner / "etc").mkdir(parents=True)
    (inner / "etc/os-release").write_text("ID=edge\n")
    outer = tmp_path / "outer"
    outer.mkdir()
    make("mkfs.ext4", "-q", "-F", "-d", inner, outer / "rootfs.ext4", "8M")
    make("mksquashfs", outer, tmp_path / "bundle", "-noappend", "-no-progress", "-quiet")
    tree = Squashfs(Held((tmp_path / "bundle").read_bytes()))
    nested = open_file_system(find(tree, b"rootfs.ext4"))
    assert nested.kind == "ext4"
    assert find(nested, b"etc/os-release").pread(0, 100) == b"ID=edge\n"
    assert of_directory(inner).entries.keys() == {b"etc", b"etc/os-release"}
