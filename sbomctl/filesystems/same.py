"""Whether two file systems hold the same, as the two slots of a device that updates itself do."""

from __future__ import annotations

import stat
from itertools import zip_longest

from sbomctl.filesystems.base import Blob, Damaged, FileSystem, Node
from sbomctl.filesystems.blob import first_data
from sbomctl.filesystems.walk import Found, walk

_PIECE = 1 << 20


def same_bytes(one: Blob, other: Blob) -> bool:
    """Whether two blobs are equal; the first difference ends it."""
    if one.size != other.size:
        return False
    at = 0
    while at < one.size:
        at = min(first_data(one, at), first_data(other, at))  # holes of both are equal
        piece = one.pread(at, _PIECE)
        if piece != other.pread(at, _PIECE):
            return False
        at += len(piece) or _PIECE
    return True


def same_tree(one: FileSystem, other: FileSystem, limit: int) -> bool:
    """Whether paths, types, permissions, links and contents are the same; those of damaged file systems never are."""
    try:
        pairs = zip_longest(walk(one, limit), walk(other, limit))
        return all(_alike(a, b) for a, b in pairs) and all(
            _same_content(a.node, b.node) for a, b in zip(walk(one, limit), walk(other, limit), strict=True)
        )
    except Damaged:
        return False


def _alike(one: Found | None, other: Found | None) -> bool:
    if one is None or other is None or one.fault or other.fault or one.path != other.path:
        return False
    a, b = one.node, other.node
    return a is not None and b is not None and a.mode == b.mode and _size(a) == _size(b)


def _size(node: Node) -> int:
    """The size, where it says something of the content."""
    return 0 if stat.S_ISDIR(node.mode) else node.size


def _same_content(one: Node | None, other: Node | None) -> bool:
    if one is None or other is None:
        return False
    if stat.S_ISLNK(one.mode):
        return one.target() == other.target()
    return not stat.S_ISREG(one.mode) or same_bytes(one, other)
