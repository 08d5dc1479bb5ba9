"""Compressed kernels and modules: bounded output, and None for whatever is no such stream."""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable

from sbomctl.filesystems._lz4 import lz4_block
from sbomctl.filesystems._lzo import lzo1x_block

_LZMA_MEMORY = 128 << 20
_LZ4_BLOCK = 8 << 20  # lz4 -l, as the kernel's build calls it
_LZOP_FILTER = 0x800  # flags: a number more in the header,
_LZOP_SUMS = (0x1, 0x100, 0x2, 0x200)  # Adler-32 and CRC-32 of a block, and of it as stored


def gunzipped(data: bytes, most: int) -> bytes:
    """RFC 1952."""
    return zlib.decompressobj(31).decompress(data, most)


def _xz(data: bytes, most: int) -> bytes:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, _LZMA_MEMORY).decompress(data, most)


def _lzma(data: bytes, most: int) -> bytes:
    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, _LZMA_MEMORY).decompress(data, most)


def _bzip2(data: bytes, most: int) -> bytes:
    return bz2.BZ2Decompressor().decompress(data, most)


def _zstd(data: bytes, most: int) -> bytes:
    try:
        from backports import zstd
    except ImportError:
        from compression import zstd  # type: ignore[import-not-found,no-redef,unused-ignore]
    return zstd.ZstdDecompressor().decompress(data, most)


def _lz4(data: bytes, most: int) -> bytes:
    """The legacy frame: sizes and blocks in turn (LZ4 Frame Format Description, "Legacy frame")."""
    out, at = bytearray(), 4
    while at + 4 <= len(data) and len(out) < most:
        (size,) = struct.unpack_from("<I", data, at)
        if not 0 < size <= len(data) - at - 4:
            break
        out += lz4_block(data[at + 4 : at + 4 + size], min(_LZ4_BLOCK, most - len(out)))
        at += 4 + size
    return bytes(out)


def _lzop(data: bytes, most: int) -> bytes:
    """An lzop file of version 0.940 or later: a header, then sizes, checksums and content of each block, big-endian."""
    (flags,) = struct.unpack_from(">I", data, 17)
    at = 33 + 4 * bool(flags & _LZOP_FILTER)  # mode and times follow the flags
    at += 1 + data[at] + 4  # the name and a checksum
    out = bytearray()
    while at + 8 <= len(data) and len(out) < most:
        whole, size = struct.unpack_from(">II", data, at)
        if not whole or not 0 < size <= len(data):
            break
        at += 8 + 4 * (bool(flags & _LZOP_SUMS[0]) + bool(flags & _LZOP_SUMS[1]))
        if size < whole:
            at += 4 * (bool(flags & _LZOP_SUMS[2]) + bool(flags & _LZOP_SUMS[3]))
        stored = data[at : at + size]
        out += lzo1x_block(stored, min(whole, most - len(out))) if size < whole else stored
        at += size
    return bytes(out)


STREAMS: tuple[tuple[bytes, Callable[[bytes, int], bytes]], ...] = (
    (b"\x1f\x8b\x08", gunzipped),
    (b"\xfd7zXZ\0", _xz),
    (b"\x28\xb5\x2f\xfd", _zstd),
    (b"\x5d\0\0", _lzma),
    (b"BZh", _bzip2),
    (b"\x02\x21\x4c\x18", _lz4),
    (b"\x89LZO\0\r\n\x1a\n", _lzop),
)


def unpacked(data: bytes, most: int) -> bytes:
    """What a stream that begins ``data`` holds, as far as ``most`` bytes; b"" where there is none or it is damaged."""
    for magic, decode in STREAMS:
        if data.startswith(magic):
            try:
                return decode(data, most)
            except Exception:  # noqa: BLE001 - every library has errors of its own; nothing is read from damaged data
                return b""
    return b""
