"""What all file systems on raw flash have in common."""

from __future__ import annotations

import zlib

from sbomctl.filesystems.base import Blob

BLANK = b"\xff"  # what erased flash reads as
UNIT = 4096  # bytes; erase blocks are no smaller
_PIECE = 1 << 20
_LOOK = 1 << 30  # bytes of blank flash that are passed over


def checksum(data: bytes, start: int = 0xFFFFFFFF) -> int:
    """CRC-32 as flash file systems of Linux store it: begun with ``start``, not inverted at the end."""
    return zlib.crc32(data, start ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def first_written(blob: Blob) -> int:
    """The first place, in units of flash, that is not blank: wear leveling may leave any erase block free."""
    at = 0
    while at < min(blob.size, _LOOK):
        piece = blob.pread(at, _PIECE if at else UNIT)  # nearly always there is something at the start
        rest = piece.lstrip(BLANK)
        if rest:
            return at + (len(piece) - len(rest)) // UNIT * UNIT
        at += len(piece) or _PIECE
    return 0
