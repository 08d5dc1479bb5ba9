"""Directory entries of ext (kernel documentation, ext4, "Directory Entries")."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from sbomctl.filesystems.base import Damaged

_ENTRY = struct.Struct("<IHH").unpack_from


def names(pieces: Iterable[bytes], *, has_types: bool) -> Iterator[tuple[bytes, int]]:
    """The names in directory blocks with their inode numbers; those of hash trees look like unused entries.

    A damaged block is left out, and told by ``Damaged`` after the others.
    """
    mask = 0xFF if has_types else 0xFFFF
    damaged = 0
    for block in pieces:
        at, end = 0, len(block)
        while at + 8 <= end:
            inode, length, name = _ENTRY(block, at)
            name &= mask
            if length >= 0xFFFC:  # all of a block of 64 KiB: 65536 does not fit into the field
                length = end - at
            if length < name + 8 or length & 3 or at + length > end:
                damaged += 1
                break
            if inode and name:
                text = block[at + 8 : at + 8 + name]
                if text not in (b".", b".."):
                    yield text, inode
            at += length
    if damaged:
        raise Damaged(f"{damaged} of its blocks hold no valid entries")
