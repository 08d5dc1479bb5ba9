"""Where the blocks of an ext file are: extent trees and block maps.

Kernel documentation, ext4, "The Contents of inode.i_block": "Extent Tree",
"Direct/Indirect Block Addressing".
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator

from sbomctl.filesystems.base import Blob, Damaged, exactly

_MAGIC = 0xF30A
_DEPTH = 5
_MOST_RUNS = 1 << 20
_HEADER = struct.Struct("<HHHH").unpack_from
_LEAF = struct.Struct("<IHHI").unpack_from
_INDEX = struct.Struct("<4xIH").unpack_from
_UNWRITTEN = 32768  # a length above it marks an extent that was reserved and reads as zeros
_DIRECT = 12


class Map:
    """Runs of blocks in file order; what lies between them is holes."""

    __slots__ = ("_block", "_runs", "_starts")

    def __init__(self, block: int, runs: list[tuple[int, int, int]]) -> None:
        """``runs``: first block in the file, first block on the disk, number of blocks."""
        self._block = block
        self._runs = runs
        self._starts = [run[0] for run in runs]

    def stored(self) -> int:
        """Bytes that have a place on the disk."""
        return sum(run[2] for run in self._runs) * self._block

    def pieces(self, size: int) -> Iterator[tuple[int, int]]:
        """Offset and length on the disk of what lies below ``size``, whole blocks, in file order."""
        end = -(-size // self._block)
        for first, place, count in self._runs:
            if first < end:
                yield place * self._block, min(count, end - first) * self._block

    def pread(self, blob: Blob, offset: int, size: int) -> bytes:
        """Content, holes as zeros."""
        parts = list(self._parts(blob, offset, size))
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _parts(self, blob: Blob, offset: int, size: int) -> Iterator[bytes]:
        block, runs = self._block, self._runs
        end = offset + size
        number = max(0, bisect_right(self._starts, offset // block) - 1)
        while offset < end:
            if number >= len(runs) or end <= runs[number][0] * block:
                yield bytes(end - offset)
                return
            first, place, count = runs[number]
            number += 1
            start, stop = first * block, (first + count) * block
            if stop <= offset:
                continue
            if offset < start:
                yield bytes(start - offset)
                offset = start
            length = min(end, stop) - offset
            yield exactly(blob, place * block + offset - start, length)
            offset += length


def read_map(blob: Blob, block: int, root: bytes, size: int, has_extents: bool) -> Map:  # noqa: FBT001
    """The map that ``root``, the 60 bytes of an inode, leads to; raises ``Damaged``."""
    reading = _Reading(blob, block, -(-size // block))
    if has_extents:
        reading.extents(root)
    else:
        reading.pointers(root)
    return Map(block, reading.runs)


class _Reading:
    def __init__(self, blob: Blob, block: int, blocks: int) -> None:
        self.runs: list[tuple[int, int, int]] = []
        self._blob = blob
        self._block = block
        self._blocks = blocks  # of the file
        self._seen: set[int] = set()

    def _load(self, number: int) -> bytes:
        """A block of the map itself; each leads to others, so none may come twice."""
        if number in self._seen:
            raise Damaged("the map of its blocks leads back to itself")
        self._seen.add(number)
        return exactly(self._blob, number * self._block, self._block)

    def extents(self, root: bytes) -> None:
        pending = [(root, _DEPTH + 1)]
        while pending:
            data, above = pending.pop()
            magic, count, _, depth = _HEADER(data)
            if magic != _MAGIC or depth >= above or 12 * (count + 1) > len(data):
                raise Damaged("the tree of its extents is damaged")
            if depth:
                for at in range(12 * count, 0, -12):  # the last is pushed first: file order
                    low, high = _INDEX(data, at)
                    pending.append((self._load(low | high << 32), depth))
                continue
            for at in range(12, 12 * (count + 1), 12):
                first, length, high, low = _LEAF(data, at)
                if length <= _UNWRITTEN:
                    self._add(first, low | high << 32, length)

    def _add(self, first: int, place: int, count: int) -> None:
        if self.runs:
            before, start, length = self.runs[-1]
            if first < before + length:
                raise Damaged("its extents overlap")
            if first == before + length and place == start + length:
                self.runs[-1] = (before, start, length + count)
                return
            if len(self.runs) >= _MOST_RUNS:
                raise Damaged(f"it is in more than {_MOST_RUNS:,} pieces")
        self.runs.append((first, place, count))

    def pointers(self, root: bytes) -> None:
        """Twelve blocks, then one, two and three levels of blocks full of numbers."""
        numbers = struct.unpack("<15I", root)
        per_block = self._block // 4
        for index, number in enumerate(numbers[:_DIRECT]):
            self._pointed(index, number)
        first = _DIRECT
        for level in (1, 2, 3):
            self._indirect(numbers[_DIRECT - 1 + level], level, first)
            first += per_block**level

    def _pointed(self, index: int, number: int) -> None:
        if number and index < self._blocks:
            self._add(index, number, 1)

    def _indirect(self, number: int, level: int, first: int) -> None:
        """The blocks below one of the three; level by level, not by recursion."""
        per_block = self._block // 4
        pending = [(number, level, first)]
        while pending:
            number, level, first = pending.pop()
            if not number or first >= self._blocks:
                continue
            below = struct.unpack(f"<{per_block}I", self._load(number))
            if level == 1:
                for index, one in enumerate(below, first):
                    self._pointed(index, one)
                continue
            step = per_block ** (level - 1)
            pending += [(one, level - 1, first + index * step) for index, one in enumerate(below) if one][::-1]
