"""JFFS2 of either byte order.

From "JFFS: The Journalling Flash File System" (D. Woodhouse), section 3. It is a log without
any index: every node says which version it is, and the highest counts. Nodes that delete stay
as long as what they delete, so what one pass over the flash finds is what is there.
"""

from __future__ import annotations

import os
import stat
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from sbomctl.filesystems._flash import BLANK
from sbomctl.filesystems._jffs2_attributes import Attributes
from sbomctl.filesystems._jffs2_codecs import content
from sbomctl.filesystems._jffs2_nodes import ATTRIBUTE, ATTRIBUTE_USE, ENTRY, INODE, Met, crc, form_of, nodes
from sbomctl.filesystems.base import Blob, Damaged, Node, Reader, device_of, exactly

_ROOT = 1
_LINK_MAX = 1 << 16
_NODE_MAX = 1 << 20  # bytes; none is larger than an erase block
_PLACE = 48  # bits
_UNFINISHED = "nodes that were never completely written"


def is_jffs2(blob: Blob) -> bool:
    """Whether the first erase block that is not blank starts with the header of a node."""
    return form_of(blob) is not None


class Jffs2:
    """A JFFS2; all nodes are met once when it is opened, their content when it is asked for."""

    label = uuid = ""
    root = _ROOT

    def __init__(self, blob: Blob) -> None:
        form = form_of(blob)
        if form is None:
            raise Damaged("there is no JFFS2")
        self.kind = "JFFS2" if form.magic[0] == 0x85 else "JFFS2 (big-endian)"
        self.blob, self.form = blob, form
        self.entries: dict[int, dict[bytes, tuple[int, int]]] = defaultdict(
            dict
        )  # directory → name → version and inode
        self.pieces: dict[int, list[int]] = defaultdict(
            list
        )  # inode → version and place of each node with content, in one number
        self.links: dict[int, int] = {}
        # version, mode and size of each inode; a root without node is one
        self._states: dict[int, tuple[int, int, int]] = {_ROOT: (-1, stat.S_IFDIR | 0o755, 0)}
        self.attributes = Attributes(form)
        left = Counter(filter(None, map(self._take, nodes(blob, form))))
        unfinished = left.pop(_UNFINISHED, 0)
        self.notes: tuple[str, ...] = (f"{_UNFINISHED}, left out: {unfinished}",) if unfinished else ()
        self.faults: tuple[str, ...] = tuple(f"{what}, left out: {count}" for what, count in sorted(left.items()))
        for names in self.entries.values():
            for _, inode in names.values():
                self.links[inode] = self.links.get(inode, 0) + 1

    def _take(self, met: Met) -> str:
        """Take in a node; what it is when it does not count, else ""."""
        kind, place, window, start, end = met
        if end <= len(window):
            if kind == INODE and end - start >= 68 and self._inode(window, start, end, place):
                return ""
            if kind == ENTRY and end - start >= 40 and self._entry(window, start, end):
                return ""
            if kind in (ATTRIBUTE, ATTRIBUTE_USE) and self.attributes.take(kind, window, start, end):
                return ""
        if kind not in (ENTRY, INODE, ATTRIBUTE, ATTRIBUTE_USE):
            return f"nodes of the unknown kind {kind:#x}"
        # where the power went while it was written there is blank flash, and the kernel passes over it too
        return _UNFINISHED if window[end - 4 : end] == BLANK * 4 else "damaged nodes"

    def _entry(self, window: bytes, start: int, end: int) -> bool:
        parent, version, inode, length, _, node_sum, name_sum = self.form.entry.unpack_from(window, start)
        name = window[start + 40 : min(start + 40 + length, end)]
        if crc(window[start : start + 32]) != node_sum or crc(name) != name_sum:
            return False
        names = self.entries[parent]
        old = names.get(name)
        if old is None or old[0] <= version:
            names[name] = version, inode
        return True

    def _inode(self, window: bytes, start: int, end: int, place: int) -> bool:
        number, version, mode, size, _, stored, real, _, data_sum, node_sum = self.form.inode.unpack_from(window, start)
        data = window[start + 68 : min(start + 68 + stored, end)]
        if crc(window[start : start + 60]) != node_sum or crc(data) != data_sum:
            return False
        state = self._states.get(number)
        if state is None or state[0] <= version:
            self._states[number] = version, mode, size
        if real:
            self.pieces[number].append(version << _PLACE | place)
        return True

    def node(self, ref: int) -> JffsNode:
        """The inode of that number; raises ``Damaged``."""
        state = self._states.get(ref)
        if state is None:
            raise Damaged(f"it names inode {ref}, which is not there")
        return JffsNode(self, ref, state[1], state[2])


class _Piece(NamedTuple):
    """Bytes of a file that one node holds."""

    start: int
    end: int
    place: int  # of the node
    origin: int  # where in the file the content of the node starts


class JffsNode(Node):
    """One inode."""

    __slots__ = ("_map", "_tree")

    def __init__(self, tree: Jffs2, number: int, mode: int, size: int) -> None:
        super().__init__(number, mode, 0 if stat.S_ISDIR(mode) else size, tree.links.get(number, 1))
        self._tree = tree
        self._map: list[_Piece] | None = None

    def names(self) -> Iterator[tuple[bytes, int]]:
        """See ``Node``."""
        return ((name, inode) for name, (_, inode) in self._tree.entries.get(self.key, {}).items() if inode)

    def target(self) -> bytes:
        """See ``Node``; it is the content of the link."""
        if self.size > _LINK_MAX or not stat.S_ISLNK(self.mode):
            raise Damaged(f"it is a symbolic link of {self.size:,} bytes")
        return self.pread(0, self.size)

    def device(self) -> int:
        """See ``Node``; the numbers are its content, in 16 bits where they suffice."""
        pieces = self._pieces()
        if not pieces or not (stat.S_ISCHR(self.mode) or stat.S_ISBLK(self.mode)):
            raise Damaged("it is no device")
        raw = self._content(pieces[-1].place)
        number = int.from_bytes(raw[:4], "little" if self._tree.form.magic[0] == 0x85 else "big")
        return os.makedev(number >> 8, number & 0xFF) if len(raw) == 2 else device_of(number)

    def attribute(self, name: bytes) -> bytes | None:
        """See ``Node``."""
        return self._tree.attributes.value(self.key, name)

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``."""
        pieces = self._pieces()
        end = min(offset + size, self.size)
        at = max(0, bisect_right(pieces, (offset, 1 << 64)) - 1)
        parts = []
        while offset < end:
            while at < len(pieces) and pieces[at].end <= offset:
                at += 1
            if at < len(pieces) and pieces[at].start <= offset:
                piece = pieces[at]
                part = self._content(piece.place)[offset - piece.origin : min(end, piece.end) - piece.origin]
            else:
                following = pieces[at].start if at < len(pieces) else end
                part = bytes(min(following, end) - offset)
            parts.append(part)
            offset += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def stored(self) -> int:
        """See ``Node``."""
        return min(self.size, sum(piece.end - piece.start for piece in self._pieces()))

    def _content(self, place: int) -> bytes:
        """What a node holds; raises ``Damaged``."""
        tree = self._tree
        head = exactly(tree.blob, place, 68)
        _, _, _, _, _, stored, real, codec, data_sum, _ = tree.form.inode.unpack_from(head)
        if stored > _NODE_MAX or real > _NODE_MAX:
            raise Damaged(f"it has a node of {max(stored, real):,} bytes")
        data = exactly(tree.blob, place + 68, stored)
        if crc(data) != data_sum:
            raise Damaged("one of its nodes is damaged")
        return content(codec, data, real)

    def _pieces(self) -> list[_Piece]:
        """Which node holds which bytes, in order: later versions cover earlier ones."""
        if self._map is None:
            tree = self._tree
            found: list[_Piece] = []
            for one in sorted(tree.pieces.get(self.key, ())):
                place = one & (1 << _PLACE) - 1
                _, _, _, _, start, _, real, _, _, _ = tree.form.inode.unpack(exactly(tree.blob, place, 68))
                _cover(found, _Piece(start, start + real, place, start))
            self._map = found
        return self._map


def _cover(pieces: list[_Piece], new: _Piece) -> None:
    """Add a piece to those in order; what it covers of them is gone."""
    if not pieces or pieces[-1].end <= new.start:  # nearly always
        pieces.append(new)
        return
    first = last = bisect_right(pieces, (new.start, -1))
    if first and pieces[first - 1].end > new.start:
        first -= 1
    while last < len(pieces) and pieces[last].start < new.end:
        last += 1
    kept = [new]
    for old in pieces[first:last]:
        if old.start < new.start:
            kept.insert(0, old._replace(end=new.start))
        if old.end > new.end:
            kept.append(old._replace(start=new.end))
    pieces[first:last] = kept


JFFS2 = Reader("jffs2", "JFFS2 of either byte order: zlib, rtime, lzo", is_jffs2, Jffs2)
