"""Compressed bytes inside of an image, decompressed once so that they can be read at any offset."""

from __future__ import annotations

import bz2
import lzma
import os
import tempfile
import weakref
import zlib
from collections.abc import Callable
from typing import Protocol

from sbomctl.filesystems.base import Blob, Damaged
from sbomctl.filesystems.blob import FileBlob

_STEP = 1 << 12  # bytes read at a time: at most they become some 100 MiB
_PIECE = 1 << 18
_MEMORY = 256 << 20  # of a decoder
_ZEROS = bytes(_PIECE)
_MOST = 8 << 30


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def _zstd() -> _Decompressor:
    try:
        from backports import zstd
    except ImportError:
        from compression import zstd  # type: ignore[import-not-found,no-redef,unused-ignore]
    found: _Decompressor = zstd.ZstdDecompressor()
    return found


_MAGIC: tuple[tuple[bytes, str, Callable[[], _Decompressor]], ...] = (
    (b"\x1f\x8b", "gzip", lambda: zlib.decompressobj(31)),
    (b"\xfd7zXZ\0", "xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _MEMORY)),
    (b"\x28\xb5\x2f\xfd", "zstd", _zstd),
    (b"BZh", "bzip2", bz2.BZ2Decompressor),
    (b"\x5d\0\0", "lzma", lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, _MEMORY)),
)


class Spool(FileBlob):
    """Bytes in an unnamed temporary file, which the system removes however this process ends; holes stay holes."""

    __slots__ = ("__weakref__",)

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor)
        weakref.finalize(self, os.close, descriptor)


def compression(head: bytes) -> str:
    """What data that starts like this is compressed with; "" = nothing that is known here."""
    return next((name for magic, name, _ in _MAGIC if head.startswith(magic)), "")


def decompressed(blob: Blob, offset: int) -> tuple[Spool, int]:
    """The content of the compressed stream at a place, and where the stream ends; raises ``Damaged``."""
    head = blob.pread(offset, 6)
    decoder = next(make() for magic, _, make in _MAGIC if head.startswith(magic))
    try:
        with tempfile.TemporaryFile(buffering=0) as file:
            end = _pour(blob, offset, decoder, file.fileno())
            return Spool(os.dup(file.fileno())), end
    except OSError as error:
        raise Damaged(f"its compressed part cannot be unpacked to the temporary directory: {error.strerror}") from error


def spooled(blob: Blob) -> Spool:
    """All of a compressed file, whose streams may be several in a row; raises ``Damaged``."""
    try:
        with tempfile.TemporaryFile(buffering=0) as file:
            end = 0
            while end < blob.size:
                head = blob.pread(end, 6)
                if not compression(head):
                    if blob.pread(end, _PIECE).strip(b"\0"):
                        raise Damaged(f"what follows its compressed part at byte {end:,} is not read here")
                    break
                decoder = next(make() for magic, _, make in _MAGIC if head.startswith(magic))
                end = _pour(blob, end, decoder, file.fileno())
            return Spool(os.dup(file.fileno()))
    except OSError as error:
        raise Damaged(f"its compressed part cannot be unpacked to the temporary directory: {error.strerror}") from error


def _pour(blob: Blob, at: int, decoder: _Decompressor, descriptor: int) -> int:
    size = os.lseek(descriptor, 0, os.SEEK_CUR)
    while not decoder.eof:
        data = blob.pread(at, _STEP)
        if not data:
            raise Damaged("its compressed part ends early")
        at += len(data)
        try:
            out = decoder.decompress(data)
        except Exception as error:  # each library has error types of its own
            raise Damaged(f"its compressed part is damaged ({error})") from error
        size += len(out)
        if size > _MOST:
            raise Damaged(f"its compressed part holds more than {_MOST:,} bytes")
        _write_sparse(descriptor, out)
    os.ftruncate(descriptor, size)
    return at - len(decoder.unused_data)


def _write_sparse(descriptor: int, data: bytes) -> None:
    for start in range(0, len(data), _PIECE):
        piece = memoryview(data)[start : start + _PIECE]
        if piece == _ZEROS[: len(piece)]:
            os.lseek(descriptor, len(piece), os.SEEK_CUR)
        else:
            os.write(descriptor, piece)
