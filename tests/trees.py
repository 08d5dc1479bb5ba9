"""Trees of files that are hard on a reader, and what a reader must say of them."""

from __future__ import annotations

import hashlib
import io
import os
import random
import stat
import subprocess
import tarfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import tool

from sbomctl.filesystems.base import FileSystem, Node
from sbomctl.filesystems.blob import FileBlob
from sbomctl.filesystems.detect import open_file_system
from sbomctl.filesystems.walk import walk

LIMIT = 1_000_000


MIB = 1 << 20


_MADE: list[tuple[Path, Listing]] = []


def hard(factory: pytest.TempPathFactory) -> tuple[Path, Listing]:
    """The tree of :func:`hard_tree`, made once in a test process, and what is in it."""
    if not _MADE:
        root = hard_tree(factory.mktemp("trees") / "hard")
        _MADE.append((root, of_directory(root)))
    return _MADE[0]


def read(image: Path) -> tuple[Listing, FileSystem]:
    """What our reader says of an image that the detection opens."""
    with image.open("rb") as file:
        tree = open_file_system(FileBlob(file.fileno()))
        assert not tree.faults
        return of_file_system(tree), tree


def assert_same(found: Listing, expected: Listing) -> None:
    """Paths, types, permissions, sizes, link targets, contents and names of one file."""
    assert not found - expected
    assert found.linked == expected.linked


@dataclass(frozen=True)
class Entry:
    """One path as ``lstat`` and ``open`` see it."""

    mode: int  # type and permissions
    size: int
    link: bytes = b""
    sha256: str = ""


@dataclass(frozen=True)
class Listing:
    """A whole tree: entries by path, and which paths are names of one file."""

    entries: dict[bytes, Entry]
    linked: frozenset[frozenset[bytes]]

    def __sub__(self, other: Listing) -> dict[bytes, tuple[Entry | None, Entry | None]]:
        """What differs, for the message of a test that fails."""
        paths = self.entries.keys() | other.entries.keys()
        pairs = {path: (self.entries.get(path), other.entries.get(path)) for path in sorted(paths)}
        return {path: pair for path, pair in pairs.items() if pair[0] != pair[1]}


def hard_tree(root: Path) -> Path:
    """Link targets around the edges of inodes, sparse and empty files, large directories, odd names, devices."""
    rnd = random.Random(7)
    root.mkdir()
    for length in (1, 59, 60, 61, 201):
        (root / f"link-{length}").symlink_to("a" * length)
    (root / "one").write_bytes(b"x")
    (root / "h2").hardlink_to(root / "one")
    (root / "d").mkdir(mode=0o1777)
    (root / "d/h3").hardlink_to(root / "one")
    with (root / "sparse").open("wb") as file:
        file.truncate(16 << 20)
        os.pwrite(file.fileno(), b"MID", 8 << 20)
        os.pwrite(file.fileno(), b"END", (16 << 20) - 3)
    (root / "empty").touch(mode=0o000 if os.geteuid() == 0 else 0o400)  # only root can read what nobody may
    for size in (40, 59, 60, 61, 100, 150, 200, 4095, 4096, 4097, 131072, 1_500_000):
        (root / f"random-{size}").write_bytes(rnd.randbytes(size))
    (root / "repeated").write_bytes(b"ABCDEFG\n" * 50_000)
    (root / "text").write_text("".join(f"line {n} of {n * n}\n" for n in range(20_000)))
    (root / "big").mkdir()
    for number in range(3000):
        (root / f"big/a_file_with_a_rather_long_name_{number}").touch()
    for name in (
        "ünïcödé-日本".encode(),
        b"latin1-\xe9",
        b"new\nline",
        b" lead",
        b"Case",
        b"case",
        b".wh.gone",
        b"n" * 255,
    ):
        Path(os.fsdecode(os.fsencode(root) + b"/" + name)).write_bytes(name)
    (root / "program").write_bytes(b"\x7fELF" + rnd.randbytes(100))
    (root / "program").chmod(0o4755)
    deep = root
    for level in range(30):
        deep = deep / f"level{level}"
    deep.mkdir(parents=True)
    (deep / "f").write_text("deep")
    os.mkfifo(root / "fifo")
    if os.geteuid() == 0:
        os.mknod(root / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        os.mknod(root / "loop", stat.S_IFBLK | 0o660, os.makedev(7, 0))
        os.mknod(root / "whiteout", stat.S_IFCHR, 0)
    return root


def boot_tree(root: Path) -> Path:
    """What a FAT can hold: long names, both cases, many entries."""
    (root / "overlays").mkdir(parents=True)
    for number in range(200):
        (root / f"overlays/a-rather-long-overlay-name-{number}.dtbo").write_text(f"o{number}")
    (root / "kernel8.img").write_bytes(random.Random(1).randbytes(700_000))
    for name in (
        "cmdline.txt",
        "LICENCE.broadcom",
        "überlänge ünïcode.txt",
        "UPPER.TXT",
        "Mixed.Case",
        "no_suffix",
        "a.b.c",
    ):
        (root / name).write_text(name)
    (root / "EFI/BOOT").mkdir(parents=True)
    (root / "EFI/BOOT/BOOTAA64.EFI").write_bytes(b"MZ")
    (root / "empty").touch()
    return root


def of_directory(root: Path) -> Listing:
    """The tree below a directory of the host."""
    entries: dict[bytes, Entry] = {}
    groups: dict[int, set[bytes]] = defaultdict(set)
    top = os.fsencode(root)
    for directory, folders, files in os.walk(top):
        for name in folders + files:
            host = directory + b"/" + name
            found = os.lstat(host)
            path = host[len(top) + 1 :]
            link = os.readlink(host) if stat.S_ISLNK(found.st_mode) else b""  # noqa: PTH115 - pathlib knows no bytes
            digest = ""
            if stat.S_ISREG(found.st_mode):
                with Path(os.fsdecode(host)).open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                groups[found.st_ino].add(path)
            entries[path] = Entry(found.st_mode, found.st_size if digest else 0, link, digest)
    return Listing(entries, frozenset(frozenset(paths) for paths in groups.values() if len(paths) > 1))


def of_tar(data: bytes) -> Listing:
    """The tree in a tar; nothing is unpacked, so that devices need no root."""
    entries: dict[bytes, Entry] = {}
    groups: dict[bytes, set[bytes]] = defaultdict(set)
    kinds = {tarfile.DIRTYPE: stat.S_IFDIR, tarfile.SYMTYPE: stat.S_IFLNK, tarfile.CHRTYPE: stat.S_IFCHR,
             tarfile.BLKTYPE: stat.S_IFBLK, tarfile.FIFOTYPE: stat.S_IFIFO}  # fmt: skip
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for info in tar:
            path = os.fsencode(info.name.removeprefix("./"))
            first = os.fsencode(info.linkname.removeprefix("./"))
            if info.islnk():
                entries[path] = entries[first]
                groups[first] |= {first, path}
            elif path != b".":
                file = tar.extractfile(info) if info.isreg() else None
                content = hashlib.sha256(file.read()).hexdigest() if file else ""
                link = os.fsencode(info.linkname) if info.issym() else b""
                mode = kinds.get(info.type, stat.S_IFREG) | info.mode
                entries[path] = Entry(mode, info.size if content else 0, link, content)
    return Listing(entries, frozenset(map(frozenset, groups.values())))


def of_file_system(tree: FileSystem) -> Listing:
    """The tree that a reader gives, without lost+found; no entry may have a fault."""
    entries: dict[bytes, Entry] = {}
    groups: dict[int, set[bytes]] = defaultdict(set)
    for path, node, fault in walk(tree, LIMIT):
        assert not fault, (path, fault)
        assert node is not None
        if path == b"lost+found":
            continue
        is_file = stat.S_ISREG(node.mode)
        link = node.target() if stat.S_ISLNK(node.mode) else b""
        entries[path] = Entry(node.mode, node.size if is_file else 0, link, digest(node) if is_file else "")
        if is_file and node.links > 1:
            groups[node.key].add(path)
    return Listing(entries, frozenset(frozenset(paths) for paths in groups.values() if len(paths) > 1))


def digest(node: Node) -> str:
    """SHA-256 of a file, read in odd pieces, so that reads start and end inside of blocks."""
    whole = hashlib.sha256()
    at = 0
    while at < node.size:
        piece = node.pread(at, 777_777)
        assert piece
        whole.update(piece)
        at += len(piece)
    assert node.pread(at, 10) == b""
    return whole.hexdigest()


def make(*command: object) -> None:
    """Run a program that makes a file system; skips the test where it is not installed."""
    program, *rest = map(str, command)
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "MTOOLS_SKIP_CHECK": "1", "SOURCE_DATE_EPOCH": "1780300800"}
    done = subprocess.run([tool(program), *rest], env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")


def sized(path: Path, size: int) -> Path:
    """An empty, sparse file of that many bytes."""
    with path.open("wb") as file:
        file.truncate(size)
    return path
