"""Content that lies in the inode itself (kernel documentation, ext4, "Inline Data", "Extended Attributes").

The first 60 bytes are where block numbers else are, the rest is the attribute system.data
in the space behind the inode's fields.
"""

from __future__ import annotations

from sbomctl.filesystems._ext_attributes import in_inode
from sbomctl.filesystems.base import Damaged

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
    return in_inode(raw, _SYSTEM, b"data") or b""
