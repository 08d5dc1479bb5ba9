"""squashfs 4.0, with each of its six compressors.

Kernel documentation, Documentation/filesystems/squashfs.rst, and "Squashfs Binary Format"
of the squashfs-tools-ng project.
"""

from __future__ import annotations

import stat
import struct
from array import array
from collections.abc import Iterator
from itertools import accumulate

from sbomctl.filesystems._codecs import decoder
from sbomctl.filesystems._squashfs_blocks import Blocks, Metadata
from sbomctl.filesystems.base import Blob, Damaged, Node, Reader, Unreadable, device_of, exactly

_MAGIC = b"hsqs"
_COMPRESSORS = {1: "gzip", 2: "lzma", 3: "lzo", 4: "xz", 5: "lz4", 6: "zstd"}
_NONE = 0xFFFFFFFF
_KINDS = (0, stat.S_IFDIR, stat.S_IFREG, stat.S_IFLNK, stat.S_IFBLK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK)
_HEAD = struct.Struct("<HH12x")
_DIRECTORY = {1: struct.Struct("<IIHHI"), 8: struct.Struct("<IIIIHHI")}
_FILE = {2: struct.Struct("<IIII"), 9: struct.Struct("<QQQIIII")}
_LONGEST = 56  # bytes of the longest inode without what may follow it
_LINK_MAX = 1 << 16
_MOST_BLOCKS = 1 << 24  # of one file
_MOST_LISTING = 1 << 28  # bytes of entries of one directory
_RUN = struct.Struct("<III").unpack_from
_ENTRY = struct.Struct("<H4xH").unpack_from
_SIZE = 0xFFFFFF  # the bit above says that a block is stored as it is


def is_squashfs(blob: Blob) -> bool:
    """Whether it starts with the magic number of a little-endian squashfs."""
    return blob.pread(0, 4) == _MAGIC


class Squashfs:
    """A squashfs; what lies behind it, as in bundles that are signed, is no part of it."""

    label = uuid = ""
    notes: tuple[str, ...] = ()

    def __init__(self, blob: Blob) -> None:
        self.faults: tuple[str, ...] = ()
        head = exactly(blob, 0, 96)
        magic, _, _, self.block_bytes, fragments, compressor, _, _, _, major, minor = struct.unpack_from(
            "<4sIIIIHHHHHH", head
        )
        if magic != _MAGIC:
            raise Damaged("there is no squashfs superblock")
        if (major, minor) != (4, 0):
            raise Unreadable(f"this is squashfs {major}.{minor}; only 4.0 is read")
        if compressor not in _COMPRESSORS:
            raise Unreadable(f"squashfs with the unknown compressor {compressor}")
        if self.block_bytes not in (1 << log for log in range(12, 21)):
            raise Damaged(f"its superblock claims blocks of {self.block_bytes:,} bytes")
        self.root, used, _, _, inodes, directories, fragment_table = struct.unpack_from("<QQQQQQQ", head, 32)
        self.kind = f"squashfs ({_COMPRESSORS[compressor]})"
        self.end = used  # in the blob
        if used > blob.size:
            self.faults = (f"it is cut off: {blob.size:,} bytes of {used:,} are here",)
        decode = decoder(_COMPRESSORS[compressor])
        self.metadata = Metadata(blob, decode)
        self.blocks = Blocks(blob, decode, self.block_bytes)
        self.directories = directories
        self._blob, self._inodes = blob, inodes
        self._fragments, self._fragment_table = fragments, fragment_table

    def node(self, ref: int) -> SquashNode:
        """The inode at a place of the inode table; raises ``Damaged``."""
        block, offset = self._inodes + (ref >> 16), ref & 0xFFFF
        data, after = self.metadata.block(block)
        if len(data) - offset < _LONGEST and after < self.directories:
            data = data[offset:] + self.metadata.block(after)[0][:_LONGEST]
            return SquashNode(self, ref, (block, offset), data, 0)
        return SquashNode(self, ref, (block, offset), data, offset)

    def fragment(self, number: int) -> bytes:
        """A block that holds the ends of several files."""
        if number >= self._fragments:
            raise Damaged(f"it names fragment {number}, of which there are {self._fragments}")
        (place,) = struct.unpack("<Q", exactly(self._blob, self._fragment_table + number // 512 * 8, 8))
        start, size = struct.unpack("<QI4x", self.metadata.read(place, number % 512 * 16, 16))
        return self.blocks.block(start, size)


class SquashNode(Node):
    """One inode."""

    __slots__ = ("_place", "_rest", "_sizes", "_starts", "_tree", "_what")

    def __init__(self, tree: Squashfs, ref: int, place: tuple[int, int], data: bytes, at: int) -> None:
        self._tree, self._place = tree, place
        self._sizes: array[int] | None = None
        self._rest = 24
        try:
            kind, mode = _HEAD.unpack_from(data, at)
            if not 0 < kind < 15:
                raise Damaged(f"it names an inode of the unknown type {kind}")
            size, links = self._parse(kind, data, at + 16)
        except struct.error:
            raise Damaged("it names an inode that is cut off") from None
        super().__init__(ref, _KINDS[(kind - 1) % 7 + 1] | mode & 0o7777, size, links)

    def _parse(self, kind: int, data: bytes, at: int) -> tuple[int, int]:
        """Size and number of names; the rest is kept as ``_what``."""
        if kind in _FILE:
            fields = _FILE[kind].unpack_from(data, at)
            self._rest = 16 + _FILE[kind].size
            if kind == 2:
                start, fragment, offset, size = fields
                links = 1
            else:
                start, size, _, links, fragment, offset, _ = fields
            self._what: tuple[int, ...] = (start, fragment, offset)
            return size, links
        if kind in _DIRECTORY:
            fields = _DIRECTORY[kind].unpack_from(data, at)
            start, links, size, offset = fields[:4] if kind == 1 else (fields[2], fields[0], fields[1], fields[5])
            self._what = (start, offset)
            return max(0, size - 3), links  # it counts entries for . and .. that are not there
        links, size = struct.unpack_from("<II", data, at) if kind in (3, 10) else (1, 0)
        return size, links

    def names(self) -> Iterator[tuple[bytes, int]]:
        """See ``Node``; runs of entries whose inodes lie in one block ("Directory Table")."""
        if not stat.S_ISDIR(self.mode):
            raise Damaged("it is no directory")
        if self.size > _MOST_LISTING:
            raise Damaged(f"it claims {self.size:,} bytes of entries")
        start, offset = self._what
        data = self._tree.metadata.read(self._tree.directories + start, offset, self.size)
        at = 0
        try:
            while at < len(data):
                count, block, _ = _RUN(data, at)
                at += 12
                for _ in range(count + 1):
                    inode, length = _ENTRY(data, at)
                    yield data[at + 8 : at + 9 + length], block << 16 | inode
                    at += length + 9
        except struct.error:
            raise Damaged("its entries end early") from None

    def target(self) -> bytes:
        """See ``Node``."""
        if self.size > _LINK_MAX or not stat.S_ISLNK(self.mode):
            raise Damaged(f"it is a symbolic link of {self.size:,} bytes")
        block, offset = self._place
        return self._tree.metadata.read(block, offset + self._rest, self.size)

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``."""
        if not stat.S_ISREG(self.mode):
            raise Damaged("it is no regular file")
        block = self._tree.block_bytes
        end = min(offset + size, self.size)
        parts = []
        while offset < end:
            number, start = divmod(offset, block)
            part = self._block(number)[start : start + end - offset]
            parts.append(part)
            offset += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def device(self) -> int:
        """See ``Node``; the number follows how many names there are."""
        if not (stat.S_ISCHR(self.mode) or stat.S_ISBLK(self.mode)):
            raise Damaged("it is no device")
        block, offset = self._place
        return device_of(int.from_bytes(self._tree.metadata.read(block, offset + 20, 4), "little"))

    def stored(self) -> int:
        """See ``Node``; blocks without size are holes."""
        sizes, _ = self._table()
        holes: int = sizes.count(0) * self._tree.block_bytes
        return self.size - holes

    def _block(self, number: int) -> bytes:
        """A block of content; never empty, never longer than what belongs to the file."""
        tree, (_, fragment, offset) = self._tree, self._what
        sizes, starts = self._table()
        want = min(tree.block_bytes, self.size - number * tree.block_bytes)
        if number >= len(sizes):
            data = tree.fragment(fragment)[offset : offset + want]
        elif sizes[number]:
            data = tree.blocks.block(starts[number], sizes[number])[:want]
        else:
            return bytes(want)
        if len(data) != want:
            raise Damaged(f"its block {number} holds {len(data):,} bytes of {want:,}")
        return data

    def _table(self) -> tuple[array[int], array[int]]:
        """The stored size of each block, and where it is: they lie one behind the other."""
        if self._sizes is None:
            start, fragment, _ = self._what
            block = self._tree.block_bytes
            count = self.size // block if fragment != _NONE else -(-self.size // block)
            if count > _MOST_BLOCKS:
                raise Damaged(f"it claims {self.size:,} bytes")
            place, offset = self._place
            raw = self._tree.metadata.read(place, offset + self._rest, 4 * count)
            self._sizes = array("I", struct.unpack(f"<{count}I", raw))
            lengths = (size & _SIZE for size in self._sizes)
            self._starts = array("Q", accumulate(lengths, initial=start))
        return self._sizes, self._starts


SQUASHFS = Reader("squashfs", "squashfs 4.0: gzip, lzma, xz, zstd, lz4, lzo", is_squashfs, Squashfs)
