"""Compressed bytes inside of an image, decompressed once so that they can be read at any offset."""

from __future__ import annotations

import bz2
import lzma
import os
import tempfile
import weakref
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from sbomctl.filesystems import _lz4_frames, _lzop
from sbomctl.filesystems._packed import Stored
from sbomctl.filesystems.base import Blob, Damaged
from sbomctl.filesystems.blob import FileBlob

_STEP = 1 << 12  # bytes read at a time: at most they become some 100 MiB
_PIECE = 1 << 18
_HEAD = 6  # bytes that tell what data is compressed with
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


Unpack = Callable[[Stored], Iterator[bytes]]


def _fed(make: Callable[[], _Decompressor]) -> Unpack:
    """The decoder of a library, which is given bytes, as one that takes them; one member, not those that follow."""

    def unpack(stored: Stored) -> Iterator[bytes]:
        decoder = make()
        while not decoder.eof:
            data = stored.take(_STEP)
            if not data:
                raise Damaged("its compressed part ends early")
            try:
                out = decoder.decompress(data)
            except Exception as error:  # each library has error types of its own
                raise Damaged(f"its compressed part is damaged ({error})") from error
            yield out
        stored.back(decoder.unused_data)

    return unpack


_MAGIC: tuple[tuple[bytes, str, Unpack], ...] = (
    (b"\x1f\x8b", "gzip", _fed(lambda: zlib.decompressobj(31))),
    (b"\xfd7zXZ\0", "xz", _fed(lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _MEMORY))),
    (b"\x28\xb5\x2f\xfd", "zstd", _fed(_zstd)),
    (b"BZh", "bzip2", _fed(bz2.BZ2Decompressor)),
    (b"\x5d\0\0", "lzma", _fed(lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, _MEMORY))),
    (_lz4_frames.FRAME, "lz4", _lz4_frames.unpacked),
    (_lz4_frames.LEGACY, "lz4", _lz4_frames.unpacked),
    (_lzop.MAGIC[:_HEAD], "lzop", _lzop.unpacked),
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


def decompressed(blob: Blob, offset: int, most: int = _MOST) -> tuple[Spool, int]:
    """The content of the compressed stream at a place, and where the stream ends.

    Raises ``Damaged``, also where there are more than ``most`` bytes.
    """
    stored = _from(blob, offset)
    try:
        with tempfile.TemporaryFile(buffering=0) as file:
            _pour(_unpacked(blob, offset, stored), file.fileno(), most)
            return Spool(os.dup(file.fileno())), offset + stored.at
    except OSError as error:
        raise Damaged(f"its compressed part cannot be unpacked to the temporary directory: {error.strerror}") from error


def spooled(blob: Blob, *, is_file: bool = True) -> Spool:
    """All of a compressed file, whose streams may be several in a row; raises ``Damaged``.

    Where it is no file but a place that is larger than what was written there, what follows does not matter.
    """
    first = compression(blob.pread(0, _HEAD))
    try:
        with tempfile.TemporaryFile(buffering=0) as file:
            size = end = 0
            while end < blob.size:
                kind = compression(blob.pread(end, _HEAD))
                if not kind or not (is_file or kind == first):
                    if is_file and blob.pread(end, _PIECE).strip(b"\0"):
                        raise Damaged(f"what follows its compressed part at byte {end:,} is not read here")
                    break
                stored = _from(blob, end)
                size = _pour(_unpacked(blob, end, stored), file.fileno(), _MOST, size)
                end += stored.at
            return Spool(os.dup(file.fileno()))
    except OSError as error:
        raise Damaged(f"its compressed part cannot be unpacked to the temporary directory: {error.strerror}") from error


def opening(blob: Blob, offset: int, size: int) -> bytes:
    """About the first ``size`` bytes of what :func:`decompressed` gives; raises ``Damaged``."""
    found = b""
    for piece in _unpacked(blob, offset, _from(blob, offset)):
        found += piece[: size - len(found)]
        if len(found) >= size:
            break
    return found


def _from(blob: Blob, offset: int) -> Stored:
    place = offset

    def read(size: int) -> bytes:
        nonlocal place
        data = blob.pread(place, size)
        place += len(data)
        return data

    return Stored(read)


def _unpacked(blob: Blob, offset: int, stored: Stored) -> Iterator[bytes]:
    head = blob.pread(offset, _HEAD)
    return next(unpack for magic, _, unpack in _MAGIC if head.startswith(magic))(stored)


def _pour(pieces: Iterator[bytes], descriptor: int, most: int, size: int = 0) -> int:
    """Writes ``pieces`` behind ``size`` bytes that are there; the size of all."""
    for out in pieces:
        size += len(out)
        if size > most:
            raise Damaged(f"its compressed part holds more than {most:,} bytes")
        _write_sparse(descriptor, out)
    os.ftruncate(descriptor, size)
    return size


def _write_sparse(descriptor: int, data: bytes) -> None:
    for start in range(0, len(data), _PIECE):
        piece = memoryview(data)[start : start + _PIECE]
        if piece == _ZEROS[: len(piece)]:
            os.lseek(descriptor, len(piece), os.SEEK_CUR)
        else:
            os.write(descriptor, piece)
