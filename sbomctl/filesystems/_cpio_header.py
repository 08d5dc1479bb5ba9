"""Headers of cpio archives (see ``cpio``)."""

from __future__ import annotations

import re
from typing import NamedTuple

from sbomctl.filesystems.base import Blob, Damaged, exactly

TRAILER = b"TRAILER!!!"
_NEWC = re.compile(rb"07070[12][0-9A-Fa-f]{104}")
_ODC = re.compile(rb"070707[0-7]{70}")
_NAME_MAX = 4097


class Header(NamedTuple):
    """One entry."""

    name: bytes
    mode: int
    links: int
    device: int
    inode: int
    size: int
    start: int  # of the content
    end: int  # where the next header is


def read_header(blob: Blob, at: int) -> Header:
    """The entry at a place; raises ``Damaged``."""
    head = blob.pread(at, 110)
    if _NEWC.fullmatch(head):
        return _newc(blob, at, head)
    if _ODC.fullmatch(head[:76]):
        return _odc(blob, at, head)
    raise Damaged(f"the cpio archive is damaged or cut off at byte {at:,}")


def _newc(blob: Blob, at: int, head: bytes) -> Header:
    inode, mode, _, _, links, _, size, major, minor, _, _, length, _ = (
        int(head[start : start + 8], 16) for start in range(6, 110, 8)
    )
    name = _name(blob, at + 110, length)
    start = at + (110 + length + 3 & ~3)
    return Header(name, mode, links, major << 32 | minor, inode, size, start, start + (size + 3 & ~3))


def _odc(blob: Blob, at: int, head: bytes) -> Header:
    device, inode, mode, _, _, links, _ = (int(head[start : start + 6], 8) for start in range(6, 48, 6))
    length, size = int(head[59:65], 8), int(head[65:76], 8)
    start = at + 76 + length
    return Header(_name(blob, at + 76, length), mode, links, device, inode, size, start, start + size)


def _name(blob: Blob, at: int, length: int) -> bytes:
    if not 0 < length <= _NAME_MAX:
        raise Damaged(f"the cpio archive has a name of {length:,} bytes at byte {at:,}")
    return exactly(blob, at, length).partition(b"\0")[0]
