"""EROFS: plain, inline and chunked files, and those that are compressed.

Kernel documentation, Documentation/filesystems/erofs.rst, "On-disk details".
"""

from __future__ import annotations

import stat
import struct
import uuid
from collections.abc import Iterator
from functools import partial

from sbomctl.filesystems._erofs_compressed import Compressed, Packing
from sbomctl.filesystems.base import Blob, Damaged, Node, Reader, Unreadable, exactly
from sbomctl.filesystems.blob import Windows

_COMPOSEFS = b"\x9a\x62\x78\xd0"
_SUPERBLOCK = 1024
_MAGIC = b"\xe2\xe1\xf5\xe0"
_SUPER = struct.Struct("<4sIIBBH8xQIIII16s16sIHHHBBIQ")
_COMPACT = struct.Struct("<HHHHI4xI")  # format, xattrs, mode, links, size, where
_EXTENDED = struct.Struct("<HHH2xQI24xI")  # format, xattrs, mode, size, where, links
_INCOMPATIBLE = {
    0x1: "zero padding",
    0x2: "compression configurations",
    0x4: "chunked files",
    0x8: "device table",
    0x10: "packed tails",
    0x20: "fragments",
    0x40: "xattr prefixes",
}
_PLAIN, _LEGACY, _INLINE, _PACKED, _CHUNKED = range(5)
_MOST_LISTING = 1 << 28
_LINK_MAX = 1 << 16
_HOLE = 0xFFFFFFFF


def is_erofs(blob: Blob) -> bool:
    """Whether the magic number of a superblock is where it belongs, and it is no composefs, which holds no content."""
    return blob.pread(_SUPERBLOCK, 4) == _MAGIC and blob.pread(0, 4) != _COMPOSEFS


class Erofs:
    """An EROFS on one device."""

    notes: tuple[str, ...] = ()

    def __init__(self, blob: Blob) -> None:
        self.faults: tuple[str, ...] = ()
        head = exactly(blob, _SUPERBLOCK, _SUPER.size)
        fields = _SUPER.unpack(head)
        magic, _, _, bits, _, self.root, _, _, blocks, metadata, _, identity, label = fields[:13]
        incompatible, _, devices, _, _, _, _, self._packed = fields[13:]
        if magic != _MAGIC:
            raise Damaged("there is no EROFS superblock")
        if unknown := incompatible & ~sum(_INCOMPATIBLE):
            raise Unreadable(f"this EROFS has features that are not read here: 0x{unknown:x}")
        if devices and incompatible & 0x8:
            raise Unreadable("this EROFS has parts in other files (devices)")
        if not 9 <= bits <= 16:
            raise Damaged(f"its superblock claims blocks of 2^{bits} bytes")
        self.kind = "erofs"
        self.label = label.split(b"\0")[0].decode("utf-8", "replace")
        self.uuid = str(uuid.UUID(bytes=identity))
        self.blob, self.bits = blob, bits
        if blocks << bits > blob.size:
            self.faults = (f"it is cut off: {blob.size:,} bytes of {blocks << bits:,} are here",)
        self._metadata = metadata << bits
        self._windows = Windows(blob)
        self._ends: Node | None = None

    def node(self, ref: int) -> ErofsNode:
        """The inode of that number, which is its place."""
        place = self._metadata + ref * 32
        head = self._windows.record(place, 32)
        if head[0] & 1 and place % (1 << 14) + 64 > 1 << 14:
            return ErofsNode(self, ref, place, exactly(self.blob, place, 64))
        return ErofsNode(self, ref, place, self._windows.record(place, 64) if head[0] & 1 else head)

    def packed(self, asking: int) -> Node:
        """The file that holds ends of other files; it cannot hold its own."""
        if asking == self._packed:
            raise Damaged("the file for ends of files leads back to itself")
        if self._ends is None:
            self._ends = self.node(self._packed)
        return self._ends


class ErofsNode(Node):
    """One inode."""

    __slots__ = ("_compressed", "_end", "_layout", "_tree", "_where")

    def __init__(self, tree: Erofs, ref: int, place: int, head: bytes) -> None:
        if head[0] & 1:
            format_, xattrs, mode, size, self._where, links = _EXTENDED.unpack_from(head)
            length = 64
        else:
            format_, xattrs, mode, links, size, self._where = _COMPACT.unpack_from(head)
            length = 32
        super().__init__(ref, mode, size, links)
        self._tree, self._layout = tree, format_ >> 1 & 7
        self._end = place + length + (12 + (xattrs - 1) * 4 if xattrs else 0)
        self._compressed: Compressed | None = None

    def names(self) -> Iterator[tuple[bytes, int]]:
        """See ``Node``; each block starts with its entries, behind them are their names."""
        if self.size > _MOST_LISTING:
            raise Damaged(f"it claims {self.size:,} bytes of entries")
        block = 1 << self._tree.bits
        for start in range(0, self.size, block):
            data = self._read(start, min(block, self.size - start))
            if len(data) < 12:
                raise Damaged("its entries are damaged")
            count = int.from_bytes(data[8:10], "little") // 12
            if not 0 < count * 12 <= len(data):
                raise Damaged("its entries are damaged")
            entries = list(struct.iter_unpack("<QHBB", data[: count * 12]))
            ends = [offset for _, offset, _, _ in entries[1:]]
            for (number, offset, _, _), end in zip(entries, [*ends, len(data)], strict=True):
                name = data[offset:end].partition(b"\0")[0]
                if name not in (b".", b".."):
                    yield name, number

    def target(self) -> bytes:
        """See ``Node``."""
        if self.size > _LINK_MAX or not stat.S_ISLNK(self.mode):
            raise Damaged(f"it is a symbolic link of {self.size:,} bytes")
        return self._read(0, self.size)

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``."""
        if not stat.S_ISREG(self.mode):
            raise Damaged("it is no regular file")
        return self._read(offset, max(0, min(size, self.size - offset)))

    def _read(self, offset: int, size: int) -> bytes:
        blob, bits = self._tree.blob, self._tree.bits
        if self._layout == _PLAIN:
            return exactly(blob, (self._where << bits) + offset, size)
        if self._layout == _INLINE:
            return self._with_inline_tail(offset, size)
        if self._layout == _CHUNKED:
            return b"".join(self._chunks(offset, offset + size))
        if self._layout not in (_LEGACY, _PACKED):
            raise Unreadable(f"it has the unknown layout {self._layout}")
        if self._compressed is None:
            ends = partial(self._tree.packed, self.key)
            packing = Packing(blob, bits, self.size, self._end, self._layout == _LEGACY, ends)
            self._compressed = Compressed(packing)
        return self._compressed.pread(offset, size)

    def _with_inline_tail(self, offset: int, size: int) -> bytes:
        """All whole blocks are together, the rest lies behind the inode."""
        blob, bits = self._tree.blob, self._tree.bits
        whole = self.size >> bits << bits
        first = min(size, max(0, whole - offset))
        data = exactly(blob, (self._where << bits) + offset, first) if first else b""
        return data + exactly(blob, self._end + max(0, offset - whole), size - first)

    def _chunks(self, offset: int, end: int) -> Iterator[bytes]:
        blob, bits = self._tree.blob, self._tree.bits
        log = bits + (self._where & 31)
        wide = self._where & 0x20
        width = 8 if wide else 4
        table = -(-self._end // width) * width
        while offset < end:
            index, start = offset >> log, offset & (1 << log) - 1
            entry = exactly(blob, table + index * width, width)
            place = int.from_bytes(entry[4:] if wide else entry, "little")
            count = min(end - offset, (1 << log) - start)
            yield bytes(count) if place == _HOLE else exactly(blob, (place << bits) + start, count)
            offset += count


EROFS = Reader("erofs", "EROFS: plain, chunked, lz4, lzma, deflate and zstd", is_erofs, Erofs)
