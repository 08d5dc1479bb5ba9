"""Android sparse images, as of NVIDIA Jetson and many boot loaders (AOSP, libsparse/sparse_format.h as documented).

A header, then chunks: raw blocks, one value for many blocks, nothing, a checksum.
"""

from __future__ import annotations

import struct
from bisect import bisect_right

from sbomctl.filesystems.base import Blob, Damaged, Unreadable, exactly

_MAGIC = b"\x3a\xff\x26\xed"
_RAW, _FILL, _NOTHING, _CHECKSUM = 0xCAC1, 0xCAC2, 0xCAC3, 0xCAC4
_MOST_CHUNKS = 1 << 22


def is_sparse(blob: Blob) -> bool:
    """Whether it starts with the magic number."""
    return blob.pread(0, 4) == _MAGIC


class Sparse:
    """The disk that a sparse image describes."""

    def __init__(self, blob: Blob) -> None:
        major, _, header, chunk_header, block, blocks, chunks, _ = struct.unpack_from("<HHHHIIII", exactly(blob, 4, 24))
        if major != 1:
            raise Unreadable(f"this is version {major} of Android sparse images")
        if header < 28 or chunk_header < 12 or not block or block % 4 or chunks > _MOST_CHUNKS:
            raise Damaged("the header of the Android sparse image contradicts itself")
        self.size = block * blocks
        self._blob = blob
        self._starts: list[int] = []
        self._chunks: list[tuple[int, int, int]] = []  # kind, length, where its data is
        self._index(header, chunk_header, block, chunks)

    def _index(self, place: int, header: int, block: int, chunks: int) -> None:
        at = 0
        for _ in range(chunks):
            kind, _, count, stored = struct.unpack_from("<HHII", exactly(self._blob, place, 12))
            if kind not in (_RAW, _FILL, _NOTHING, _CHECKSUM) or stored < header:
                raise Damaged(f"the Android sparse image is damaged at byte {place:,}")
            if kind != _CHECKSUM and count:
                self._starts.append(at)
                self._chunks.append((kind, count * block, place + header))
                at += count * block
            place += stored
        if at > self.size:
            raise Damaged("the chunks of the Android sparse image are more than it claims")

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``."""
        end = min(offset + size, self.size)
        parts = []
        while offset < end:
            part = self._part(offset, end)
            parts.append(part)
            offset += len(part)
        return b"".join(parts)

    def _part(self, offset: int, end: int) -> bytes:
        number = bisect_right(self._starts, offset) - 1
        if number < 0 or offset >= self._starts[number] + self._chunks[number][1]:
            return bytes(end - offset)  # behind the last chunk
        kind, length, place = self._chunks[number]
        start = offset - self._starts[number]
        count = min(end - offset, length - start)
        if kind == _RAW:
            return exactly(self._blob, place + start, count)
        if kind == _NOTHING:
            return bytes(count)
        value = exactly(self._blob, place, 4)
        return (value * (count // 4 + 2))[start % 4 : start % 4 + count]
