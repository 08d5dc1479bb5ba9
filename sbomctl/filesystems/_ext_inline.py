"""Content that lies in the inode itself (kernel documentation, ext4, "Inline Data", "Extended Attributes").

The first 60 bytes are where block numbers else are, the rest is the attribute system.data
in the space behind the inode's fields.
"""

from __future__ import annotations

import struct

from sbomctl.filesystems.base import Damaged

_MAGIC = b"\0\0\x02\xea"
_SYSTEM = 7


def content(block: bytes, raw: bytes, size: int) -> bytes:
    """All of a file."""
    data = block if size <= len(block) else block + _rest(raw)
    if len(data) < size:
        raise Damaged(f"its inode holds {len(data):,} bytes of {size:,}")
    return data[:size]


def directory(block: bytes, raw: bytes) -> list[bytes]:
    """The two places where entries are; the first four bytes are the number of the parent."""
    return [block[4:], _rest(raw)]


def _rest(raw: bytes) -> bytes:
    """The value of system.data; b"" where there is none."""
    if len(raw) < 0x84:
        return b""
    start = 128 + int(struct.unpack_from("<H", raw, 0x80)[0])
    if raw[start : start + 4] != _MAGIC:
        return b""
    first = at = start + 4
    while at + 16 <= len(raw) and raw[at : at + 4] != b"\0\0\0\0":
        length, index, offset, other, size = struct.unpack_from("<BBHII", raw, at)
        if index == _SYSTEM and raw[at + 16 : at + 16 + length] == b"data" and not other:
            return raw[first + offset : first + offset + size]
        at += 16 + (length + 3 & ~3)
    return b""
