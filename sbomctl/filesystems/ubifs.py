"""UBIFS, in a volume of UBI or bare as mkfs.ubifs makes it.

From "A Brief Introduction to the Design of UBIFS" (A. Hunter) and the kernel's documentation,
filesystems/ubifs.rst. Numbers are little-endian. The index is read and the journal applied to
it in memory; where the index is damaged, all nodes are searched and the newest count.
"""

from __future__ import annotations

import stat
import struct
import uuid
from bisect import bisect_left
from collections.abc import Iterator

from sbomctl.filesystems._codecs import Decode, decoder
from sbomctl.filesystems._ubifs_index import Changes, Index, entry, journal, ordered
from sbomctl.filesystems._ubifs_nodes import (
    BLOCK,
    DATA,
    DENTRY,
    INODE,
    MAGIC,
    MASTER,
    SUPERBLOCK,
    XENTRY,
    Found,
    block_of,
    checked,
    key,
    nodes_in,
)
from sbomctl.filesystems.base import Blob, Damaged, Node, Reader, Unreadable, device_of, exactly
from sbomctl.filesystems.blob import Windows
from sbomctl.filesystems.ubi import Volume

_SUPER = struct.Struct("<26xBBIIIIIQIII")  # from the hash of keys to the erase blocks of orphans
_SUPER_BYTES = 4096
_UUID, _VERSION, _READ_VERSION = 108, 80, 124
_KNOWN_VERSION = 5
_FLAGS = 0x3F
_MASTER = struct.Struct("<44xIIII")  # where the log starts; the root of the index
_INODE = struct.Struct("<48xQ36xI8xIII")  # size, links, mode, flags, bytes of data
_NODE_BYTES = 160  # of an inode without what follows it
_F_ENCRYPTED = 0x40
_CODECS = {1: "lzo", 2: "deflate", 3: "zstd"}
_FIRST_MASTER, _MASTERS, _LOG = 1, 2, 3


def is_ubifs(blob: Blob) -> bool:
    """Whether it starts with a superblock."""
    head = blob.pread(0, 24)
    return head.startswith(MAGIC) and head[20:21] == bytes([SUPERBLOCK])


class Ubifs:
    """A UBIFS as the kernel would mount it."""

    kind = "UBIFS"
    label = ""
    root = 1

    def __init__(self, blob: Blob) -> None:
        self._blob = blob
        self.notes: tuple[str, ...] = ()
        self.faults: tuple[str, ...] = ()
        self.index, self.changes = Index(), Changes()
        self._windows = Windows(blob, 4096, most=2048, over=512)
        self._decoders: dict[int, Decode] = {}
        node = checked(exactly(blob, 0, _SUPER_BYTES), SUPERBLOCK)
        self.uuid = str(uuid.UUID(bytes=node[_UUID : _UUID + 16]))
        self._read(self._geometry(node))

    def _geometry(self, node: bytes) -> range:
        """Take in what the superblock says; the erase blocks of the log."""
        _, form, flags, _, self._block_bytes, count, _, _, log, table, orphans = _SUPER.unpack_from(node)
        version, wanted = (struct.unpack_from("<I", node, at)[0] for at in (_VERSION, _READ_VERSION))
        if (version > _KNOWN_VERSION and wanted) or form or flags & ~_FLAGS:
            raise Unreadable(f"UBIFS with features that are not known here (version {version}, flags {flags:#x})")
        if not 4096 <= self._block_bytes <= 1 << 21 or self._block_bytes % 8 or max(log, table, orphans) > 1 << 16:
            raise Damaged("its superblock contradicts itself (sizes of erase blocks or of the log)")
        self._main = _LOG + log + table + orphans
        if not isinstance(self._blob, Volume):
            if count * self._block_bytes > self._blob.size:
                claimed = f"{self._blob.size:,} bytes of {count * self._block_bytes:,} are here"
                self.faults = (f"it is cut off: {claimed}",)
        elif self._blob.block_bytes != self._block_bytes:
            made_for = f"{self._block_bytes:,} bytes, not {self._blob.block_bytes:,}"
            raise Damaged(f"it is made for erase blocks of {made_for}")
        return range(_LOG, _LOG + log)

    def _read(self, log: range) -> None:
        size = self._block_bytes
        try:
            first, *root = self._master()
            self.index.read(self._blob, size, (root[0], root[1], root[2]))
            nodes, damaged = journal(self._blob, size, log, first)
            self.notes = ("journal applied",) if nodes else ()
        except Damaged as error:
            self.index = Index()
            nodes, damaged = ordered(self._blob, ((one * size, one * size + size) for one in self._used()))
            self.faults += (f"{error}; every node was searched instead, deleted files may be among what is listed",)
        if damaged:
            self.faults += (f"damaged nodes, left out: {damaged}",)
        self.changes.apply(nodes)

    def _master(self) -> tuple[int, ...]:
        """What the newest copy of the master node says."""
        places = (number * self._block_bytes for number in range(_FIRST_MASTER, _FIRST_MASTER + _MASTERS))
        nodes = [node for place in places for node in nodes_in(self._blob, place, place + self._block_bytes)]
        found = [node for node in nodes if node and node.kind == MASTER and len(node.data) >= _MASTER.size]
        if not found:
            raise Damaged("its master node is missing")
        newest: Found = max(found, key=lambda node: node.number)
        return _MASTER.unpack_from(newest.data)

    def _used(self) -> Iterator[int]:
        """The erase blocks that may hold files."""
        blob = self._blob
        every = blob.mapped() if isinstance(blob, Volume) else iter(range(-(-blob.size // self._block_bytes)))
        return (number for number in every if number >= self._main)

    def node(self, ref: int) -> UbifsNode:
        """The inode of that number; raises ``Damaged``."""
        if ref in self.changes.inodes:
            place = self.changes.inodes[ref]
        else:
            wanted = key(ref, INODE)
            at = bisect_left(self.index.keys, wanted)
            is_there = at < len(self.index.keys) and self.index.keys[at] == wanted
            place = (self.index.places[at], self.index.lengths[at]) if is_there else None
        if place is None:
            raise Damaged(f"it names inode {ref}, which is not there")
        return UbifsNode(self, ref, self.stored(*place, INODE))

    def stored(self, place: int, length: int, kind: int) -> bytes:
        """A node; raises ``Damaged``."""
        if length <= 512:
            window, start = self._windows.place(place, length)
            return checked(window[start : start + length], kind)
        if length > _SUPER_BYTES + _NODE_BYTES:
            raise Damaged("one of its nodes is too long")
        return checked(exactly(self._blob, place, length), kind)

    def decode(self, codec: int, data: bytes, size: int) -> bytes:
        """The content of a data node; raises ``Damaged``."""
        if not codec:
            return data
        if codec not in self._decoders:
            if codec not in _CODECS:
                raise Unreadable(f"it is compressed in the unknown way {codec}")
            self._decoders[codec] = decoder(_CODECS[codec])
        return self._decoders[codec](data, size)


class UbifsNode(Node):
    """One inode."""

    __slots__ = ("_flags", "_table", "_tree", "inline")

    def __init__(self, tree: Ubifs, number: int, raw: bytes) -> None:
        if len(raw) < _NODE_BYTES:
            raise Damaged(f"inode {number} is too short")
        size, links, mode, self._flags, length = _INODE.unpack_from(raw)
        super().__init__(number, mode, size, links)
        self._tree = tree
        self.inline = raw[_NODE_BYTES : _NODE_BYTES + length]
        self._table: tuple[list[int], list[tuple[int, int]]] | None = None

    def _refuse_encrypted(self) -> None:
        if self._flags & _F_ENCRYPTED:
            raise Unreadable("it is encrypted (fscrypt)")

    def names(self) -> Iterator[tuple[bytes, int]]:
        """See ``Node``."""
        self._refuse_encrypted()
        return self._entries(DENTRY, self._tree.changes.names.get(self.key, {}))

    def _entries(self, kind: int, changed: dict[bytes, int]) -> Iterator[tuple[bytes, int]]:
        tree, fault = self._tree, ""
        for at in tree.index.between(key(self.key, kind), key(self.key, kind + 1)):
            try:
                name, inode = entry(tree.stored(tree.index.places[at], tree.index.lengths[at], kind))
            except Damaged as error:
                fault = str(error)
                continue
            if name not in changed:
                yield name, inode
        yield from ((name, inode) for name, inode in changed.items() if inode)
        if fault:
            raise Damaged(fault)

    def device(self) -> int:
        """See ``Node``; the numbers are in the inode."""
        if not stat.S_ISCHR(self.mode) and not stat.S_ISBLK(self.mode):
            raise Damaged("it is no device")
        return device_of(int.from_bytes(self.inline[:8], "little"))

    def attribute(self, name: bytes) -> bytes | None:
        """See ``Node``; each is an inode of its own, with a name as a directory gives it."""
        for one, inode in self._entries(XENTRY, self._tree.changes.attributes.get(self.key, {})):
            if one == name:
                return self._tree.node(inode).inline
        return None

    def target(self) -> bytes:
        """See ``Node``."""
        self._refuse_encrypted()
        if not stat.S_ISLNK(self.mode):
            raise Damaged("it is no symbolic link")
        return self.inline

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``."""
        self._refuse_encrypted()
        numbers, places = self._blocks()
        end = min(offset + size, self.size)
        parts = []
        at = bisect_left(numbers, offset // BLOCK)
        while offset < end:
            number, start = divmod(offset, BLOCK)
            if at < len(numbers) and numbers[at] == number:
                part = self._block(*places[at])[start : start + end - offset]
                at += 1
            else:
                following = numbers[at] * BLOCK if at < len(numbers) else end
                part = bytes(min(following, end) - offset)
            parts.append(part)
            offset += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def stored(self) -> int:
        """See ``Node``."""
        return min(self.size, len(self._blocks()[0]) * BLOCK)

    def _block(self, place: int, length: int) -> bytes:
        """The content of a block, zeros where it is shorter."""
        raw = self._tree.stored(place, length, DATA)
        if len(raw) < 48:
            raise Damaged("one of its nodes is too short")
        size, codec = struct.unpack_from("<IH", raw, 40)
        if size > BLOCK:
            raise Damaged(f"it has a block of {size:,} bytes")
        data = self._tree.decode(codec, raw[48:], size)
        if len(data) != size:
            raise Damaged(f"one of its blocks holds {len(data):,} bytes of {size:,}")
        return data.ljust(BLOCK, b"\0")

    def _blocks(self) -> tuple[list[int], list[tuple[int, int]]]:
        """The numbers of the blocks that are stored, in order, and where each is."""
        if self._table is None:
            index, changes = self._tree.index, self._tree.changes
            first = key(self.key, DATA)
            cut = min(changes.cuts.get(self.key, 1 << 29), 1 << 29)
            found = {
                block_of(index.keys[at]): (index.places[at], index.lengths[at])
                for at in index.between(first, first + cut)
            }
            found.update(changes.blocks.get(self.key, {}))
            self._table = sorted(found), [found[number] for number in sorted(found)]
        return self._table


UBIFS = Reader("ubifs", "UBIFS: zlib, lzo, zstd; journals that wait for recovery", is_ubifs, Ubifs)
