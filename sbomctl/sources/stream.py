"""Stored bytes to uncompressed bytes: recognized by their first bytes, bounded, read ahead, hashed."""

from __future__ import annotations

import hashlib
import io
import lzma
import queue
import re
import threading
from collections.abc import Callable, Generator, Iterator
from typing import BinaryIO, cast

from sbomctl.errors import CorruptInput, SbomctlError, UnsupportedInput
from sbomctl.sources import _block_streams
from sbomctl.sources._gzip import GzipReader

BLOCK = 1 << 20
_AHEAD = 16  # blocks read ahead of the consumer, which is slower where files are small, faster where they are large
LARGER = "if the layer really is that large, raise --max-layer-bytes"

_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bzip2"),
    *_block_streams.MAGIC,
)
# Only the dictionary tells lzma from other data: its size is one of those that the programs use.
_LZMA = re.compile(rb"\x5d\0\0(?:\0[\x01-\x04]|[\x01\x02\x04\x08\x10\x20\x40\x80]\0)", re.DOTALL)
_SKIPPABLE = tuple(bytes([low]) + b"\x2a\x4d\x18" for low in range(0x50, 0x60))  # zstd skippable frame (RFC 8878 3.1.2)


def sniff(head: bytes) -> str:
    """``gzip``, ``zstd``, ``xz``, ``bzip2``, ``lzma``, ``lz4``, ``lzop`` or ``plain``, from the first 6 bytes."""
    if head.startswith(_SKIPPABLE):
        return "zstd"
    if _LZMA.match(head):
        return "lzma"
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), "plain")


def decompressed(raw: BinaryIO, kind: str) -> BinaryIO:
    """A reader of the uncompressed bytes; all members of a multi-member file are one stream."""
    if kind == "plain":
        return raw
    return _OPENERS[kind](raw)


def _open_gzip(raw: BinaryIO) -> BinaryIO:
    try:
        from isal import igzip_lib  # noqa: F401 - asked for here, used there
    except ImportError:  # no wheel for this machine: the standard library is slower but right
        import gzip

        return cast("BinaryIO", gzip.GzipFile(fileobj=raw, mode="rb"))
    return cast("BinaryIO", GzipReader(raw))


def _open_zstd(raw: BinaryIO) -> BinaryIO:
    try:
        from backports import zstd
    except ImportError:
        from compression import zstd  # type: ignore[import-not-found,no-redef,unused-ignore]
    return cast("BinaryIO", zstd.ZstdFile(raw, mode="rb"))


def _open_xz(raw: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", lzma.LZMAFile(raw))


def _open_bzip2(raw: BinaryIO) -> BinaryIO:
    import bz2

    return cast("BinaryIO", bz2.BZ2File(raw))


_OPENERS: dict[str, Callable[[BinaryIO], BinaryIO]] = {
    "gzip": _open_gzip,
    "zstd": _open_zstd,
    "xz": _open_xz,
    "bzip2": _open_bzip2,
    "lzma": _open_xz,  # it tells the two forms apart
    "lz4": _block_streams.lz4,
    "lzop": _block_streams.lzop,
}


class Hashing(io.RawIOBase):
    """Passes a stream on and keeps the digest and size of what passed."""

    def __init__(self, raw: BinaryIO, algorithm: str = "sha256") -> None:
        self._raw = raw
        self._hash = hashlib.new(algorithm)
        self.algorithm = algorithm
        self.size = 0

    def readable(self) -> bool:  # noqa: D102 - io protocol
        return True

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes (io protocol); without the copy that ``readinto`` would cost."""
        chunk = self._raw.read(size)
        self._hash.update(chunk)
        self.size += len(chunk)
        return chunk

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill ``buffer`` (io protocol)."""
        chunk = self.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def abandon(self) -> None:
        """Have a read that waits in another thread fail, where the stream is one that waits."""
        if hasattr(self._raw, "abandon"):
            self._raw.abandon()

    @property
    def digest(self) -> str:
        """``<algorithm>:<hex>`` of everything that passed so far."""
        return f"{self.algorithm}:{self._hash.hexdigest()}"


def blocks(raw: BinaryIO, name: str, limit: int) -> Generator[bytes]:
    """The uncompressed content of ``raw`` in blocks of about 1 MiB, then everything after it is drained.

    Decompression runs one step ahead in a thread of its own (the codecs and hashes release
    the interpreter lock). Raises ``CorruptInput`` when the stream is damaged, ends early
    or gives more than ``limit`` bytes; ``name`` is what the message calls it.
    """
    ahead: queue.Queue[bytes | BaseException | None] = queue.Queue(_AHEAD)
    stop = threading.Event()
    reader = threading.Thread(target=_read_ahead, args=(raw, name, limit, ahead, stop), daemon=True)
    reader.start()
    ended = False
    try:
        while (item := ahead.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
        ended = True
    finally:
        stop.set()
        if not ended and hasattr(raw, "abandon"):  # it may wait for a network
            raw.abandon()
        while reader.is_alive() and reader is not threading.current_thread():  # the collector may run in either
            _discard(ahead)
            reader.join(0.01)


def _discard(ahead: queue.Queue[bytes | BaseException | None]) -> None:
    while not ahead.empty():
        ahead.get_nowait()


def _read_ahead(
    raw: BinaryIO,
    name: str,
    limit: int,
    ahead: queue.Queue[bytes | BaseException | None],
    stop: threading.Event,
) -> None:
    try:
        for block in _blocks(raw, name, limit):
            ahead.put(block)
            if stop.is_set():
                break
        ahead.put(None)
    except BaseException as error:  # noqa: BLE001 - handed to the consumer, which raises it
        ahead.put(error)


def _blocks(raw: BinaryIO, name: str, limit: int) -> Iterator[bytes]:
    kind, total = "compressed", 0
    try:
        head = raw.read(BLOCK)
        whole = cast("BinaryIO", _Rejoined(head, raw))
        kind = sniff(head)
        stream = decompressed(whole, kind)
        while block := stream.read(BLOCK):
            total += len(block)
            if total > limit:
                raise CorruptInput(f"{name}: more than {limit:,} bytes when uncompressed", LARGER)
            yield block
        while whole.read(BLOCK):
            pass
    except SbomctlError:
        raise
    except ImportError as error:
        raise UnsupportedInput(f"{name}: {kind} data cannot be read by this Python", f"install it: {error}") from error
    except OSError as error:
        if error.errno is not None:
            raise CorruptInput(f"{name}: {error.strerror}", "check that the file can be read") from error
        raise CorruptInput(f"{name}: damaged {kind} data ({error})", _AGAIN) from error
    except EOFError as error:
        raise CorruptInput(f"{name}: {kind} data ends early", _AGAIN) from error
    except Exception as error:  # each codec has error types of its own: zlib.error, LZMAError, ZstdError, ...
        raise CorruptInput(f"{name}: damaged {kind} data ({error})", _AGAIN) from error


_AGAIN = "the file is damaged or incomplete; write or download it again"


class _Rejoined(io.RawIOBase):
    """A stream whose first bytes were already read to look at them."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not self._head:
            return self._rest.read(size)
        piece = self._head if size < 0 else self._head[:size]
        self._head = self._head[len(piece) :]
        return bytes(piece)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        chunk = self.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)
