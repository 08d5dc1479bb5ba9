"""Compressed files of EROFS (kernel documentation, erofs.rst, "Compressed data", and the on-disk format it links to).

A file is cut into logical clusters; each either starts one or more compressed extents or
continues one ("non-head"). The index of it is full, or packed in groups that share a base.
"""

from __future__ import annotations

import lzma
import struct
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

from sbomctl.filesystems._codecs import decoder
from sbomctl.filesystems.base import Blob, Damaged, Unreadable, exactly

_PLAIN, _HEAD1, _NONHEAD, _HEAD2 = range(4)
_COMPACT_2B, _BIG_1, _BIG_2, _INLINE, _INTERLACED, _FRAGMENT = 0x1, 0x2, 0x4, 0x8, 0x10, 0x20
_COUNT_IN_FIRST = 0x800  # of a non-head: not a distance but the number of blocks of the extent
_MOST_CLUSTERS = 1 << 24
_MOST_EXTENT = 64 << 20


class Packing(NamedTuple):
    """What an inode says of its compressed content."""

    blob: Blob
    bits: int
    size: int
    end: int  # of the inode, where the map header is
    legacy: bool  # full index
    packed: Callable[[], Blob]  # the file that holds fragments


class _Cluster(NamedTuple):
    kind: int
    offset: int  # in the cluster, where the extent starts; of a non-head the distance or count
    block: int


class _Extent(NamedTuple):
    start: int
    end: int
    kind: int
    place: int
    length: int  # stored bytes; 0: it is a fragment at ``place``


class Compressed:
    """The content of one file; the extent that was read last is kept."""

    def __init__(self, packing: Packing) -> None:
        self._packing = packing
        self._blob = packing.blob
        header = -(-packing.end // 8) * 8
        raw = exactly(self._blob, header, 8)
        (self._fragment,) = struct.unpack_from("<I", raw)
        (self._inline_bytes,) = struct.unpack_from("<H", raw, 2)
        self._advice, algorithms, clusters = struct.unpack_from("<HBB", raw, 4)
        self._algorithms = (algorithms & 15, algorithms >> 4)
        self._kept: tuple[int, bytes] = (-1, b"")
        if clusters & 0x80:  # all of it is a fragment
            place = int.from_bytes(raw, "little") ^ 1 << 63
            self._extents = [_Extent(0, packing.size, _PLAIN, place, 0)]
        else:
            self._log = packing.bits + (clusters & 7)
            self._extents = list(self._read_extents(header + 8))
        self._starts = [extent.start for extent in self._extents]

    def pread(self, offset: int, size: int) -> bytes:
        """Uncompressed content."""
        parts = []
        end = offset + size
        while offset < end:
            number = bisect_right(self._starts, offset) - 1
            if number < 0 or offset >= self._extents[number].end:
                raise Damaged("the index of its compressed content has a gap")
            if self._kept[0] != number:
                self._kept = (number, self._extent(self._extents[number]))
            extent = self._extents[number]
            parts.append(self._kept[1][offset - extent.start : end - extent.start])
            offset += len(parts[-1])
        return b"".join(parts)

    def _extent(self, extent: _Extent) -> bytes:
        want = extent.end - extent.start
        if want > _MOST_EXTENT:
            raise Damaged(f"it has a compressed extent of {want:,} bytes")
        if not extent.length:
            data = self._packing.packed().pread(extent.place, want)
        else:
            stored = exactly(self._blob, extent.place, extent.length)
            if extent.kind == _PLAIN:
                shift = extent.start % (1 << self._packing.bits) if self._advice & _INTERLACED else 0
                data = (stored[shift:] + stored[:shift])[:want]
            else:
                data = _decompress(self._algorithms[extent.kind == _HEAD2], stored.lstrip(b"\0"), want)
        if len(data) != want:
            raise Damaged("its compressed content is damaged")
        return data

    def _read_extents(self, place: int) -> Iterator[_Extent]:
        count = -(-self._packing.size // (1 << self._log))
        if count > _MOST_CLUSTERS:
            raise Damaged(f"it claims {self._packing.size:,} bytes")
        if self._packing.legacy:
            clusters, tail = self._full_index(place + 8, count), place + 8 + 8 * count
        else:
            clusters, tail = self._packed_index(place, count)
        return self._from_heads(clusters, tail)

    def _from_heads(self, clusters: list[_Cluster], tail: int) -> Iterator[_Extent]:
        size, bits = self._packing.size, self._packing.bits
        heads = [
            (number, (number << self._log) + cluster.offset)
            for number, cluster in enumerate(clusters)
            if cluster.kind != _NONHEAD and (number << self._log) + cluster.offset < size
        ]
        for index, (number, start) in enumerate(heads):
            is_last = index + 1 == len(heads)
            end = size if is_last else heads[index + 1][1]
            if end <= start:
                raise Damaged("the index of its compressed content is damaged")
            kind, _, block = clusters[number]
            place, length = block << bits, self._blocks(clusters, number) << bits
            if is_last and self._advice & _FRAGMENT:
                place, length = self._fragment, 0
            elif is_last and self._advice & _INLINE and self._inline_bytes:
                place, length = tail, self._inline_bytes
            yield _Extent(start, end, kind, place, length)

    def _blocks(self, clusters: list[_Cluster], number: int) -> int:
        """How many blocks an extent fills: one, unless the cluster behind its head says more."""
        big = self._advice & (_BIG_2 if clusters[number].kind == _HEAD2 else _BIG_1)
        follows = clusters[number + 1] if number + 1 < len(clusters) else None
        if big and follows and follows.kind == _NONHEAD and follows.offset & _COUNT_IN_FIRST:
            return max(1, follows.offset & ~_COUNT_IN_FIRST)
        return 1

    def _full_index(self, place: int, count: int) -> list[_Cluster]:
        found = []
        for kind, offset, value in struct.iter_unpack("<HHI", exactly(self._blob, place, 8 * count)):
            if kind & 3 == _NONHEAD:
                found.append(_Cluster(_NONHEAD, value & 0xFFFF, 0))
            else:
                found.append(_Cluster(kind & 3, offset, value))
        return found

    def _packed_index(self, place: int, count: int) -> tuple[list[_Cluster], int]:
        """The index, and where it ends: pairs up to a border of 32 bytes, then perhaps groups of 16, then pairs."""
        pairs = (32 - place % 32) // 4 % 8
        sixteens = (count - pairs) // 16 * 16 if self._advice & _COMPACT_2B and pairs < count else 0
        found: list[_Cluster] = []
        while len(found) < count:
            in_middle = pairs <= len(found) < pairs + sixteens
            group, width = (16, 32) if in_middle else (2, 8)
            found += self._group(exactly(self._blob, place, width), group)
            place += width
        return found[:count], place

    def _group(self, data: bytes, group: int) -> list[_Cluster]:
        """Clusters that share a base block, which stands behind their bits."""
        (base,) = struct.unpack_from("<I", data, len(data) - 4)
        each = (len(data) - 4) * 8 // group
        low_bits = max(self._log, 12)
        bits = int.from_bytes(data[:-4], "little")
        raw = [bits >> number * each for number in range(group)]
        pairs = [(value >> low_bits & 3, value & (1 << low_bits) - 1) for value in raw]
        return [
            _Cluster(kind, low, 0 if kind == _NONHEAD else base + self._blocks_before(pairs, number))
            for number, (kind, low) in enumerate(pairs)
        ]

    def _blocks_before(self, pairs: list[tuple[int, int]], number: int) -> int:
        """How many blocks of the group lie before those of one of its heads."""
        if not self._advice & (_BIG_1 | _BIG_2):
            return _small_before(pairs, number)
        blocks = 0
        while number > 0:
            number -= 1
            kind, low = pairs[number]
            if kind != _NONHEAD:
                blocks += 1
            elif low & _COUNT_IN_FIRST:
                number -= 1
                blocks += low & ~_COUNT_IN_FIRST
            elif low <= 1:
                raise Damaged("the index of its compressed content is damaged")
            else:
                number -= low - 2
        return blocks


def _small_before(pairs: list[tuple[int, int]], number: int) -> int:
    blocks = 1
    while number > 0:
        number -= 1
        kind, low = pairs[number]
        if kind == _NONHEAD:
            number -= low
        if number >= 0:
            blocks += 1
    return blocks


def _decompress(algorithm: int, stored: bytes, want: int) -> bytes:
    if algorithm == 0:
        return decoder("lz4")(stored, want)
    try:
        if algorithm == 1:
            return _micro_lzma(stored, want)
        if algorithm == 2:
            return zlib.decompressobj(-15).decompress(stored, want)
    except (zlib.error, lzma.LZMAError, IndexError) as error:
        raise Damaged(f"its compressed content is damaged ({error})") from error
    if algorithm == 3:
        return decoder("zstd")(stored, want)
    raise Unreadable(f"it is compressed with the unknown algorithm {algorithm}")


def _micro_lzma(stored: bytes, want: int) -> bytes:
    """LZMA whose first byte, else always zero, holds the properties, inverted (XZ Utils, "MicroLZMA")."""
    properties = ~stored[0] & 0xFF
    settings = {
        "id": lzma.FILTER_LZMA1,
        "lc": properties % 9,
        "lp": properties // 9 % 5,
        "pb": properties // 45,
        "dict_size": 8 << 20,
    }
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[settings]).decompress(b"\0" + stored[1:], want)
