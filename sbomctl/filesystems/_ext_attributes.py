"""Extended attributes of ext: behind the fields of an inode, then in a block (kernel documentation, ext4,
"Extended Attributes"). Names are stored without their first words, for which there are numbers.
"""

from __future__ import annotations

import struct

from sbomctl.filesystems.base import Damaged, Unreadable

_MAGIC = b"\0\0\x02\xea"
_PREFIXES = ((1, b"user."), (4, b"trusted."), (6, b"security."), (7, b"system."))
_FIELDS = 0x84  # bytes of an inode that has something behind its first 128
_HEADER = 32  # bytes before the entries of a block


def value(name: bytes, raw: bytes, block: bytes) -> bytes | None:
    """The value of an attribute by its full name, from a whole inode and its block (b"" = none); None = it has none."""
    found = next(((index, name[len(prefix) :]) for index, prefix in _PREFIXES if name.startswith(prefix)), None)
    if found is None:
        raise Unreadable("attributes of this kind are not read here")
    index, short = found
    here = in_inode(raw, index, short)
    if here is None and block:
        if block[:4] != _MAGIC:
            raise Damaged("its block of extended attributes is damaged")
        return _among(block, _HEADER, 0, (index, short))
    return here


def in_inode(raw: bytes, index: int, name: bytes) -> bytes | None:
    """The value of an attribute that is stored in the inode; None where there is none."""
    if len(raw) < _FIELDS:
        return None
    start = 128 + int(struct.unpack_from("<H", raw, 0x80)[0])
    if raw[start : start + 4] != _MAGIC:
        return None
    return _among(raw, start + 4, start + 4, (index, name))


def _among(data: bytes, at: int, base: int, wanted: tuple[int, bytes]) -> bytes | None:
    """The value that one of the entries from ``at`` on names; offsets of values count from ``base``."""
    while at + 16 <= len(data) and data[at : at + 4] != b"\0\0\0\0":
        length, index, offset, other, size = struct.unpack_from("<BBHII", data, at)
        if (index, data[at + 16 : at + 16 + length]) == wanted:
            if other:
                raise Unreadable("its extended attribute lies in an inode of its own")
            return data[base + offset : base + offset + size]
        at += 16 + (length + 3 & ~3)
    return None
