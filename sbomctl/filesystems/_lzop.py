"""Streams of lzop, by the description in its manual and by what the program writes. Numbers are big-endian."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from sbomctl.filesystems._lzo import lzo1x_block
from sbomctl.filesystems._packed import Stored
from sbomctl.filesystems.base import Damaged

MAGIC = b"\x89LZO\0\r\n\x1a\n"
_ADLER, _ADLER_STORED, _EXTRA, _CRC, _CRC_STORED, _FILTER = 0x1, 0x2, 0x40, 0x100, 0x200, 0x800
_CHECKS = ((_ADLER, zlib.adler32), (_CRC, zlib.crc32))  # in the order in which they are stored
_METHODS = (1, 2, 3)  # all of them give LZO1X
_MOST = 64 << 20


def unpacked(stored: Stored) -> Iterator[bytes]:
    """The content of all members from here, and ``stored`` is behind the last; raises ``Damaged``."""
    while (magic := stored.take(len(MAGIC))) == MAGIC:
        yield from _blocks(stored, _head(stored))
    stored.back(magic)


def _head(stored: Stored) -> int:
    """Pass over the head of a member; its flags."""
    version = stored.number(">H")
    stored.skip(2)
    is_new = version >= 0x940
    if is_new:
        stored.skip(2)
    if stored.number("B") not in _METHODS:
        raise Damaged("its lzop data is compressed in an unknown way")
    if is_new:
        stored.skip(1)
    flags = stored.number(">I")
    if flags & _FILTER:
        raise Damaged("its lzop data was filtered, which is not read here")
    stored.skip(12 if is_new else 8)  # mode and time
    stored.skip(stored.number("B") + 4)  # name, checksum of all of this
    if flags & _EXTRA:
        stored.skip(stored.number(">I") + 4)
    return flags


def _blocks(stored: Stored, flags: int) -> Iterator[bytes]:
    while size := stored.number(">I"):
        length = stored.number(">I")
        if not 0 < length <= size <= _MOST:
            raise Damaged(f"it has a block of {length:,} bytes that become {size:,}")
        sums = [(check, stored.number(">I")) for flag, check in _CHECKS if flags & flag]
        if length < size:
            stored.skip(4 * bool(flags & _ADLER_STORED) + 4 * bool(flags & _CRC_STORED))
        data = stored.exactly(length)
        content = data if length == size else lzo1x_block(data, size)
        if len(content) != size or any(check(content) != stated for check, stated in sums):
            raise Damaged("its lzop data is damaged")
        yield content
