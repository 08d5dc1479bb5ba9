"""Streams of lz4: frames, and the legacy form that Linux kernels and ``lz4 -l`` use.

LZ4 Frame Format Description (lz4_Frame_format.md of the LZ4 project), version 1.6. The
checksums are those of xxHash, which would cost more than all the rest here; they are not verified.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from sbomctl.filesystems._lz4 import lz4_block
from sbomctl.filesystems._packed import Stored
from sbomctl.filesystems.base import Damaged

FRAME, LEGACY = b"\x04\x22\x4d\x18", b"\x02\x21\x4c\x18"
_LEGACY_BLOCK = 8 << 20
_LEGACY_MOST = _LEGACY_BLOCK + _LEGACY_BLOCK // 255 + 16  # bytes of a block that does not get smaller
_WINDOW = 1 << 16  # bytes of content that the next block may refer to
_SIZES = {4: 1 << 16, 5: 1 << 18, 6: 1 << 20, 7: 4 << 20}
_PLAIN = 1 << 31


def unpacked(stored: Stored) -> Iterator[bytes]:
    """The content of all frames from here, and ``stored`` is behind the last; raises ``Damaged``."""
    while magic := stored.take(4):
        if magic == FRAME:
            yield from _frame(stored)
        elif magic == LEGACY:
            yield from _legacy(stored)
        elif len(magic) == 4 and magic[1:] == b"\x2a\x4d\x18" and magic[0] >> 4 == 5:
            stored.skip(stored.number("<I"))
        else:
            stored.back(magic)
            return


def _frame(stored: Stored) -> Iterator[bytes]:
    flags, sizes = stored.exactly(2)
    most = _SIZES.get(sizes >> 4 & 7, 0)
    if flags >> 6 != 1 or not most:
        raise Damaged("its lz4 frame is of an unknown version")
    if flags & 1:
        raise Damaged("its lz4 frame needs a dictionary")
    stored.exactly((8 if flags & 8 else 0) + 1)  # size of the content, checksum of the header
    is_linked, has_sums = not flags & 0x20, flags & 0x10
    before = b""
    while size := stored.number("<I"):
        if size & ~_PLAIN > most:
            raise Damaged(f"it has a block of {size & ~_PLAIN:,} bytes")
        data = stored.exactly(size & ~_PLAIN)
        content = data if size & _PLAIN else lz4_block(data, most, before)
        if has_sums:
            stored.exactly(4)
        if is_linked:
            before = (before + content)[-_WINDOW:]
        yield content
    if flags & 4:
        stored.exactly(4)


def _legacy(stored: Stored) -> Iterator[bytes]:
    """Blocks up to the end, to a block that is not full, which is the last, or to what cannot be the size of one."""
    while len(head := stored.take(4)) == 4:
        (size,) = struct.unpack("<I", head)
        data = stored.take(size) if size <= _LEGACY_MOST else b""
        if not data:
            break
        if len(data) < size:
            raise Damaged("its lz4 data ends in the middle")
        content = lz4_block(data, _LEGACY_BLOCK)
        yield content
        if len(content) < _LEGACY_BLOCK:
            return
    stored.back(head)
