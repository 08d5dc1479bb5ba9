"""The journal of an ext file system that was not unmounted, applied in memory.

Kernel documentation, ext4, "Journal (jbd2)". Numbers in the journal are big-endian.
"""

from __future__ import annotations

import struct
from typing import Protocol

from sbomctl.filesystems.base import Blob, Damaged, Node, Unreadable, exactly

_MAGIC = b"\xc0\x3b\x39\x98"
_DESCRIPTOR, _COMMIT, _SUPER_V2, _REVOKE = 1, 2, 4, 5
_ESCAPED, _SAME_UUID, _LAST = 1, 2, 8
_64BIT, _ASYNC, _CSUM_V2, _CSUM_V3, _FAST_COMMIT = 0x2, 0x4, 0x8, 0x10, 0x20
_KNOWN = 0x1 | _64BIT | _ASYNC | _CSUM_V2 | _CSUM_V3 | _FAST_COMMIT


class _Tree(Protocol):
    block_bytes: int

    def node(self, ref: int, /) -> Node: ...


def replayed(tree: _Tree, blob: Blob, inode: int) -> tuple[Blob, str]:
    """``blob`` as it will be after the journal's transactions, and a note that says so; raises ``Damaged``."""
    if not inode:
        raise Unreadable("it is on another device")
    journal = _Journal(tree.node(inode), tree.block_bytes)
    blocks = journal.committed()
    count = f"{len(blocks):,} block{'' if len(blocks) == 1 else 's'}"
    return Replayed(blob, journal.node, tree.block_bytes, blocks), f"not unmounted; {count} taken from its journal"


class _Journal:
    def __init__(self, node: Node, block: int) -> None:
        self.node = node
        self._block = block
        head = exactly(node, 0, 1024)
        magic, kind, _, size, self._blocks, self._first, self._sequence, self._start = struct.unpack_from(
            ">4sIIIIIII", head
        )
        features = struct.unpack_from(">I", head, 40)[0] if kind == _SUPER_V2 else 0
        if magic != _MAGIC or size != block or not 0 < self._first < self._blocks <= node.size // block + 1:
            raise Damaged("its superblock is damaged")
        if features & ~_KNOWN:
            raise Unreadable(f"it has unknown features 0x{features & ~_KNOWN:x}")
        if features & _FAST_COMMIT:  # kept apart, at the end; a tail of such commits is a format of its own
            fast = struct.unpack_from(">I", head, 0x54)[0] or 256
            if exactly(node, (self._blocks - fast) * block, 2) != b"\0\0":
                raise Unreadable("it holds fast commits")
            self._blocks -= fast
        self._wide = bool(features & _64BIT)
        self._v3 = bool(features & _CSUM_V3)
        self._tail = 4 if features & (_CSUM_V2 | _CSUM_V3) else 0

    def _next(self, number: int) -> int:
        return self._first if number + 1 >= self._blocks else number + 1

    def committed(self) -> dict[int, tuple[int, bool]]:
        """Block of the file system → block of the journal that replaces it, and whether its magic was escaped."""
        done: list[tuple[int, dict[int, tuple[int, bool]]]] = []
        revoked: dict[int, int] = {}
        now: dict[int, tuple[int, bool]] = {}
        no_longer: list[int] = []
        number, sequence = self._start, self._sequence
        for _ in range(self._blocks if number else 0):
            data = exactly(self.node, number * self._block, self._block)
            magic, kind, found = struct.unpack_from(">4sII", data)
            if magic != _MAGIC or found != sequence:
                break
            number = self._next(number)
            if kind == _DESCRIPTOR:
                number = self._described(data, number, now)
            elif kind == _REVOKE:
                no_longer += self._revoked(data)
            elif kind == _COMMIT:
                done.append((sequence, now))
                revoked |= dict.fromkeys(no_longer, sequence)
                now, no_longer, sequence = {}, [], sequence + 1 & 0xFFFFFFFF
        final: dict[int, tuple[int, bool]] = {}
        for age, blocks in done:
            final |= {place: source for place, source in blocks.items() if revoked.get(place, -1) < age}
        return final

    def _described(self, data: bytes, number: int, now: dict[int, tuple[int, bool]]) -> int:
        """The blocks that follow a descriptor; the number of what follows them."""
        at, tag = 12, 16 if self._v3 else 12 if self._wide else 8
        while at + tag <= self._block - self._tail:
            if self._v3:
                low, flags, high = struct.unpack_from(">III", data, at)
            else:
                low, _, flags = struct.unpack_from(">IHH", data, at)
                high = struct.unpack_from(">I", data, at + 8)[0] if self._wide else 0
            at += tag if flags & _SAME_UUID else tag + 16
            now[low | (high << 32 if self._wide else 0)] = (number, bool(flags & _ESCAPED))
            number = self._next(number)
            if flags & _LAST:
                break
        return number

    def _revoked(self, data: bytes) -> list[int]:
        (end,) = struct.unpack_from(">I", data, 12)
        width = 8 if self._wide else 4
        return [int.from_bytes(data[at : at + width], "big") for at in range(16, min(end, len(data)), width)]


class Replayed:
    """A blob in which blocks are replaced by those of the journal, which stay where they are."""

    __slots__ = ("_blob", "_block", "_blocks", "_journal", "size")

    def __init__(self, blob: Blob, journal: Node, block: int, blocks: dict[int, tuple[int, bool]]) -> None:
        self._blob, self._journal, self._block, self._blocks = blob, journal, block, blocks
        self.size = blob.size

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``."""
        data = self._blob.pread(offset, size)
        block = self._block
        touched = [n for n in range(offset // block, -(-(offset + len(data)) // block)) if n in self._blocks]
        if not touched:
            return data
        changed = bytearray(data)
        for number in touched:
            fresh = self._fresh(number)
            start, end = max(offset, number * block), min(offset + len(data), (number + 1) * block)
            changed[start - offset : end - offset] = fresh[start - number * block : end - number * block]
        return bytes(changed)

    def _fresh(self, number: int) -> bytes:
        place, escaped = self._blocks[number]
        data = exactly(self._journal, place * self._block, self._block)
        return _MAGIC + data[4:] if escaped else data
