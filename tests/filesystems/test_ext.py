"""ext2, ext3, ext4 as e2fsprogs makes them, and what is wrong with some."""

from __future__ import annotations

import os
import shutil
import stat
import struct
import subprocess
from pathlib import Path

import pytest
from conftest import tool
from trees import MIB, assert_same, hard, make, of_file_system, read, sized

from sbomctl.filesystems._crc32c import crc32c
from sbomctl.filesystems.base import Damaged, Unreadable
from sbomctl.filesystems.blob import FileBlob, Held
from sbomctl.filesystems.detect import open_file_system
from sbomctl.filesystems.ext import Ext
from sbomctl.filesystems.walk import find, walk

WAYS = {
    "ext4": [],
    "ext4-inline_data": ["-O", "inline_data", "-I", "256"],
    "ext4-1k": ["-b", "1024"],
    "ext4-64k": ["-b", "65536", "-N", "6000"],
    "ext4-bigalloc": ["-O", "bigalloc", "-C", "16384"],
    "ext4-casefold": ["-O", "casefold", "-E", "encoding=utf8"],
    "ext4-old": ["-O", "^64bit,^metadata_csum,^huge_file", "-I", "128"],
    "ext4-meta_bg": ["-O", "meta_bg,^resize_inode", "-b", "1024"],
    "ext3": [],
    "ext2": [],
    "ext2-revision-0": ["-r", "0", "-N", "6000"],
    "ext2-1k": ["-b", "1024"],
}


def make_ext(way: str, source: Path, image: Path, *options: str, size: int = 64 * MIB) -> Path:
    kind = way.partition("-")[0]
    make(f"mkfs.{kind}", "-q", "-F", *WAYS[way], *options, "-d", source, sized(image, size))
    return image


@pytest.mark.parametrize("way", WAYS)
def test_everything_is_as_in_the_source(way, tmp_path, tmp_path_factory):
    source, expected = hard(tmp_path_factory)
    found, tree = read(make_ext(way, source, tmp_path / "image"))
    assert_same(found, expected)
    assert tree.kind == way.partition("-")[0]


@pytest.mark.parametrize("way", ["ext4", "ext4-1k"])
def test_directories_with_a_hash_tree(way, tmp_path, tmp_path_factory):
    source, expected = hard(tmp_path_factory)
    image = make_ext(way, source, tmp_path / "image")
    done = subprocess.run([tool("e2fsck"), "-fyD", image], capture_output=True, check=False)
    assert done.returncode in (0, 1), done.stdout
    assert_same(read(image)[0], expected)


@pytest.fixture
def small(tmp_path) -> Path:
    """An ext4 of a few files."""
    source = tmp_path / "source"
    (source / "etc").mkdir(parents=True)
    (source / "etc/os-release").write_text("ID=edge\n")
    (source / "etc/large").write_bytes(bytes(range(256)) * 4096)
    (source / "etc/link").symlink_to("os-release")
    return make_ext("ext4", source, tmp_path / "image", "-L", "rootfs", "-U", "6c586e13-0000-4000-8000-000000000001",
                    size=8 * MIB)  # fmt: skip


def opened(image: Path) -> Ext:
    return Ext(Held(image.read_bytes()))


def test_label_and_identity(small):
    tree = opened(small)
    assert (tree.kind, tree.label, tree.uuid) == ("ext4", "rootfs", "6c586e13-0000-4000-8000-000000000001")


def changed(image: Path, offset: int, data: bytes, *, right_sum: bool = True) -> Path:
    """``image`` with bytes of its superblock replaced."""
    content = bytearray(image.read_bytes())
    content[1024 + offset : 1024 + offset + len(data)] = data
    if right_sum:
        content[2044:2048] = struct.pack("<I", crc32c(bytes(content[1024:2044])))
    image.write_bytes(content)
    return image


def test_features_that_nobody_knows_are_named(small):
    incompatible = int.from_bytes(small.read_bytes()[1024 + 0x60 : 1024 + 0x64], "little")
    with pytest.raises(Unreadable, match="0x40000000"):
        opened(changed(small, 0x60, struct.pack("<I", incompatible | 1 << 30)))


def test_a_wrong_checksum_is_told_and_the_rest_is_read(small):
    tree = opened(changed(small, 0x78, b"other", right_sum=False))
    assert tree.faults == ("the checksum of its superblock is wrong",)
    assert find(tree, b"etc/link").pread(0, 100) == b"ID=edge\n"


def test_an_image_that_is_cut_off(small):
    data = small.read_bytes()[: 6 * MIB]
    tree = Ext(Held(data))
    assert tree.faults == (f"it is cut off: {6 * MIB:,} bytes of {8 * MIB:,} are here",)


@pytest.mark.parametrize(
    ("offset", "data"),
    [
        (0x18, b"\xff\0\0\0"),
        (0x20, bytes(4)),
        (0x28, bytes(4)),
        (0x58, b"\x01\0"),
        (0x58, b"\0\x80"),
        (0xFE, b"\x03\0"),
    ],
)
def test_sizes_that_make_no_sense(small, offset, data):
    with pytest.raises(Damaged, match="superblock"):
        opened(changed(small, offset, data))


def inode_place(image: Path, path: str) -> int:
    """Where the inode of a file lies, as debugfs says."""
    said = subprocess.run(
        [tool("debugfs"), "-R", f"imap {path}", image], capture_output=True, text=True, check=True
    ).stdout
    block, offset = said.partition("located at block ")[2].split(", offset ")
    return int(block) * int(blocks_of(image)) + int(offset, 16)


def blocks_of(image: Path) -> int:
    return 1024 << int.from_bytes(image.read_bytes()[1024 + 0x18 : 1024 + 0x1C], "little")


def faults(image: Path) -> dict[str, str]:
    tree = opened(image)
    return {path.decode(): fault for path, _, fault in walk(tree, 1000) if fault}


def overwrite(image: Path, place: int, data: bytes) -> None:
    content = bytearray(image.read_bytes())
    content[place : place + len(data)] = data
    image.write_bytes(content)


def test_a_directory_that_holds_itself_ends(small):
    place = inode_place(small, "/etc")
    root = inode_place(small, "/")
    content = small.read_bytes()
    overwrite(small, place + 0x28, content[root + 0x28 : root + 0x64])  # /etc lists what / lists
    assert "already somewhere else" in faults(small)["etc/etc"]


def test_an_encrypted_directory_is_named(small):
    place = inode_place(small, "/etc")
    flags = int.from_bytes(small.read_bytes()[place + 0x20 : place + 0x24], "little")
    overwrite(small, place + 0x20, struct.pack("<I", flags | 0x800))
    assert faults(small) == {"etc": "not all of this directory could be read: it is encrypted (fscrypt)"}


def test_a_damaged_file_does_not_hide_the_others(small):
    overwrite(small, inode_place(small, "/etc/large") + 0x28, b"\xff" * 60)
    tree = opened(small)
    with pytest.raises(Damaged, match="extents"):
        find(tree, b"etc/large").pread(0, 10)
    assert find(tree, b"etc/os-release").pread(0, 100) == b"ID=edge\n"


def test_an_inode_that_is_not_in_use(small):
    overwrite(small, inode_place(small, "/etc/large"), bytes(2))
    assert list(faults(small)) == ["etc/large"]


def test_the_journal_of_a_system_that_was_not_unmounted(tmp_path):
    """debugfs writes changes into the journal only, as the kernel does until it has time for more."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "before").write_text("old content")
    image = make_ext("ext4", source, tmp_path / "image", size=32 * MIB)
    done = tmp_path / "done"
    shutil.copy(image, done)
    subprocess.run([tool("debugfs"), "-w", "-R", f"write {tool('true')} after", done], check=True, capture_output=True)
    old, new = image.read_bytes(), done.read_bytes()
    block = blocks_of(image)
    numbers = [
        n for n in range(len(old) // block) if old[n * block : (n + 1) * block] != new[n * block : (n + 1) * block]
    ]
    content = dict.fromkeys(numbers, b"")
    script = ["jo -c"]
    for number in numbers:
        content[number] = new[number * block : (number + 1) * block]
        (tmp_path / f"block-{number}").write_bytes(content[number])
        script.append(f"jw -b {number} {tmp_path / f'block-{number}'}")
    script.append("jc")
    (tmp_path / "script").write_text("\n".join(script) + "\n")
    subprocess.run([tool("debugfs"), "-w", "-f", tmp_path / "script", image], check=True, capture_output=True)
    with image.open("rb") as file:
        tree = open_file_system(FileBlob(file.fileno()))
        assert tree.notes == (f"not unmounted; {len(numbers)} blocks taken from its journal",)
        found = find(tree, b"after")
        assert found is not None
        assert stat.S_ISREG(found.mode)
        assert found.pread(0, found.size) == Path(tool("true")).read_bytes()
        assert find(tree, b"before").pread(0, 100) == b"old content"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_an_image_of_a_running_system(tmp_path):
    """Copied while it is mounted: what was written last is in the journal only."""
    source, place = tmp_path / "source", tmp_path / "mounted"
    source.mkdir()
    place.mkdir()
    image = make_ext("ext4", source, tmp_path / "image", size=64 * MIB)
    if subprocess.run(["mount", "-o", "loop", image, place], capture_output=True, check=False).returncode:
        pytest.skip("no loop mount here")
    try:
        for number in range(200):
            (place / f"file-{number}").write_text(f"content {number}")
        (place / "file-7").unlink()
        subprocess.run(["sync", "-f", place], check=True)
        copy = shutil.copy(image, tmp_path / "copy")
    finally:
        subprocess.run(["umount", place], check=True)
    found, expected = opened(copy), opened(image)
    assert "taken from its journal" in found.notes[0]
    assert not expected.notes
    assert of_file_system(found) == of_file_system(expected)
    assert len(of_file_system(found).entries) == 199


def test_a_directory_larger_than_the_whole_is_refused(small):
    place = inode_place(small, "/etc")
    overwrite(small, place + 4, struct.pack("<I", 1 << 31))  # a size of 2 GiB
    extent = struct.unpack_from("<HHHH", small.read_bytes(), place + 0x28)
    assert extent[0] == 0xF30A
    overwrite(small, place + 0x28 + 12 + 4, struct.pack("<H", 32768))  # in blocks that are not there
    assert "larger than the whole" in faults(small)["etc"] or "ends at" in faults(small)["etc"]


def test_a_journal_elsewhere_is_told(small):
    incompatible = int.from_bytes(small.read_bytes()[1024 + 0x60 : 1024 + 0x64], "little")
    changed(small, 0x60, struct.pack("<I", incompatible | 4))
    tree = opened(changed(small, 0xE0, bytes(4)))
    assert tree.faults == ("it was not unmounted and its journal cannot be replayed: it is on another device",)
