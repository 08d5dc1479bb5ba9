"""Databases of bbolt, in which containerd keeps names (bbolt documentation, "Database file": pages, buckets)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from sbomctl.filesystems.base import Blob, Damaged, exactly

_MAGIC = 0xED0CDAED
_HEADER = struct.Struct("<QHHI")  # id, flags, count, further pages
_META = struct.Struct(  # magic, version, page size, flags, root bucket (2), free list, high, transaction, check
    "<IIIIQQQQQQ"
)
_PAGE_SIZES = tuple(1 << bits for bits in range(10, 17))  # that of the machine it was written on
_BRANCH, _LEAF = 1, 2
_BUCKET = 1  # flag of an element
_MOST_BYTES = 1 << 30  # of pages that are read
_LARGEST = 64 << 20  # bytes of one page with its overflow


class Bolt:
    """A database; a bucket is named by the keys that lead to it. Everything raises ``Damaged``."""

    def __init__(self, blob: Blob) -> None:
        self._blob = blob
        self._page_bytes, self._root = self._newest()
        self._left = _MOST_BYTES

    def _newest(self) -> tuple[int, int]:
        """Page size and root of the later of the two transactions that the file starts with, one on each page."""
        found = []
        for place in (0, *_PAGE_SIZES):
            page = self._blob.pread(place + _HEADER.size, _META.size)
            if len(page) < _META.size:
                break
            magic, version, size, _, root, _, _, _, transaction, check = _META.unpack(page)
            is_meant = size == place or (not place and size in _PAGE_SIZES)
            if magic == _MAGIC and version == 2 and is_meant and _check(page[:-8]) == check:
                found.append((transaction, size, root))
        if not found:
            raise Damaged("there is no database of bbolt")
        _, size, root = max(found)
        return size, root

    def items(self, *keys: bytes) -> Iterator[tuple[bytes, bytes | None]]:
        """The keys of a bucket in order, each with its value, None for a bucket; nothing where there is no bucket."""
        page = self._page(self._root)
        for key in keys:
            value = next((value for flags, one, value in self._elements(page) if one == key and flags & _BUCKET), None)
            if value is None:
                return
            page = self._bucket(value)
        for flags, key, value in self._elements(page):
            yield key, None if flags & _BUCKET else value

    def _bucket(self, value: bytes) -> bytes:
        """The page of a bucket; a small one follows right behind its header."""
        if len(value) < 16:
            raise Damaged("a bucket is cut off")
        (root,) = struct.unpack_from("<Q", value)
        return self._page(root) if root else value[16:]

    def _page(self, number: int) -> bytes:
        place = number * self._page_bytes
        _, _, _, further = _HEADER.unpack(exactly(self._blob, place, _HEADER.size))
        size = (1 + further) * self._page_bytes
        if size > _LARGEST:
            raise Damaged(f"a page claims {size:,} bytes")
        self._left -= size
        if self._left < 0:
            raise Damaged("it has too many pages, or they lead back to themselves")
        return exactly(self._blob, place, size)

    def _elements(self, page: bytes) -> Iterator[tuple[int, bytes, bytes]]:
        """Flags, key and value of each element below a page."""
        pending = list[int]()
        while True:
            if len(page) < _HEADER.size:
                raise Damaged("a page is cut off")
            _, kind, count, _ = _HEADER.unpack_from(page)
            if 16 + count * 16 > len(page):
                raise Damaged("a page is cut off")
            if kind & _LEAF:
                left = len(page)
                for at in range(16, 16 + count * 16, 16):
                    flags, where, key, value = struct.unpack_from("<IIII", page, at)
                    start = at + where
                    left -= key + value
                    if start + key + value > len(page) or left < 0:
                        raise Damaged("an element lies outside of its page, or in another")
                    yield flags, page[start : start + key], page[start + key : start + key + value]
            elif kind & _BRANCH:
                numbers = [struct.unpack_from("<IIQ", page, at)[2] for at in range(16, 16 + count * 16, 16)]
                pending += reversed(numbers)
            else:
                raise Damaged("a page is of the wrong kind")
            if not pending:
                return
            page = self._page(pending.pop())


def _check(data: bytes) -> int:
    """FNV-1a of 64 bits, which tells a page that was being written when the power went."""
    found = 0xCBF29CE484222325
    for byte in data:
        found = (found ^ byte) * 0x100000001B3 & (1 << 64) - 1
    return found
