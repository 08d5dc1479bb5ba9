"""The nodes of UBIFS: everything in it is one, with a checksum and a number that grows (see ``ubifs``)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

from sbomctl.filesystems._flash import checksum
from sbomctl.filesystems.base import Blob, Damaged

MAGIC = b"\x31\x18\x10\x06"
INODE, DATA, DENTRY, XENTRY, TRUNCATION, PADDING, SUPERBLOCK, MASTER, REFERENCE, INDEX, COMMIT = range(11)
HEADER = struct.Struct("<4sIQIB3x")  # magic, checksum, number, length, kind
_LONGEST = 8192  # bytes; what is longer would be checked again at every magic number in it
_KEPT = 512  # bytes; a directory entry has no more than 312
BLOCK = 4096  # bytes of content that a data node holds at most
_TYPE = 29  # bits of a key below its type


class Found(NamedTuple):
    """A node as it was met in an erase block."""

    number: int
    kind: int
    place: int  # in the file system
    length: int
    data: bytes  # its start, long enough for everything but content


def key(inode: int, kind: int, rest: int = 0) -> int:
    """A key as a number that sorts as UBIFS sorts; ``rest`` is the hash of a name or the number of a block."""
    return inode << 32 | kind << _TYPE | rest


def block_of(word: int) -> int:
    """The number of a block, from the second word of its key."""
    return word & (1 << _TYPE) - 1


def checked(data: bytes, kind: int) -> bytes:
    """A node that was read at the place where another names it; raises ``Damaged``."""
    if len(data) < HEADER.size:
        raise Damaged("it points behind the end")
    magic, crc, _, length, found = HEADER.unpack_from(data)
    # crc32 is called here and not ``checksum``: there is a node for every name, inode and branch
    if magic != MAGIC or found != kind or length != len(data) or crc32(data[8:]) ^ 0xFFFFFFFF != crc:
        raise Damaged("one of its nodes is damaged")
    return data


def nodes_in(blob: Blob, start: int, end: int) -> Iterator[Found | None]:
    """The nodes of an erase block in stored order, between ``start`` and ``end``; None for each damaged one."""
    data = blob.pread(start, end - start)
    at = data.find(MAGIC)
    while at >= 0:
        found = _node_at(data, at)
        if found is None:
            yield None
            at = data.find(MAGIC, at + 8)
            continue
        number, kind, length = found
        if kind != PADDING:
            kept = 48 if kind == DATA else _KEPT
            yield Found(number, kind, start + at, length, data[at : at + min(length, kept)])
        at = data.find(MAGIC, at + length)


def _node_at(data: bytes, at: int) -> tuple[int, int, int] | None:
    if at % 8 or at + HEADER.size > len(data):
        return None
    _, crc, number, length, kind = HEADER.unpack_from(data, at)
    if not HEADER.size <= length <= min(_LONGEST, len(data) - at) or checksum(data[at + 8 : at + length]) != crc:
        return None
    return number, kind, length
