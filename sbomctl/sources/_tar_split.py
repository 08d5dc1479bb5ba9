"""A layer as Docker stores it, put together again: what stands in the tar between files, and the files unpacked.

The tar-split format: gzip of JSON lines in the order of the tar; a line of type 2 holds bytes, of type 1 the name of
a file whose content comes there. So the digest of the layer can be verified, which the unpacked files alone cannot.
"""

from __future__ import annotations

import binascii
import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

import msgspec

from sbomctl.errors import CorruptInput
from sbomctl.filesystems.base import Blob, Damaged, Node
from sbomctl.filesystems.subtree import Names
from sbomctl.model import Layer
from sbomctl.sources._tolerant import TolerantLayer
from sbomctl.sources.base import OpenLayer
from sbomctl.sources.tar import TarLayer

_PIECE = 1 << 20
_READ = 1 << 14  # bytes of gzip read at a time: at most they become 16 MiB
_LINE = 64 << 20  # a line holds the header of one file; long names make it longer
_AGAIN = "the store of the engine is damaged or incomplete; write or download the image again"


class _Line(msgspec.Struct, frozen=True):
    type: int
    name: str = ""
    name_raw: str | None = None  # base64; names that are no UTF-8
    size: int = 0
    payload: str | None = None  # base64


def split_layer(info: Layer, split: Blob, files: Names, name: str) -> OpenLayer:
    """A layer of an image in an engine's store, of its tar-split file and its unpacked files."""
    return TolerantLayer(TarLayer(info, lambda: _joined(split, files, name), changeset=True, name=name))


def _joined(split: Blob, files: Names, name: str) -> BinaryIO:
    return cast("BinaryIO", _Joined(_pieces(split, files, name)))


class _Joined(io.RawIOBase):
    """Pieces as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        parts: list[memoryview] = []
        left = _PIECE if size < 0 else size
        while left:
            if not self._rest:
                piece = next(self._pieces, None)
                if piece is None:
                    break
                self._rest = memoryview(piece)
            parts.append(self._rest[:left])
            self._rest = self._rest[left:]
            left -= len(parts[-1])
        return b"".join(parts)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _pieces(split: Blob, files: Names, name: str) -> Iterator[bytes]:
    decode = msgspec.json.Decoder(_Line).decode
    try:
        for text in _lines(split):
            line = decode(text)
            if line.type == 2:
                yield binascii.a2b_base64(line.payload or "")
            elif line.size:
                path = binascii.a2b_base64(line.name_raw) if line.name_raw else line.name.encode()
                yield from _content(_file(files, path), line.size, line.name)
    except (Damaged, zlib.error, binascii.Error, msgspec.MsgspecError, ValueError, UnicodeError) as error:
        raise CorruptInput(f"{name}: {error}", _AGAIN) from error


def _file(files: Names, path: bytes) -> Node:
    parts = [part for part in path.split(b"/") if part not in (b"", b".")]
    node = None if b".." in parts else files.node(b"/".join(parts))
    if node is None:
        raise Damaged(f"the content of {path.decode('utf-8', 'replace')} is missing")
    return node


def _content(node: Node, size: int, name: str) -> Iterator[bytes]:
    if node.size != size:
        raise Damaged(f"{name} has {node.size:,} bytes, the layer {size:,}")
    for offset in range(0, size, _PIECE):
        yield node.pread(offset, _PIECE)


def _lines(blob: Blob) -> Iterator[bytes]:
    decoder = zlib.decompressobj(31)
    rest = b""
    for offset in range(0, blob.size, _READ):
        *lines, rest = (rest + decoder.decompress(blob.pread(offset, _READ))).split(b"\n")
        yield from lines
        if len(rest) > _LINE:
            raise Damaged("a line of its tar-split file is too long")
    if not decoder.eof:
        raise Damaged("its tar-split file ends early")
    if rest:
        yield rest
