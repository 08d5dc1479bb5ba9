"""The nodes of JFFS2: one pass over the flash finds all of them (see ``jffs2``)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

from sbomctl.filesystems._flash import first_written
from sbomctl.filesystems.base import Blob

ENTRY, INODE, ATTRIBUTE, ATTRIBUTE_USE = 0xE001, 0xE002, 0xE008, 0xE009
_INCOMPATIBLE = 0xE000  # a kind that must be understood; all above are
_WINDOW = 1 << 20
_ONES = 0xFFFFFFFF


class Form(NamedTuple):
    """How numbers are stored: JFFS2 has the byte order of its machine."""

    magic: bytes
    head: struct.Struct  # magic, kind, length, checksum
    entry: struct.Struct  # directory, version, inode, bytes of the name, type, checksums of node and name
    inode: struct.Struct  # inode, version, mode, size, place, stored and real bytes, codec, both checksums
    attribute: struct.Struct  # number, version, prefix, bytes of name and value, checksums of both and of the node
    use: struct.Struct  # inode, number of the attribute, sequence, checksum
    number: struct.Struct


def _form(order: str, magic: bytes) -> Form:
    forms = ("2sHII", "12xIII4xBB2xII", "12xIII4xI12xIIIB3xII", "12xIIBBHII", "12xIIII", "I")
    return Form(magic, *(struct.Struct(order + one) for one in forms))


FORMS = (_form("<", b"\x85\x19"), _form(">", b"\x19\x85"))


def form_of(blob: Blob) -> Form | None:
    """The byte order of a file system, from its first node; None when it is no JFFS2."""
    head = blob.pread(first_written(blob), 12)
    for form in FORMS:
        if head.startswith(form.magic) and len(head) >= 12 and crc(head[:8]) == form.head.unpack_from(head)[3]:
            return form
    return None


def crc(data: bytes) -> int:
    """CRC-32 from zero, not inverted."""
    return crc32(data, _ONES) ^ _ONES


Met = tuple[int, int, bytes, int, int]
"""A node: its kind and place; the window in which it is, where in that it starts and ends."""


def nodes(blob: Blob, form: Form) -> Iterator[Met]:
    """Every node that says something of files, of whatever kind, in stored order."""
    at, base, window = 0, 0, b""
    size, magic, unpack = blob.size - 12, form.magic, form.head.unpack_from
    while at <= size:
        start = at - base
        if start + 12 > len(window):
            base, window, start = at, blob.pread(at, _WINDOW), 0
            if len(window) < 12:
                return
        found, kind, length, stated = unpack(window, start)
        if found != magic or crc32(window[start : start + 8], _ONES) ^ _ONES != stated or length < 12:
            at = _next(magic, at, base, window)
            continue
        if kind & _INCOMPATIBLE == _INCOMPATIBLE:
            if start + length > len(window) and start:
                base, window, start = at, blob.pread(at, _WINDOW), 0
            yield kind, at, window, start, start + length
        at += length + 3 & ~3


def _next(magic: bytes, at: int, base: int, window: bytes) -> int:
    """The next place where a node may start; padding and free flash are passed over."""
    found = window.find(magic, at + 1 - base)
    while found >= 0 and (base + found) % 4:
        found = window.find(magic, found + 1)
    return base + found if found >= 0 else max(at + 4, base + len(window) - 4 & ~3)
