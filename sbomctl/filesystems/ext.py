"""ext2, ext3 and ext4: superblock, groups and inodes.

Written from the kernel's documentation, Documentation/filesystems/ext4 ("Super Block",
"Block Group Descriptors", "Index Nodes").
"""

from __future__ import annotations

import os
import stat
import struct
import uuid
from collections.abc import Iterator

from sbomctl.filesystems import _ext_attributes, _ext_directory, _ext_features, _ext_inline, _ext_journal
from sbomctl.filesystems._crc32c import crc32c
from sbomctl.filesystems._ext_map import Map, read_map
from sbomctl.filesystems.base import Blob, Damaged, Node, Reader, Unreadable, device_of, exactly
from sbomctl.filesystems.blob import Windows

_SUPERBLOCK = 1024
_MAGIC = b"\x53\xef"
_ROOT = 2
_INODE = struct.Struct("<H2xI18xH4xI4x60s4xII")  # mode, size, links, flags, i_block, file ACL, size high
_F_ENCRYPT, _F_EXTENTS, _F_INLINE = 0x800, 0x80000, 0x10000000
_LINK_MAX = 1 << 16  # bytes; a link fills one block at most


def is_ext(blob: Blob) -> bool:
    """Whether the magic number of a superblock is where it belongs."""
    head = blob.pread(_SUPERBLOCK, 0x5C)
    return head[0x38:0x3A] == _MAGIC and len(head) == 0x5C and struct.unpack_from("<I", head, 24)[0] <= 6


class Ext:
    """An ext file system; the journal of one that was not unmounted is applied in memory."""

    root = _ROOT

    def __init__(self, blob: Blob) -> None:
        self._super = superblock = exactly(blob, _SUPERBLOCK, 1024)
        if superblock[0x38:0x3A] != _MAGIC:
            raise Damaged("there is no ext superblock")
        self.features = features = _ext_features.of(superblock)
        self.kind = features.kind
        self.label = superblock[0x78:0x88].split(b"\0")[0].decode("utf-8", "replace")
        self.uuid = str(uuid.UUID(bytes=superblock[0x68:0x78]))
        self._geometry()
        self.faults = tuple(self._what_is_wrong(blob))
        self.notes: tuple[str, ...] = ()
        self._use(blob)
        if features.needs_recovery:
            self._recover(blob)

    def _geometry(self) -> None:
        number = struct.Struct("<I").unpack_from
        superblock, wide = self._super, self.features.is_64bit
        (self._inodes,), (self._blocks,) = number(superblock, 0), number(superblock, 4)
        self._blocks |= number(superblock, 0x150)[0] << 32 if wide else 0
        (self._first,), (log,) = number(superblock, 0x14), number(superblock, 0x18)
        (self._per_group,), (self._inodes_per_group,) = number(superblock, 0x20), number(superblock, 0x28)
        (self._first_meta_group,) = number(superblock, 0x104)
        has_revision = number(superblock, 0x4C)[0]
        self._inode_bytes = struct.unpack_from("<H", superblock, 0x58)[0] if has_revision else 128
        self._descriptor_bytes: int = struct.unpack_from("<H", superblock, 0xFE)[0] if wide else 32
        if log > 6:
            raise Damaged(f"its superblock claims blocks of 2^{10 + log} bytes")
        block = 1024 << log
        self.block_bytes: int = block
        sizes = (self._inode_bytes, self._descriptor_bytes)
        fits = all(32 <= one <= block and not one & (one - 1) for one in sizes)
        if not fits or not 128 <= self._inode_bytes <= 1 << 14 or not self._per_group or not self._inodes_per_group:
            raise Damaged("its superblock contradicts itself (sizes of inodes, descriptors or groups)")

    def _what_is_wrong(self, blob: Blob) -> Iterator[str]:
        if self.features.has_checksums and crc32c(self._super[:1020]) != struct.unpack_from("<I", self._super, 1020)[0]:
            yield "the checksum of its superblock is wrong"
        claimed = self._blocks * self.block_bytes
        if claimed > blob.size:
            yield f"it is cut off: {blob.size:,} bytes of {claimed:,} are here"

    def _use(self, blob: Blob) -> None:
        self.blob = blob
        self._tables: dict[int, int] = {}
        self._windows = Windows(blob)

    def _recover(self, blob: Blob) -> None:
        try:
            replayed, note = _ext_journal.replayed(self, blob, struct.unpack_from("<I", self._super, 0xE0)[0])
        except Damaged as error:
            self.faults += (f"it was not unmounted and its journal cannot be replayed: {error}",)
            return
        self._use(replayed)
        self.notes += (note,)

    def node(self, ref: int) -> ExtNode:
        """The inode of that number; raises ``Damaged``."""
        if not 0 < ref <= self._inodes:
            raise Damaged(f"it names inode {ref}, of which there are {self._inodes}")
        group, index = divmod(ref - 1, self._inodes_per_group)
        table = self._tables.get(group)
        if table is None:
            table = self._tables[group] = self._table(group)
        size = self._inode_bytes
        window, start = self._windows.place(table + index * size, size)
        return ExtNode(self, ref, window, start)

    def space_behind(self, window: bytes, start: int) -> bytes:
        """All bytes of an inode, with those behind its fields."""
        return window[start : start + self._inode_bytes]

    def _table(self, group: int) -> int:
        """The offset of the inode table of a group."""
        size, per_block = self._descriptor_bytes, self.block_bytes // self._descriptor_bytes
        meta, index = divmod(group, per_block)
        block = _SUPERBLOCK // self.block_bytes + 1 + meta  # behind the superblock, whatever the first data block is
        if self.features.is_meta_bg and meta >= self._first_meta_group and meta:
            block = self._first + meta * per_block * self._per_group + self._has_super(meta * per_block)
        descriptor = exactly(self.blob, block * self.block_bytes + index * size, size)
        number: int = int.from_bytes(descriptor[8:12], "little") | int.from_bytes(descriptor[0x28:0x2C], "little") << 32
        return number * self.block_bytes

    def _has_super(self, group: int) -> bool:
        """Whether a group starts with a copy of the superblock ("sparse_super")."""
        if not self.features.is_sparse_super or group <= 1:
            return True
        powers = (base**exponent for base in (3, 5, 7) for exponent in range(1, 21))
        return group in powers


class ExtNode(Node):
    """One inode."""

    __slots__ = ("_block", "_flags", "_map", "_start", "_tree", "_window")

    def __init__(self, tree: Ext, number: int, window: bytes, start: int) -> None:
        # Nothing is called here that can be done without: there is one for every file.
        self.mode, size, self.links, self._flags, self._block, _, high = _INODE.unpack_from(window, start)
        if not self.mode:
            raise Damaged(f"it names inode {number}, which is not in use")
        if high and (self.mode & 0o170000 == stat.S_IFREG or tree.features.is_largedir):
            size |= high << 32
        self.key, self.size = number, size
        self._tree, self._window, self._start = tree, window, start
        self._map: Map | None = None

    def _raw(self) -> bytes:
        return self._tree.space_behind(self._window, self._start)

    def names(self) -> Iterator[tuple[bytes, int]]:
        """See ``Node``; of an encrypted directory nothing can be said."""
        if self._flags & _F_ENCRYPT:
            raise Unreadable("it is encrypted (fscrypt)")
        if self._flags & _F_INLINE:
            pieces: Iterator[bytes] = iter(_ext_inline.directory(self._block, self._raw()))
        else:
            pieces = self._directory_blocks()
        return _ext_directory.names(pieces, has_types=self._tree.features.has_types)

    def _directory_blocks(self) -> Iterator[bytes]:
        tree, listed = self._tree, 0
        for offset, size in self._mapped().pieces(self.size):
            listed += size
            if listed > tree.blob.size:
                raise Damaged("it is larger than the whole file system")
            for start in range(offset, offset + size, tree.block_bytes):
                yield exactly(tree.blob, start, tree.block_bytes)

    def target(self) -> bytes:
        """See ``Node``; short ones lie in the inode ("Symbolic Links")."""
        if self._flags & _F_ENCRYPT:
            raise Unreadable("it is encrypted (fscrypt)")
        if self.size > _LINK_MAX:
            raise Damaged(f"it is a symbolic link of {self.size:,} bytes")
        mapped = self._flags & _F_EXTENTS and self._block.startswith(b"\x0a\xf3")
        if self.size < 60 and not mapped and not self._flags & _F_INLINE:
            return bytes(self._block[: self.size])
        return self.pread(0, self.size)

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``."""
        if self._flags & _F_ENCRYPT:
            raise Unreadable("it is encrypted (fscrypt)")
        end = min(offset + size, self.size)
        if self._flags & _F_INLINE:
            return _ext_inline.content(self._block, self._raw(), self.size)[offset:end]
        return self._mapped().pread(self._tree.blob, offset, end - offset)

    def device(self) -> int:
        """See ``Node``; two encodings ("i_block"): 8 bits each where they suffice, else the second word."""
        old, new = struct.unpack_from("<II", self._block)
        if old:
            return os.makedev(old >> 8 & 0xFF, old & 0xFF)
        return device_of(new)

    def attribute(self, name: bytes) -> bytes | None:
        """See ``Node``."""
        raw = self._raw()
        block = int.from_bytes(raw[0x68:0x6C], "little") | int.from_bytes(raw[0x76:0x78], "little") << 32
        shared = exactly(self._tree.blob, block * self._tree.block_bytes, self._tree.block_bytes) if block else b""
        return _ext_attributes.value(name, raw, shared)

    def stored(self) -> int:
        """See ``Node``."""
        return self.size if self._flags & _F_INLINE else self._mapped().stored()

    def _mapped(self) -> Map:
        if self._map is None:
            tree = self._tree
            self._map = read_map(tree.blob, tree.block_bytes, self._block, self.size, bool(self._flags & _F_EXTENTS))
        return self._map


EXT = Reader("ext", "ext2, ext3, ext4: inline data, journals that wait for recovery", is_ext, Ext)
