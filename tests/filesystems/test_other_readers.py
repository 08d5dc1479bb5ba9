"""FAT, EROFS, btrfs and cpio as their own tools make them."""

from __future__ import annotations

import gzip
import lzma
import os
import subprocess
from pathlib import Path

import pytest
from conftest import tool
from trees import MIB, Listing, assert_same, boot_tree, hard, make, of_directory, of_file_system, read, sized

from sbomctl.filesystems.base import Damaged, Unreadable
from sbomctl.filesystems.blob import Held
from sbomctl.filesystems.btrfs import Btrfs
from sbomctl.filesystems.cpio import Cpio
from sbomctl.filesystems.erofs import Erofs
from sbomctl.filesystems.fat import Fat
from sbomctl.filesystems.walk import find

EROFS = {
    "plain": [],
    "lz4hc": ["-zlz4hc"],
    "lz4 legacy": ["-zlz4", "-Elegacy-compress"],
    "large clusters": ["-zlz4hc", "-C1048576"],
    "packed tails": ["-zlz4hc", "-C65536", "-Eztailpacking"],
    "fragments": ["-zlz4hc", "-C16384", "-Efragments"],
    "everything": ["-zlz4hc", "-C65536", "-Efragments,dedupe,ztailpacking"],
    "chunks": ["--chunksize=4096"],
}


@pytest.mark.parametrize(("bits", "size"), [(12, 4), (16, 32), (32, 64)])
def test_fat(bits, size, tmp_path):
    source = boot_tree(tmp_path / "boot")
    image = sized(tmp_path / "fat", size * MIB)
    make("mkfs.vfat", "-F", bits, "-n", "BOOTFS", "-i", "6c586e13", image)
    make("mcopy", "-s", "-i", image, *sorted(source.iterdir()), "::/")
    found, tree = read(image)
    assert without_modes(found) == without_modes(of_directory(source))
    assert (tree.kind, tree.label, tree.uuid) == (f"FAT{bits}", "BOOTFS", "6C58-6E13")


def without_modes(listing: Listing) -> dict[bytes, tuple[int, str]]:
    return {path: (entry.size, entry.sha256) for path, entry in listing.entries.items()}


def test_fat_whose_chain_of_clusters_ends_early(tmp_path):
    image = sized(tmp_path / "fat", 4 * MIB)
    (tmp_path / "file").write_bytes(bytes(100_000))
    make("mkfs.vfat", "-F", 12, image)
    make("mcopy", "-i", image, tmp_path / "file", "::/")
    data = bytearray(image.read_bytes())
    start = int.from_bytes(data[14:16], "little") * 512 + 3
    data[start : start + 12] = b"\xff" * 12  # the first clusters are the last of their chains
    with pytest.raises(Damaged, match="ends early"):
        find(Fat(Held(bytes(data))), b"file").pread(0, 100)


@pytest.mark.parametrize("way", EROFS)
def test_erofs(way, tmp_path, tmp_path_factory):
    source, expected = shorter(hard(tmp_path_factory)[0], tmp_path)
    make("mkfs.erofs", *EROFS[way], tmp_path / "image", source)
    found, tree = read(tmp_path / "image")
    assert_same(found, expected)
    assert tree.kind == "erofs"


def shorter(source: Path, folder: Path) -> tuple[Path, Listing]:
    """The tree without the name that is as long as names can be: mkfs.erofs 1.5 stops at it."""
    subprocess.run(["cp", "-a", source, folder / "tree"], check=True)
    (folder / "tree" / ("n" * 255)).unlink()
    return folder / "tree", of_directory(folder / "tree")


def test_erofs_with_features_that_nobody_knows(tmp_path):
    (tmp_path / "tree").mkdir()
    make("mkfs.erofs", tmp_path / "image", tmp_path / "tree")
    data = bytearray((tmp_path / "image").read_bytes())
    data[1024 + 83] |= 0x40
    with pytest.raises(Unreadable, match="0x40000000"):
        Erofs(Held(bytes(data)))


def test_btrfs(tmp_path, tmp_path_factory):
    source, expected = hard(tmp_path_factory)
    image = sized(tmp_path / "image", 160 * MIB)
    make("mkfs.btrfs", "-q", "-L", "data", "--rootdir", source, image)
    found, tree = read(image)
    assert_same(found, expected)
    assert (tree.kind, tree.label) == ("btrfs", "data")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
@pytest.mark.parametrize("compression", ["zlib", "lzo", "zstd", "no"])
def test_btrfs_that_the_kernel_wrote(compression, tmp_path, tmp_path_factory):
    """Compressed extents, a subvolume and a snapshot, where loop devices can be had."""
    source, expected = hard(tmp_path_factory)
    image, place = sized(tmp_path / "image", 256 * MIB), tmp_path / "mounted"
    place.mkdir()
    make("mkfs.btrfs", "-q", image)
    done = subprocess.run(
        ["mount", "-o", f"loop,compress-force={compression}", image, place], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("no loop mount here")
    try:
        subprocess.run(["btrfs", "subvolume", "create", place / "@"], check=True, capture_output=True)
        subprocess.run(["cp", "-a", f"{source}/.", place / "@"], check=True)
        subprocess.run(["btrfs", "subvolume", "snapshot", place / "@", place / "copy"], check=True, capture_output=True)
    finally:
        subprocess.run(["umount", place], check=True)
    found, _ = read(image)
    for prefix in (b"@/", b"copy/"):
        below = {path.removeprefix(prefix): one for path, one in found.entries.items() if path.startswith(prefix)}
        assert not Listing(below, frozenset()) - expected


def packed(source: Path, form: str) -> bytes:
    names = b"\0".join(sorted(b"./" + path for path in of_directory(source).entries)) + b"\0"
    return subprocess.run(
        [tool("cpio"), "-0", "-o", "-H", form, "--quiet"], input=names, cwd=source, capture_output=True, check=True
    ).stdout


@pytest.mark.parametrize("form", ["newc", "crc", "odc"])
def test_cpio(form, tmp_path_factory):
    source, expected = hard(tmp_path_factory)
    tree = Cpio(Held(packed(source, form)))
    assert_same(of_file_system(tree), expected)
    assert (tree.kind, tree.faults) == ("cpio", ())


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress], ids=["gzip", "xz"])
def test_an_initramfs_of_several_archives(compress, tmp_path):
    """Microcode first, plain; then the archive that matters; a later file replaces an earlier one."""
    parts = []
    for number, files in enumerate([{"kernel/x86/microcode.bin": "u"}, {"init": "old", "etc/a": "a"}, {"init": "new"}]):
        root = tmp_path / str(number)
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content)
        parts.append(packed(root, "newc"))
    tree = Cpio(Held(parts[0] + bytes(512) + compress(parts[1]) + bytes(4) + compress(parts[2])))
    assert (tree.kind, tree.faults) == ("initramfs of 3 cpio archives", ())
    assert {path for path in of_file_system(tree).entries if b"." in path or path == b"init"} == {
        b"kernel/x86/microcode.bin",
        b"init",
    }
    assert find(tree, b"init").pread(0, 10) == b"new"
    assert find(tree, b"etc/a").pread(0, 10) == b"a"


def test_a_cpio_that_is_cut_off_is_read_so_far(tmp_path):
    for name in "ab":
        (tmp_path / name).write_text("x" * 1000)
    data = packed(tmp_path, "newc")
    tree = Cpio(Held(data[:1900]))
    assert "damaged or cut off" in tree.faults[0]
    assert find(tree, b"a").pread(0, 3) == b"xxx"


def test_btrfs_over_several_devices_is_refused(tmp_path):
    image = sized(tmp_path / "image", 160 * MIB)
    make("mkfs.btrfs", "-q", image)
    data = bytearray(image.read_bytes()[: 2 * MIB])
    data[0x10000 + 136] = 2
    with pytest.raises(Unreadable, match="2 devices"):
        Btrfs(Held(bytes(data)))
