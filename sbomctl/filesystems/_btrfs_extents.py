"""Extents of btrfs files (btrfs documentation, "On-disk Format", EXTENT_DATA)."""

from __future__ import annotations

import struct
from typing import NamedTuple, Protocol

from sbomctl.filesystems._codecs import decoder
from sbomctl.filesystems.base import Damaged, Unreadable

_INLINE, _REGULAR, _RESERVED = range(3)
_HEAD = 21
_ALGORITHMS = {1: "gzip", 2: "lzo", 3: "zstd"}
_MOST = 1 << 20  # bytes of a compressed extent; btrfs makes them of 128 KiB


class _Addresses(Protocol):
    def pread(self, address: int, size: int, /) -> bytes: ...


class Extent(NamedTuple):
    """A piece of a file."""

    start: int  # in the file
    size: int
    address: int
    stored: int  # bytes at the address
    skip: int  # where in the extent the piece starts
    whole: int  # bytes of the extent, uncompressed
    compression: int
    inline: bytes


def extent_of(start: int, item: bytes) -> Extent | None:
    """The extent that an item describes, None for a hole; raises ``Damaged``."""
    if len(item) < _HEAD:
        raise Damaged("one of its extents is damaged")
    whole, compression, encryption, other, kind = struct.unpack_from("<8xQBBHB", item)
    if encryption or other or (compression and compression not in _ALGORITHMS):
        raise Unreadable("it is encrypted or compressed in a way that is not known here")
    if kind == _INLINE:
        return Extent(start, min(whole, _MOST), 0, 0, 0, whole, compression, item[_HEAD:] or b"\0")
    if kind not in (_REGULAR, _RESERVED) or len(item) < _HEAD + 32:
        raise Damaged("one of its extents is damaged")
    address, stored, skip, size = struct.unpack_from("<QQQQ", item, _HEAD)
    if kind == _RESERVED or not address:
        return None
    return Extent(start, size, address, stored, skip, whole, compression, b"")


def extent_content(extent: Extent, chunks: _Addresses, sector: int) -> bytes:
    """The piece of a compressed or inline extent; raises ``Damaged``."""
    if extent.stored > _MOST or extent.whole > _MOST:
        raise Damaged(f"it has a compressed extent of {max(extent.stored, extent.whole):,} bytes")
    data = extent.inline or chunks.pread(extent.address, extent.stored)
    if extent.compression == 2:
        data = _lzo(data, sector)
    elif extent.compression:
        data = decoder(_ALGORITHMS[extent.compression])(data, extent.whole)
    return data[extent.skip : extent.skip + extent.size]


def _lzo(data: bytes, sector: int) -> bytes:
    """Sectors that are compressed one by one, each with its length in front, which never crosses a sector."""
    decode = decoder("lzo")
    total, at = int.from_bytes(data[:4], "little"), 4
    out = []
    while at < min(total, len(data)):
        left = sector - at % sector
        at += left if left < 4 else 0
        length = int.from_bytes(data[at : at + 4], "little")
        out.append(decode(data[at + 4 : at + 4 + length], sector))
        at += 4 + length
    return b"".join(out)
