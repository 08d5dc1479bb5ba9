"""UBI, UBIFS and JFFS2 as mtd-utils makes them, and as the kernel leaves them on flash."""

from __future__ import annotations

import io
import lzma
import os
import random
import struct
import tarfile
from pathlib import Path

import pytest
from conftest import FIXTURES
from trees import Listing, assert_same, hard, make, of_directory, of_file_system, of_tar, read

from sbomctl.filesystems._flash import checksum
from sbomctl.filesystems._jffs2_codecs import content
from sbomctl.filesystems.base import Damaged, Unreadable
from sbomctl.filesystems.blob import Held
from sbomctl.filesystems.detect import open_file_system
from sbomctl.filesystems.divided import divided
from sbomctl.filesystems.jffs2 import Jffs2, _cover, _Piece
from sbomctl.filesystems.ubi import volumes
from sbomctl.filesystems.ubifs import Ubifs
from sbomctl.filesystems.walk import find, walk

PEB, LEB, PAGE = 131072, 126976, 2048
VID = struct.Struct(">4sBBBBII4xIIII4xQ12x")


def ubifs(source: Path, image: Path, compression: str = "zlib", page: int = PAGE, leb: int = LEB, *more: str) -> Path:
    make("mkfs.ubifs", "-m", page, "-e", leb, "-c", 3000, "-x", compression, "-r", source, *more, image)
    return image


def ubi(image: Path, parts: dict[str, Path], *options: object) -> Path:
    """A UBI image with these volumes, numbered by twos; those called static- are."""
    lines = []
    for number, (name, path) in enumerate(parts.items()):
        kind = "static" if name.startswith("static-") else "dynamic"
        lines += [f"[{name}]", "mode=ubi", f"image={path}", f"vol_id={2 * number}", f"vol_type={kind}",
                  f"vol_name={name}", "vol_size=64MiB"]  # fmt: skip
    image.with_suffix(".ini").write_text("\n".join(lines) + "\n")
    make("ubinize", "-Q", 77, "-o", image, "-p", PEB, "-m", PAGE, *options, image.with_suffix(".ini"))
    return image


@pytest.mark.parametrize("compression", ["zlib", "lzo", "zstd", "none"])
def test_ubifs(compression, tmp_path, tmp_path_factory):
    source, expected = hard(tmp_path_factory)
    found, tree = read(ubifs(source, tmp_path / "image", compression))
    assert_same(found, expected)
    assert (tree.kind, tree.notes, len(tree.uuid)) == ("UBIFS", (), 36)


@pytest.mark.parametrize(("page", "leb"), [(8, 65408), (512, 15872), (4096, 258048)])
def test_ubifs_for_other_flash(page, leb, tmp_path, tmp_path_factory):
    source, expected = hard(tmp_path_factory)
    found, _ = read(ubifs(source, tmp_path / "image", "lzo", page, leb))
    assert_same(found, expected)


def test_ubi_with_several_volumes(tmp_path, tmp_path_factory):
    source, expected = hard(tmp_path_factory)
    (tmp_path / "small").mkdir()
    (tmp_path / "small/config").write_text("a=b\n")
    make("mksquashfs", source, tmp_path / "squashfs", "-noappend", "-no-progress", "-quiet")
    parts = {
        "config": ubifs(tmp_path / "small", tmp_path / "a", "none"),
        "rootfs": ubifs(source, tmp_path / "b"),
        "static-app": tmp_path / "squashfs",
    }
    division = divided(Held(ubi(tmp_path / "image", parts).read_bytes()))
    assert [(one.number, one.name) for one in division.table.partitions] == [
        (0, "config"), (2, "rootfs"), (4, "static-app")
    ]  # fmt: skip
    assert (division.word, division.table.faults) == ("volume", ())
    first, second, third = map(open_file_system, division.blobs)
    assert find(first, b"config").pread(0, 100) == b"a=b\n"
    for tree in (second, third):
        assert_same(of_file_system(tree), expected)


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> tuple[bytes, Listing]:
    """An UBI image with headers in one page, its only volume of two erase blocks with content or more."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "tree/d").mkdir(parents=True)
    for name in ("one", "d/two"):
        (folder / "tree" / name).write_text(name * 3000)
    parts = {"rootfs": ubifs(folder / "tree", folder / "a", "zlib", PAGE, PEB - PAGE)}
    image = ubi(folder / "image", parts, "-s", 512)
    return image.read_bytes(), of_directory(folder / "tree")


def listing(flash: bytes) -> tuple[Listing, tuple[str, ...]]:
    table, (volume,) = volumes(Held(flash))
    tree = open_file_system(volume)
    return of_file_system(tree), table.faults + tree.faults


def blocks(flash: bytes) -> list[bytearray]:
    return [bytearray(flash[at : at + PEB]) for at in range(0, len(flash), PEB)]


def sealed(block: bytearray, **changes: int) -> bytes:
    """An erase block with other fields in its second header."""
    names = "magic version type copied compat volume number size used padding crc sequence".split()
    fields = dict(zip(names, VID.unpack_from(block, 512), strict=True)) | changes
    head = VID.pack(*fields.values())
    return bytes(block[:512]) + head + struct.pack(">I", checksum(head)) + bytes(block[576:])


def test_erase_blocks_may_come_in_any_order_with_free_ones_between(small):
    flash, expected = small
    shuffled = [bytes([255]) * PEB, *reversed(blocks(flash)), bytes([255]) * PEB]
    shuffled.insert(2, flash[:64] + bytes([255]) * (PEB - 64))  # free, with a count of erasures
    assert listing(b"".join(shuffled)) == (expected, ())


def test_of_two_erase_blocks_with_one_number_the_later_counts(small):
    flash, expected = small
    parts = blocks(flash)
    old = bytearray(parts[-1])
    old[PAGE:] = bytes(PEB - PAGE)
    parts[-1] = bytearray(sealed(parts[-1], sequence=9))
    for order in ([*parts, sealed(old, sequence=8)], [sealed(old, sequence=8), *parts]):
        assert listing(b"".join(map(bytes, order))) == (expected, ())


def test_a_copy_that_was_interrupted_does_not_count(small):
    flash, expected = small
    parts = blocks(flash)
    torn = bytearray(parts[-1])
    torn[PEB // 2 :] = b"\xff" * (PEB // 2)
    size = PEB - PAGE
    good = sealed(parts[-1], sequence=5, copied=1, size=size, crc=checksum(bytes(parts[-1][PAGE:])))
    bad = sealed(torn, sequence=6, copied=1, size=size, crc=1)
    assert listing(b"".join([*map(bytes, parts[:-1]), good, bad])) == (expected, ())


def test_damaged_headers_are_told(small):
    flash, _ = small
    parts = blocks(flash)
    parts.append(bytearray(sealed(parts[-1], number=77)))
    parts[-1][520] ^= 1
    assert listing(b"".join(parts))[1] == (f"damaged erase blocks: 1, the first at byte {len(flash):,}",)


def test_an_ubi_image_without_its_table(small):
    parts = [one for one in blocks(small[0]) if VID.unpack_from(one, 512)[5] < 0x7FFFEFFF]
    with pytest.raises(Damaged, match="volume table"):
        volumes(Held(b"".join(parts)))


def test_a_volume_that_the_table_does_not_name(small):
    parts = blocks(small[0])
    parts.append(bytearray(sealed(parts[-1], volume=5)))
    assert volumes(Held(b"".join(parts)))[0].faults == ("its table does not name volume 5, of which there are blocks",)


def test_an_ubifs_in_a_volume_with_other_erase_blocks(tmp_path):
    (tmp_path / "tree").mkdir()
    image = ubi(tmp_path / "image", {"rootfs": ubifs(tmp_path / "tree", tmp_path / "a")}, "-s", 512)
    (volume,) = volumes(Held(image.read_bytes()))[1]
    with pytest.raises(Damaged, match="made for erase blocks of 126,976 bytes, not 129,024"):
        open_file_system(volume)


def test_an_ubifs_without_index_is_searched(tmp_path, tmp_path_factory):
    source, expected = hard(tmp_path_factory)
    data = bytearray(ubifs(source, tmp_path / "image").read_bytes())
    data[LEB : 3 * LEB] = b"\xff" * (2 * LEB)
    tree = Ubifs(Held(bytes(data)))
    assert_same(of_file_system(tree), expected)
    assert tree.faults == (
        "its master node is missing; every node was searched instead, deleted files may be among what is listed",
    )


def test_a_damaged_node_of_ubifs_costs_one_file(tmp_path):
    (tmp_path / "tree").mkdir()
    for name in ("good", "bad"):
        (tmp_path / "tree" / name).write_text(f"this is {name}")
    data = ubifs(tmp_path / "tree", tmp_path / "image", "none").read_bytes()
    tree = Ubifs(Held(data.replace(b"this is bad", b"this is b@d")))
    assert find(tree, b"good").pread(0, 100) == b"this is good"
    with pytest.raises(Damaged, match="one of its nodes is damaged"):
        find(tree, b"bad").pread(0, 100)


def test_an_ubifs_that_is_cut_off(tmp_path):
    (tmp_path / "tree").mkdir()
    data = ubifs(tmp_path / "tree", tmp_path / "image").read_bytes()
    assert "it is cut off" in Ubifs(Held(data[: 3 * LEB])).faults[0]


def test_an_encrypted_ubifs_is_told(tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/secret").write_text("secret")
    (tmp_path / "key").write_bytes(bytes(range(64)))
    more = ("--key", str(tmp_path / "key"), "--key-descriptor", "0011223344556677", "--cipher", "AES-256-XTS")
    tree = Ubifs(Held(ubifs(tmp_path / "tree", tmp_path / "image", "none", PAGE, LEB, *more).read_bytes()))
    (found,) = walk(tree, 10)
    assert (found.path, found.fault) == (b"", "not all of this directory could be read: it is encrypted (fscrypt)")


@pytest.mark.parametrize(
    "options",
    [
        ["-l"],
        ["-b", "-e", "131072", "--pad"],
        ["-l", "-n", "-s", "8192"],
        ["-l", "-m", "none"],
        *(["-b", "-m", "size", *(w for x in ("lzo", "zlib", "rtime") for w in ("-X" if x == way else "-x", x))]
          for way in ("lzo", "zlib", "rtime")),
    ],
    ids=["little", "big", "no cleanmarkers", "plain", "lzo", "zlib", "rtime"],
)  # fmt: skip
def test_jffs2(options, tmp_path, tmp_path_factory):
    source, expected = hard(tmp_path_factory)
    make("mkfs.jffs2", "-r", source, *options, "-o", tmp_path / "image")
    found, tree = read(tmp_path / "image")
    assert_same(found, expected)
    assert tree.kind == ("JFFS2 (big-endian)" if "-b" in options else "JFFS2")


def test_jffs2_with_summaries(tmp_path, tmp_path_factory):
    source, expected = hard(tmp_path_factory)
    make("mkfs.jffs2", "-r", source, "-l", "-o", tmp_path / "plain")
    make("sumtool", "-l", "-i", tmp_path / "plain", "-o", tmp_path / "image", "-e", "65536", "-p")
    found, _ = read(tmp_path / "image")
    assert_same(found, expected)


def packed(name: str) -> bytes:
    return lzma.decompress((FIXTURES / "flash" / name).read_bytes())


def assert_same_marks(tree, data: bytes) -> None:
    """Device numbers and extended attributes, which are what an overlay marks with."""
    marks = 0
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for info in tar:
            node = find(tree, info.name.encode())
            if info.isdev() and not info.isfifo():
                assert node.device() == os.makedev(info.devmajor, info.devminor)
            stated = {name: value for name, value in info.pax_headers.items() if name.startswith("SCHILY.xattr.")}
            for name, value in stated.items():
                assert node.attribute(os.fsencode(name.removeprefix("SCHILY.xattr."))) == os.fsencode(value)
            assert node.attribute(b"trusted.overlay.metacopy") is None
            marks += len(stated)
    assert marks >= 3


def test_ubifs_as_the_kernel_left_it():
    """Mounted, with deletions, truncations, renames, new files and marks of an overlay that are only in the journal."""
    _, (empty, volume) = volumes(Held(packed("ubi.img.xz")))
    assert empty.size == 0
    tree = open_file_system(volume)
    assert_same(of_file_system(tree), of_tar(packed("ubi.tar.xz")))
    assert_same_marks(tree, packed("ubi.tar.xz"))
    assert (tree.notes, tree.faults) == (("journal applied",), ())


def test_jffs2_as_the_kernel_left_it():
    """The same."""
    tree = open_file_system(Held(packed("jffs2.img.xz")))
    assert_same(of_file_system(tree), of_tar(packed("jffs2.tar.xz")))
    assert_same_marks(tree, packed("jffs2.tar.xz"))
    assert tree.faults == ()


def test_a_damaged_node_of_jffs2_gives_way_to_the_version_before(tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/file").write_text("the first version")
    make("mkfs.jffs2", "-r", tmp_path / "tree", "-l", "-m", "none", "-o", tmp_path / "image")
    data = (tmp_path / "image").read_bytes()
    place = data.index(b"the first version") - 68
    head = bytearray(data[place : place + 68])
    head[16:20] = struct.pack("<I", 9)
    new = b"the later version"
    head[60:64] = struct.pack("<I", checksum(new, 0))
    head[64:68] = struct.pack("<I", checksum(bytes(head[:60]), 0))
    assert find(Jffs2(Held(data + head + new)), b"file").pread(0, 99) == new
    tree = Jffs2(Held(data + head + b"the later versioX"))
    assert find(tree, b"file").pread(0, 99) == b"the first version"
    assert tree.faults == ("damaged nodes, left out: 1",)
    tree = Jffs2(Held(data + head + b"the later ver\xff\xff\xff\xff"))
    assert find(tree, b"file").pread(0, 99) == b"the first version"
    assert (tree.faults, tree.notes) == ((), ("nodes that were never completely written, left out: 1",))


def test_a_damaged_node_takes_no_attribute_away(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "root/file").write_text("x")
    os.setxattr(tmp_path / "root/file", b"trusted.edge", b"kept")
    make("mkfs.jffs2", "-l", "--with-xattr", "-r", tmp_path / "root", "-o", tmp_path / "image")
    data = (tmp_path / "image").read_bytes()
    start = data.index(struct.pack("<HH", 0x1985, 0xE009))
    use = bytearray(data[start : start + 28])
    use[20] += 1  # of its sequence; an odd one deletes, had it the right checksum
    tree = Jffs2(Held(data + use))
    assert tree.faults == ("damaged nodes, left out: 1",)
    assert find(tree, b"file").attribute(b"trusted.edge") == b"kept"


def test_nodes_of_jffs2_that_nobody_knows(tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/file").write_text("x")
    make("mkfs.jffs2", "-r", tmp_path / "tree", "-b", "-o", tmp_path / "image")
    head = struct.pack(">HHI", 0x1985, 0xF00F, 12)
    data = (tmp_path / "image").read_bytes() + head + struct.pack(">I", checksum(head, 0))
    assert Jffs2(Held(data)).faults == ("nodes of the unknown kind 0xf00f, left out: 1",)


def test_numbers_of_devices_in_jffs2(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root may make devices")
    (tmp_path / "tree").mkdir()
    os.mknod(tmp_path / "tree/null", 0o20666, os.makedev(1, 3))
    os.mknod(tmp_path / "tree/gone", 0o20000, 0)
    (tmp_path / "tree/file").touch()
    for order in ("-l", "-b"):
        make("mkfs.jffs2", "-r", tmp_path / "tree", order, "-o", tmp_path / "image")
        tree = Jffs2(Held((tmp_path / "image").read_bytes()))
        assert [find(tree, name).device() for name in (b"null", b"gone")] == [os.makedev(1, 3), 0]
        with pytest.raises(Damaged, match="no device"):
            find(tree, b"file").device()


def test_codecs_of_jffs2():
    assert content(1, b"", 5) == bytes(5)
    assert content(2, b"a\0b\0a\4", 7) == b"abababa"[:3] + b"baba"
    with pytest.raises(Unreadable, match="dynrubin"):
        content(5, b"x", 1)
    with pytest.raises(Damaged, match="holds 1 bytes of 2"):
        content(0, b"x", 2)


def test_later_pieces_of_a_file_cover_earlier_ones():
    rnd = random.Random(5)
    for _ in range(300):
        pieces: list[_Piece] = []
        model = [0] * 64
        for number in range(1, 12):
            start = rnd.randrange(60)
            end = start + rnd.randrange(1, 64 - start)
            _cover(pieces, _Piece(start, end, number, start))
            model[start:end] = [number] * (end - start)
        painted = [0] * 64
        for piece in pieces:
            painted[piece.start : piece.end] = [piece.place] * (piece.end - piece.start)
        assert painted == model
        assert pieces == sorted(pieces)
