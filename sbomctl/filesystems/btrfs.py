"""btrfs on one device, with subvolumes and compressed extents (btrfs documentation, "On-disk Format")."""

from __future__ import annotations

import stat
import struct
import uuid
from collections.abc import Iterator

from sbomctl.filesystems._btrfs_extents import Extent, extent_content, extent_of
from sbomctl.filesystems._btrfs_tree import CHUNK, Chunks, Trees
from sbomctl.filesystems._crc32c import crc32c
from sbomctl.filesystems.base import Blob, Damaged, Node, Reader, Unreadable, exactly

_SUPERBLOCK = 0x10000
_MAGIC = b"_BHRfS_M"
_KNOWN = 0xFFF | 0x10000  # incompatible features: all but zoned devices and the new extent and stripe trees
_INODE, _DIRECTORY, _EXTENT, _ROOT, _ROOT_REF = 1, 96, 108, 132, 156
_DIRECTORY_ITEM = 84
_TOP, _ROOT_DIRECTORY, _FIRST = 5, 6, 256
_END = (1 << 64) - 1
_LINK_MAX = 1 << 16
_MOST_EXTENTS = 1 << 20


def is_btrfs(blob: Blob) -> bool:
    """Whether the magic number of a superblock is where it belongs."""
    return blob.pread(_SUPERBLOCK + 64, 8) == _MAGIC


class Btrfs:
    """A btrfs; its root is the default subvolume, others appear where they are in it."""

    kind = "btrfs"
    notes: tuple[str, ...] = ()

    def __init__(self, blob: Blob) -> None:
        head = exactly(blob, _SUPERBLOCK, 4096)
        if head[64:72] != _MAGIC:
            raise Damaged("there is no btrfs superblock")
        roots, chunk_root, log, _, claimed, _, _, devices = struct.unpack_from("<QQQQQQQQ", head, 80)
        self.sector, node_bytes = struct.unpack_from("<II", head, 144)
        array, incompatible = struct.unpack_from("<I", head, 160)[0], struct.unpack_from("<Q", head, 188)[0]
        self._check(incompatible, devices, node_bytes)
        self.label = head[299:555].split(b"\0")[0].decode("utf-8", "replace")
        self.uuid = str(uuid.UUID(bytes=head[32:48]))
        self.faults = tuple(_what_is_wrong(head, log, claimed, blob.size))
        self.chunks = Chunks(blob)
        self._take_chunks(head[811 : 811 + min(array, 2048)])
        self.trees = Trees(self.chunks, node_bytes)
        for key, item in self.trees.items(chunk_root, (0, 0, 0), (_END, 255, _END)):
            if key[1] == CHUNK:
                self.chunks.add(key[2], item)
        self._roots = roots
        self._subvolumes: dict[int, int] = {}
        self._choose_root()

    def _check(self, incompatible: int, devices: int, node_bytes: int) -> None:
        if incompatible & ~_KNOWN:
            raise Unreadable(f"this btrfs has features that are not read here: 0x{incompatible & ~_KNOWN:x}")
        if devices != 1:
            raise Unreadable(f"this btrfs is spread over {devices} devices")
        if not 4096 <= node_bytes <= 65536 or self.sector not in (4096, 8192, 16384, 32768, 65536):
            raise Damaged("its superblock contradicts itself (sizes of nodes or sectors)")

    def _take_chunks(self, array: bytes) -> None:
        """The first chunks stand in the superblock: they hold the table of all."""
        at = 0
        while at + 17 < len(array):
            (start,) = struct.unpack_from("<Q", array, at + 9)
            at += 17 + self.chunks.add(start, array[at + 17 :])

    def _choose_root(self) -> None:
        """The default subvolume; what lies beside it is told, for it is not read."""
        chosen = _TOP
        low, high = (_ROOT_DIRECTORY, _DIRECTORY_ITEM, 0), (_ROOT_DIRECTORY, _DIRECTORY_ITEM, _END)
        for _, item in self.trees.items(self._roots, low, high):
            if item[30:37] == b"default":
                (chosen,) = struct.unpack_from("<Q", item)
        self.root = chosen << 64 | _FIRST
        beside = sorted(self._beside(chosen)) if chosen != _TOP else []
        if beside:
            self.faults += (f"its subvolumes {', '.join(beside)} are not below the default one and were not read",)

    def _beside(self, chosen: int) -> Iterator[str]:
        references = [
            (key[2], key[0], item[18:].decode("utf-8", "replace"))
            for key, item in self.trees.items(self._roots, (0, 0, 0), (_END, 255, _END))
            if key[1] == _ROOT_REF
        ]
        parents = {child: parent for child, parent, _ in references}
        for child, _, name in references:
            above = child
            for _ in range(len(parents)):
                above = above if above == chosen else parents.get(above, above)
            if above != chosen and not self._is_above(child, chosen, parents):
                yield name

    @staticmethod
    def _is_above(one: int, other: int, parents: dict[int, int]) -> bool:
        for _ in range(len(parents)):
            other = parents.get(other, other)
            if other == one:
                return True
        return False

    def subvolume(self, number: int) -> int:
        """The address of the tree of a subvolume; raises ``Damaged``."""
        known = self._subvolumes.get(number)
        if known is None:
            item = self.trees.first(self._roots, (number, _ROOT, 0), (number, _ROOT, _END))
            if item is None or len(item[1]) < 184:
                raise Damaged(f"it names subvolume {number}, which is nowhere")
            known = self._subvolumes[number] = struct.unpack_from("<Q", item[1], 176)[0]
        return known

    def node(self, ref: int) -> BtrfsNode:
        """The inode in a subvolume, both in one number; raises ``Damaged``."""
        number, inode = ref >> 64, ref & _END
        root = self.subvolume(number)
        item = self.trees.first(root, (inode, _INODE, 0), (inode, _INODE, _END))
        if item is None or len(item[1]) < 64:
            raise Damaged(f"it names inode {inode}, which is nowhere")
        return BtrfsNode(self, ref, root, item[1])


def _what_is_wrong(head: bytes, log: int, claimed: int, size: int) -> Iterator[str]:
    if not head[196] and not head[197] and crc32c(head[32:]) ^ 0xFFFFFFFF != struct.unpack_from("<I", head)[0]:
        yield "the checksum of its superblock is wrong"
    if log:
        yield "it was not unmounted; the log of its last changes was not applied"
    if claimed > size:
        yield f"it is cut off: {size:,} bytes of {claimed:,} are here"


class BtrfsNode(Node):
    """One inode."""

    __slots__ = ("_extents", "_kept", "_root", "_tree")

    def __init__(self, tree: Btrfs, ref: int, root: int, item: bytes) -> None:
        (size,) = struct.unpack_from("<Q", item, 16)
        links, _, _, mode = struct.unpack_from("<IIII", item, 40)
        super().__init__(ref, mode, size, links)
        self._tree, self._root = tree, root
        self._extents: list[Extent] | None = None
        self._kept: tuple[int, bytes] = (-1, b"")

    def names(self) -> Iterator[tuple[bytes, int]]:
        """See ``Node``; a name may lead to the top of another subvolume."""
        inode, above = self.key & _END, self.key >> 64 << 64
        low, high = (inode, _DIRECTORY, 0), (inode, _DIRECTORY, _END)
        for _, item in self._tree.trees.items(self._root, low, high):
            if len(item) < 30:
                raise Damaged("its entries are damaged")
            target, kind = struct.unpack_from("<QB", item)
            (length,) = struct.unpack_from("<H", item, 27)
            yield item[30 : 30 + length], target << 64 | _FIRST if kind == _ROOT else above | target

    def target(self) -> bytes:
        """See ``Node``."""
        if self.size > _LINK_MAX or not stat.S_ISLNK(self.mode):
            raise Damaged(f"it is a symbolic link of {self.size:,} bytes")
        return self.pread(0, self.size)

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``."""
        end = min(offset + size, self.size)
        parts = []
        for number, extent in enumerate(self._all_extents()):
            if extent.start + extent.size <= offset:
                continue
            if extent.start >= end:
                break
            parts.append(bytes(max(0, extent.start - offset)))
            offset = max(offset, extent.start)
            start = offset - extent.start
            count = min(end, extent.start + extent.size) - offset
            parts.append(self._content(number, extent, start, count))
            offset += count
        parts.append(bytes(max(0, end - offset)))
        return b"".join(parts)

    def stored(self) -> int:
        """See ``Node``."""
        return sum(extent.size for extent in self._all_extents())

    def _content(self, number: int, extent: Extent, start: int, count: int) -> bytes:
        """A part of an extent; a compressed one is kept, for it is read in pieces."""
        if not extent.compression and not extent.inline:
            return self._tree.chunks.pread(extent.address + extent.skip + start, count)
        if self._kept[0] != number:
            self._kept = (number, extent_content(extent, self._tree.chunks, self._tree.sector))
        data = self._kept[1][start : start + count]
        if len(data) != count:
            raise Damaged("one of its extents is shorter than it should be")
        return data

    def _all_extents(self) -> list[Extent]:
        if self._extents is None:
            inode = self.key & _END
            low, high = (inode, _EXTENT, 0), (inode, _EXTENT, _END)
            found: list[Extent] = []
            for key, item in self._tree.trees.items(self._root, low, high):
                extent = extent_of(key[2], item)
                if found and extent is not None and extent.start < found[-1].start + found[-1].size:
                    raise Damaged("its extents overlap")
                found += [extent] if extent is not None else []
                if len(found) > _MOST_EXTENTS:
                    raise Damaged(f"it is in more than {_MOST_EXTENTS:,} pieces")
            self._extents = found
        return self._extents


BTRFS = Reader("btrfs", "btrfs on one device: subvolumes, zlib, lzo, zstd", is_btrfs, Btrfs)
