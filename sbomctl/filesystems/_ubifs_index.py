"""The index of UBIFS, a B-tree, and the journal that was not yet merged into it (see ``ubifs``)."""

from __future__ import annotations

import operator
import struct
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from itertools import repeat

from sbomctl.filesystems._ubifs_nodes import (
    BLOCK,
    COMMIT,
    DATA,
    DENTRY,
    HEADER,
    INDEX,
    INODE,
    REFERENCE,
    TRUNCATION,
    XENTRY,
    Found,
    block_of,
    checked,
    nodes_in,
)
from sbomctl.filesystems.base import Blob, Damaged
from sbomctl.filesystems.blob import Windows

_WORDS = struct.Struct("<II")
_LONG = struct.Struct("<Q")
_COUNTS = struct.Struct("<HH")
_LINKS = 92  # where an inode says how many names it has
_OVER = 4096  # bytes of the longest index node
_Place = tuple[int, int]  # of a node, and its length


class Index:
    """Every key in order, each with the place and the length of its node."""

    def __init__(self) -> None:
        self.keys = array("Q")
        self.places = array("Q")
        self.lengths = array("I")

    def read(self, blob: Blob, block_bytes: int, root: tuple[int, int, int]) -> None:
        """Take in the tree below ``root``: erase block, offset, length; raises ``Damaged``."""
        windows = Windows(blob, over=_OVER)
        seen: set[tuple[int, int]] = set()
        pending: list[tuple[int, ...]] = [(*root, -1)]
        most = blob.size // HEADER.size
        while pending:
            number, offset, length, below = pending.pop()
            if (number, offset) in seen or length > _OVER or len(self.keys) > most:
                raise Damaged("its index leads back to itself")
            seen.add((number, offset))
            window, start = windows.place(number * block_bytes + offset, length)
            node = checked(window[start : start + length], INDEX)
            level, fields = _branches(node)
            if below >= 0 and level != below - 1:
                raise Damaged("its index contradicts itself")
            blocks, offsets, lengths = fields[0::5], fields[1::5], fields[2::5]
            if level:
                pending += zip(reversed(blocks), reversed(offsets), reversed(lengths), repeat(level))
                continue
            self.keys.extend([inode << 32 | rest for inode, rest in zip(fields[3::5], fields[4::5], strict=True)])
            self.places.extend([one * block_bytes + at for one, at in zip(blocks, offsets, strict=True)])
            self.lengths.extend(lengths)
        if any(map(operator.gt, self.keys, self.keys[1:])):
            raise Damaged("its index is out of order")

    def between(self, first: int, end: int) -> range:
        """Where the keys from ``first`` to below ``end`` are."""
        return range(bisect_left(self.keys, first), bisect_left(self.keys, end))


def _branches(node: bytes) -> tuple[int, tuple[int, ...]]:
    """The level of a node of the index, 0 the lowest, and of each branch: block, offset, length, key in two words."""
    count, level = _COUNTS.unpack_from(node, 24)
    size = (len(node) - 28) // count if count else 0
    if size < 20:
        raise Damaged("its index contradicts itself")
    return level, _form(count, size).unpack_from(node, 28)


@lru_cache(maxsize=256)
def _form(count: int, size: int) -> struct.Struct:
    """Of signed images, a branch ends with a hash."""
    return struct.Struct("<" + f"IIIII{size - 20}x" * count)


class Changes:
    """What nodes say that no index names: the newest of each key counts."""

    def __init__(self) -> None:
        self.inodes: dict[int, _Place | None] = {}  # None: it was deleted
        self.names: dict[int, dict[bytes, int]] = {}  # of a directory; 0: the name was deleted
        self.attributes: dict[int, dict[bytes, int]] = {}  # of an inode, likewise; each is an inode too
        self.blocks: dict[int, dict[int, _Place]] = {}
        self.cuts: dict[int, int] = {}  # of an inode: the index counts only below this block

    def __bool__(self) -> bool:
        return bool(self.inodes or self.names or self.attributes or self.blocks or self.cuts)

    def apply(self, nodes: Iterable[Found]) -> None:
        """Take in nodes, the oldest first."""
        for node in nodes:
            if node.length < _LEAST.get(node.kind, 0):
                raise Damaged("one of its nodes is too short")
            if node.kind == INODE:
                self._inode(node)
            elif node.kind in (DENTRY, XENTRY):
                (parent,) = struct.unpack_from("<I", node.data, 24)
                name, inode = entry(node.data)
                names = self.names if node.kind == DENTRY else self.attributes
                names.setdefault(parent, {})[name] = inode
            elif node.kind == DATA:
                inode, word = _WORDS.unpack_from(node.data, 24)
                self.blocks.setdefault(inode, {})[block_of(word)] = node.place, node.length
            elif node.kind == TRUNCATION:
                (inode,), (size,) = struct.unpack_from("<I", node.data, 24), _LONG.unpack_from(node.data, 48)
                self._cut(inode, -(-size // BLOCK))

    def _inode(self, node: Found) -> None:
        (inode,), (links,) = struct.unpack_from("<I", node.data, 24), struct.unpack_from("<I", node.data, _LINKS)
        self.inodes[inode] = (node.place, node.length) if links else None
        if not links:
            self._cut(inode, 0)

    def _cut(self, inode: int, count: int) -> None:
        self.cuts[inode] = min(count, self.cuts.get(inode, count))
        blocks = self.blocks.get(inode, {})
        for number in [number for number in blocks if number >= count]:
            del blocks[number]


_LEAST = {INODE: 160, DENTRY: 56, XENTRY: 56, DATA: 48, TRUNCATION: 56}


def entry(node: bytes) -> tuple[bytes, int]:
    """The name of a directory entry and the inode it leads to, 0 where it was deleted."""
    if len(node) < _LEAST[DENTRY]:
        raise Damaged("one of its nodes is too short")
    (inode,), (length,) = _LONG.unpack_from(node, 40), struct.unpack_from("<H", node, 50)
    return node[56 : 56 + length], inode


def journal(blob: Blob, block_bytes: int, log: range, first: int) -> tuple[list[Found], int]:
    """The nodes written since the last commit, the oldest first, and how many are damaged.

    ``log`` are its erase blocks, ``first`` the one in which it starts ("the journal"). A
    damaged node behind which there is nothing was being written when the power went: it does
    not count, as for the kernel.
    """
    met = [node for number in log for node in nodes_in(blob, number * block_bytes, (number + 1) * block_bytes) if node]
    start = first * block_bytes
    commits = [node.number for node in met if node.kind == COMMIT and node.place == start]
    if not commits:
        raise Damaged("its journal has no start")
    buds: dict[int, int] = {}
    for node in met:
        if node.kind == REFERENCE and node.number > commits[0] and len(node.data) >= 32:
            number, offset = _WORDS.unpack_from(node.data, 24)
            buds[number] = min(offset, buds.get(number, offset))
    ranges = [(number * block_bytes + offset, (number + 1) * block_bytes) for number, offset in sorted(buds.items())]
    return ordered(blob, ranges)


def ordered(blob: Blob, ranges: Iterable[tuple[int, int]]) -> tuple[list[Found], int]:
    """All nodes with content between these places, the oldest first, and how many are damaged."""
    found: list[Found] = []
    damaged = 0
    for start, end in ranges:
        unsure = 0
        for node in nodes_in(blob, start, end):
            if node is None:
                unsure += 1
                continue
            damaged += unsure
            unsure = 0
            if node.kind in _LEAST:
                found.append(node)
    found.sort(key=lambda node: node.number)
    return found, damaged
