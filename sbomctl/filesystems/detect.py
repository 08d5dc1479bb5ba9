"""What a blob holds: a file system that is read here, or what keeps it from being read."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from sbomctl.filesystems._signatures import HEAD, named
from sbomctl.filesystems._spool import compression, opening, spooled
from sbomctl.filesystems.base import Blob, Damaged, FileSystem, Node, Reader, Unreadable
from sbomctl.filesystems.blob import Held, first_data
from sbomctl.filesystems.cpio import CPIO
from sbomctl.filesystems.readers import READERS

_PIECE = 1 << 20


class Empty:
    """Only zeros, or blank flash: a slot that is still free, as a file system without files."""

    label = uuid = ""
    root = 0
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def node(self, ref: int) -> Node:  # noqa: ARG002 - there is only one
        """The root."""
        return _Bare(0, stat.S_IFDIR | 0o755, 0)


class _Bare(Node):
    __slots__ = ()

    def names(self) -> Iterator[tuple[bytes, int]]:
        return iter(())


def reader_of(blob: Blob) -> Reader | None:
    """Who reads the file system that starts here; None when nobody does. Raises ``Damaged``."""
    return next((reader for reader in READERS if reader.is_here(blob)), None)


def known_by_name(blob: Blob) -> str:
    """What it is, where that can be told and is not read: "a swap area"; else ""."""
    return named(blob.pread(0, HEAD))


def open_file_system(blob: Blob) -> FileSystem:
    """The file system in a blob; raises ``Damaged``, and ``Unreadable`` with what it is."""
    reader = reader_of(blob)
    if reader is not None:
        return reader.open(blob)
    packed = _compressed(blob)
    if packed is not None:
        return packed
    name = known_by_name(blob)
    if name:
        raise Unreadable(f"{name}, which is not read here")
    for fill, kind in ((0, "nothing but zeros"), (0xFF, "nothing but blank flash")):
        if is_zero(blob, fill=fill):
            return Empty(kind)
    raise Unreadable("no file system that is known here")


def _compressed(blob: Blob) -> FileSystem | None:
    """The file system that is compressed as a whole, as a ramdisk is; None where that is not what it is."""
    start = _start(blob)
    reader = reader_of(Held(start)) if start else None
    if reader is None:
        return None
    found = reader.open(decompressed_whole(blob))
    if reader is not CPIO:
        found.kind = f"{found.kind}, compressed with {compression(blob.pread(0, 16))}"
    return found


def decompressed_whole(blob: Blob) -> Blob:
    """What is in a blob that is compressed, else the blob; so is an initramfs, whose archives are so one by one.

    Raises ``Damaged``.
    """
    start = _start(blob)
    return spooled(blob, is_file=False) if start and not CPIO.is_here(Held(start)) else blob


def _start(blob: Blob) -> bytes:
    """The first bytes that come out; b"" where it is not compressed, or that cannot be undone."""
    try:
        return opening(blob, 0, 1 << 17) if compression(blob.pread(0, 16)) else b""
    except Damaged:
        return b""


def is_zero(blob: Blob, start: int = 0, fill: int = 0) -> bool:
    """Whether nothing but zeros, or ``fill``, is in it from ``start`` on; holes of the host's file are not read."""
    at = start if fill else first_data(blob, start)
    while at < blob.size:
        piece = blob.pread(at, _PIECE)
        if piece.count(fill) != len(piece):
            return False
        at = at + _PIECE if fill else first_data(blob, at + _PIECE)
    return True
