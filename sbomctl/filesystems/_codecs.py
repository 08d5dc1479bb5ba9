"""Decompression of single blocks: bounded output, one kind of error."""

from __future__ import annotations

import lzma
from collections.abc import Callable

from sbomctl.filesystems._lz4 import lz4_block
from sbomctl.filesystems._lzo import lzo1x_block
from sbomctl.filesystems.base import Damaged

Decode = Callable[[bytes, int], bytes]
"""Stored bytes and the most that may come out → what comes out; raises ``Damaged``."""

_MEMORY = 128 << 20  # of a decoder; no block is larger than 1 MiB, so no honest one needs as much


def decoder(name: str) -> Decode:
    """The decoder of ``gzip`` (zlib), ``deflate``, ``lzma``, ``xz``, ``zstd``, ``lz4`` or ``lzo`` blocks."""
    decode = _MAKERS[name]()

    def checked(data: bytes, most: int) -> bytes:
        try:
            return decode(data, most)
        except Damaged:
            raise
        except Exception as error:  # each library has error types of its own
            raise Damaged(f"its {name} data is damaged ({error})") from error

    return checked


def _gzip(bits: int = 15) -> Decode:
    try:
        from isal import isal_zlib as fast
    except ImportError:  # no wheel for this machine: the standard library is slower but right
        import zlib

        return lambda data, most: zlib.decompressobj(bits).decompress(data, most)
    return lambda data, most: fast.decompressobj(bits).decompress(data, most)


def _lzma() -> Decode:
    return lambda data, most: lzma.LZMADecompressor(lzma.FORMAT_ALONE, _MEMORY).decompress(data, most)


def _xz() -> Decode:
    return lambda data, most: lzma.LZMADecompressor(lzma.FORMAT_XZ, _MEMORY).decompress(data, most)


def _zstd() -> Decode:
    try:
        from backports import zstd
    except ImportError:
        from compression import zstd  # type: ignore[import-not-found,no-redef,unused-ignore]
    return lambda data, most: zstd.ZstdDecompressor().decompress(data, most)


_MAKERS: dict[str, Callable[[], Decode]] = {
    "gzip": _gzip,
    "deflate": lambda: _gzip(-15),
    "lzma": _lzma,
    "xz": _xz,
    "zstd": _zstd,
    "lz4": lambda: lz4_block,
    "lzo": lambda: lzo1x_block,
}
