"""What lies behind an image or file system in the same blob: firmware for flash is several of them, padded."""

from __future__ import annotations

from sbomctl.filesystems._flash import UNIT
from sbomctl.filesystems.base import Blob
from sbomctl.filesystems.blob import Slice, first_data
from sbomctl.filesystems.detect import reader_of

_PIECE = 1 << 20


def behind(blob: Blob, end: int) -> Slice | None:
    """What follows ``end`` and the padding of zeros or blank flash there, a file system from where it starts.

    None where nothing follows. Raises ``Damaged``.
    """
    at = first_data(blob, end) if end < blob.size else blob.size
    while at < blob.size:
        piece = blob.pread(at, _PIECE)
        rest = piece.lstrip(b"\0\xff")
        if rest:
            first = at + len(piece) - len(rest)
            whole = max(end, first // UNIT * UNIT)  # a file system may start with zeros
            starts = [Slice(blob, start, blob.size - start) for start in (first, whole)]
            return next((one for one in starts if reader_of(one)), starts[0])
        at = first_data(blob, at + _PIECE)
    return None
