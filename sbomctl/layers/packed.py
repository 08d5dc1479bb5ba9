"""A harvest as bytes: records of msgpack, each behind its length, in one zstd stream.

In pieces both ways, so that neither direction needs the whole twice in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from types import ModuleType
from typing import BinaryIO, TypeVar, cast

import msgspec

from sbomctl.layers.harvest import Harvest
from sbomctl.model import FileEntry

T = TypeVar("T")

_LEVEL = 1  # a fifth of the size for a hundredth of the time of reading the layer; higher levels gain a twentieth
_PREFIX = 4  # bytes of a record's length, big-endian
_BATCH = 4096  # entries in a record
_MAX_RECORD = 512 << 20  # bytes; a kept file is one record


class Damaged(ValueError):
    """These bytes are no packed harvest."""


class _Head(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The first record; then come ``entries`` in batches, ``blobs`` and ``heads`` one by one."""

    diff_id: str
    size: int
    changeset: bool
    links: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]
    entries: int
    blobs: int
    heads: int


def pack(harvest: Harvest) -> Iterator[bytes]:
    """``harvest`` in pieces; raises ``ValueError`` when it is too large for a cache."""
    packer = _zstd().ZstdCompressor(level=_LEVEL)
    for record in _records(harvest):
        if len(record) > _MAX_RECORD:
            raise ValueError(f"a record of {len(record):,} bytes")
        yield packer.compress(len(record).to_bytes(_PREFIX, "big"))
        yield packer.compress(record)
    yield packer.flush()


def _records(harvest: Harvest) -> Iterator[bytes]:
    encode = msgspec.msgpack.Encoder().encode
    yield encode(
        _Head(
            harvest.diff_id,
            harvest.size,
            harvest.changeset,
            harvest.links,
            harvest.faults,
            len(harvest.entries),
            len(harvest.blobs),
            len(harvest.heads),
        )
    )
    entries = iter(harvest.entries.values())
    while batch := list(islice(entries, _BATCH)):
        yield encode(batch)
    for content in chain(harvest.blobs.items(), harvest.heads.items()):
        yield encode(content)


def unpack(packed: BinaryIO) -> Harvest:
    """The harvest that :func:`pack` made ``packed`` of, equal in every part; raises ``Damaged`` and ``OSError``."""
    zstd = _zstd()
    try:
        with zstd.ZstdFile(packed, mode="rb") as stream:
            harvest = _unpacked(cast("BinaryIO", stream))
            if stream.read(1):
                raise Damaged("there is more than a harvest")
            return harvest
    except (zstd.ZstdError, EOFError, msgspec.DecodeError) as error:
        raise Damaged(str(error)) from error


def _unpacked(stream: BinaryIO) -> Harvest:
    head = msgspec.msgpack.decode(_record(stream), type=_Head)
    entries: dict[str, FileEntry] = {}
    decode_batch = msgspec.msgpack.Decoder(list[FileEntry]).decode
    while len(entries) < head.entries:
        entries.update((entry.path, entry) for entry in decode_batch(_record(stream)))
    decode_content = msgspec.msgpack.Decoder(tuple[str, bytes]).decode
    blobs = dict(decode_content(_record(stream)) for _ in range(head.blobs))
    heads = dict(decode_content(_record(stream)) for _ in range(head.heads))
    return Harvest(head.diff_id, head.size, head.changeset, entries, blobs, head.links, head.faults, heads)


def _record(stream: BinaryIO) -> bytes:
    size = int.from_bytes(_exactly(stream, _PREFIX), "big")
    if size > _MAX_RECORD:
        raise Damaged(f"a record of {size:,} bytes")
    return _exactly(stream, size)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise Damaged("it ends early")
    return data


def _zstd() -> ModuleType:
    try:
        from backports import zstd
    except ImportError:
        from compression import zstd  # type: ignore[import-not-found,no-redef,unused-ignore]
    return zstd
