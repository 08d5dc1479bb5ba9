"""The trees of btrfs: logical addresses, nodes, items by key (btrfs documentation, "On-disk Format", "Trees")."""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from sbomctl.filesystems.base import Blob, Damaged, Unreadable, exactly

Key = tuple[int, int, int]
"""Object, type, offset: what items are sorted by."""

CHUNK = 228
_HEADER = 101
_LEAF, _INNER = struct.Struct("<QBQII"), struct.Struct("<QBQQQ")
_PROFILES = {0x8: "raid0", 0x40: "raid10", 0x80: "raid5", 0x100: "raid6"}
_KEPT = 2048  # nodes


class _Node(NamedTuple):
    level: int
    keys: list[Key]
    places: list[tuple[int, int]]  # of a leaf the item's offset and size; else the child's address
    data: bytes


class Chunks:
    """Where logical addresses are on the device."""

    def __init__(self, blob: Blob) -> None:
        self._blob = blob
        self._starts: list[int] = []
        self._chunks: dict[int, tuple[int, int]] = {}

    def add(self, start: int, item: bytes) -> int:
        """Take in a chunk item; its length. Raises ``Damaged``."""
        try:
            length, _, _, kind = struct.unpack_from("<QQQQ", item)
            (stripes,) = struct.unpack_from("<H", item, 44)
            (place,) = struct.unpack_from("<Q", item, 56)
        except struct.error:
            raise Damaged("its table of chunks is cut off") from None
        if profile := next((name for bit, name in _PROFILES.items() if kind & bit), ""):
            raise Unreadable(f"this btrfs is spread over devices ({profile})")
        if start not in self._chunks:
            self._starts.insert(bisect_left(self._starts, start), start)
            self._chunks[start] = (length, place)
        return 48 + 32 * int(stripes)

    def pread(self, address: int, size: int) -> bytes:
        """``size`` bytes from a logical address; raises ``Damaged``."""
        parts = []
        while size:
            index = bisect_right(self._starts, address) - 1
            start = self._starts[index] if index >= 0 else 0
            length, place = self._chunks.get(start, (0, 0))
            if address - start >= length:
                raise Damaged(f"it points to the address {address:,}, which is nowhere")
            count = min(size, start + length - address)
            parts.append(exactly(self._blob, place + address - start, count))
            address, size = address + count, size - count
        return b"".join(parts)


class Trees:
    """Items of trees, found by their keys; the nodes read last are kept."""

    def __init__(self, chunks: Chunks, node_bytes: int) -> None:
        self._chunks = chunks
        self._bytes = node_bytes
        self._kept: dict[int, _Node] = {}

    def items(self, root: int, low: Key, high: Key) -> Iterator[tuple[Key, bytes]]:
        """The items of the tree at an address with keys from ``low`` to ``high``, in order; raises ``Damaged``."""
        pending = [(root, -1)]
        seen: set[int] = set()
        while pending:
            address, level = pending.pop()
            if address in seen:
                raise Damaged("a tree leads back to itself")
            seen.add(address)
            node = self._node(address)
            if level not in (-1, node.level):
                raise Damaged("a tree has branches of different heights")
            if node.level:
                first = max(0, bisect_right(node.keys, low) - 1)
                last = bisect_right(node.keys, high)
                pending += [(place, node.level - 1) for place, _ in reversed(node.places[first:last])]
                continue
            for index in range(bisect_left(node.keys, low), bisect_right(node.keys, high)):
                offset, size = node.places[index]
                yield node.keys[index], node.data[offset : offset + size]

    def first(self, root: int, low: Key, high: Key) -> tuple[Key, bytes] | None:
        """The first of these items, if there is one."""
        return next(self.items(root, low, high), None)

    def _node(self, address: int) -> _Node:
        known = self._kept.get(address)
        if known is not None:
            return known
        data = self._chunks.pread(address, self._bytes)
        own, count, level = *struct.unpack_from("<Q", data, 48), *struct.unpack_from("<IB", data, 96)
        entry = _INNER if level else _LEAF
        if own != address or level > 8 or _HEADER + count * entry.size > len(data):
            raise Damaged(f"the node of a tree at {address:,} is damaged")
        rows = entry.iter_unpack(data[_HEADER : _HEADER + count * entry.size])
        if level:
            keys, places = _split([((a, b, c), (place, 0)) for a, b, c, place, _ in rows])
        else:
            keys, places = _split([((a, b, c), (_HEADER + offset, size)) for a, b, c, offset, size in rows])
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        node = self._kept[address] = _Node(level, keys, places, data)
        return node


def _split(rows: list[tuple[Key, tuple[int, int]]]) -> tuple[list[Key], list[tuple[int, int]]]:
    return [row[0] for row in rows], [row[1] for row in rows]
