"""Compressed streams for which no library is at hand, as files to read from."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from sbomctl.filesystems._lz4_frames import FRAME, LEGACY
from sbomctl.filesystems._lz4_frames import unpacked as unpacked_lz4
from sbomctl.filesystems._lzop import MAGIC as LZOP
from sbomctl.filesystems._lzop import unpacked as unpacked_lzop
from sbomctl.filesystems._packed import Stored

MAGIC = ((FRAME, "lz4"), (LEGACY, "lz4"), (LZOP[:6], "lzop"))


class _Unpacked(io.RawIOBase):
    """The content of a stream, piece by piece as it was compressed."""

    def __init__(self, raw: BinaryIO, unpack: Callable[[Stored], Iterator[bytes]]) -> None:
        self._stored = Stored(raw.read)
        self._pieces = unpack(self._stored)
        self._piece = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                self._end()
                return b""
            self._piece = memoryview(piece)
        taken = self._piece if size < 0 else self._piece[:size]
        self._piece = self._piece[len(taken) :]
        return bytes(taken)

    def _end(self) -> None:
        """Zeros may pad a file; anything else would be content that is left out."""
        while more := self._stored.take(1 << 16):
            if more.count(0) != len(more):
                raise OSError("something else follows the compressed data")


def lz4(raw: BinaryIO) -> BinaryIO:
    """The content of lz4 frames, legacy ones too."""
    return cast("BinaryIO", _Unpacked(raw, unpacked_lz4))


def lzop(raw: BinaryIO) -> BinaryIO:
    """The content of lzop members."""
    return cast("BinaryIO", _Unpacked(raw, unpacked_lzop))
