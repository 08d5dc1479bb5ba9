"""``Packages``: the Berkeley DB form of the rpm database, hash (rpm 4) and b-tree (rpm 5).

Every page is visited once in file order instead of following buckets or branches: all
records lie on hash or leaf pages wherever those hang, freed pages carry another type, and
a damaged inner page costs nothing. The file says its own byte order. Page layouts: Berkeley
DB 5.3, dbinc/db_page.h as described in the DB file format notes; checked with db5.3_load.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, Literal

from sbomctl.catalogers._rpm_database import Contents, summary

_MAGICS: Final = {0x00061561: "hash", 0x00053162: "btree"}
_LEAVES: Final = {"hash": (2, 13), "btree": (5,)}  # P_HASH_UNSORTED and P_HASH; P_LBTREE
_OVERFLOW_PAGE: Final = 7
_INLINE, _OFF_PAGE, _DELETED = 1, 3, 0x80  # item types, the same for both forms
_CHECKSUMMED: Final = 0x01  # DBMETA_CHKSUM: six more bytes in every page header
_MAX_PAGE: Final = 64 << 10


class BrokenItemError(ValueError):
    """An item of a page that cannot be read."""


class Pages:
    """The pages of one file.

    Raises ``ValueError`` when the first page is not that of a hash or b-tree database.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) < 512:
            raise ValueError("shorter than the smallest page")
        order = next((o for o in "<>" if struct.unpack_from(o + "I", data, 12)[0] in _MAGICS), "")
        if not order:
            raise ValueError("bad magic")
        magic, _, self.size, encryption, _, flags = struct.unpack_from(order + "III3B", data, 12)
        if self.size & (self.size - 1) or not 512 <= self.size <= _MAX_PAGE or encryption:
            raise ValueError(f"page size {self.size}, encryption {encryption}")
        self.data = data
        self.form = _MAGICS[magic]
        self.promised = struct.unpack_from(order + "I", data, 32)[0] + 1  # last_pgno counts from 0
        self.body = 32 if flags & _CHECKSUMMED else 26
        self.order = order
        self._head = struct.Struct(order + "IHHBB")  # from byte 16: next page, entries, bytes used, level, type
        self._overflow = struct.Struct(order + "II")  # first page, length
        self._unread = len(data)  # what is still to be handed out: no page belongs to two items

    def items(self) -> Iterator[tuple[bytes | str, bytes | str]]:
        """Key and value of every record; a text in place of one that cannot be read."""
        leaves = _LEAVES[self.form]
        for start in range(0, len(self.data) - self.size + 1, self.size):
            if self.data[start + 25] in leaves:
                yield from self._pairs(start)

    def _pairs(self, start: int) -> Iterator[tuple[bytes | str, bytes | str]]:
        entries = self._head.unpack_from(self.data, start + 16)[1]
        if self.body + 2 * entries > self.size:
            yield f"page {start // self.size} has {entries} entries", b""
            return
        offsets = struct.unpack_from(f"{self.order}{entries}H", self.data, start + self.body)
        for index in range(0, entries - 1, 2):
            if self.form == "btree" and self._deleted(start, offsets[index + 1]):
                continue
            yield self._item(start, offsets, index), self._item(start, offsets, index + 1)

    def _deleted(self, start: int, offset: int) -> bool:
        return offset + 3 <= self.size and bool(self.data[start + offset + 2] & _DELETED)

    def _item(self, start: int, offsets: tuple[int, ...], index: int) -> bytes | str:
        try:
            return (
                self._hash_item(start, offsets, index)
                if self.form == "hash"
                else self._leaf_item(start, offsets[index])
            )
        except (BrokenItemError, struct.error) as error:
            return f"item {index} on page {start // self.size}: {error}"

    def _hash_item(self, start: int, offsets: tuple[int, ...], index: int) -> bytes:
        """An item of a hash page: its type, then its bytes up to where the item before it starts."""
        offset, end = offsets[index], offsets[index - 1] if index else self.size
        if not self.body <= offset < end <= self.size:
            raise BrokenItemError(f"bytes {offset} to {end} of a page of {self.size}")
        kind = self.data[start + offset]
        if kind == _INLINE:
            return self.data[start + offset + 1 : start + end]
        return self._off_page(kind, start + offset + 4)

    def _leaf_item(self, start: int, offset: int) -> bytes:
        """An item of a b-tree leaf: its length, its type, its bytes."""
        if offset + 3 > self.size:
            raise BrokenItemError(f"starts at byte {offset} of a page of {self.size}")
        length, kind = struct.unpack_from(self.order + "HB", self.data, start + offset)
        if kind & ~_DELETED != _INLINE:
            return self._off_page(kind & ~_DELETED, start + offset + 4)
        if offset + 3 + length > self.size:
            raise BrokenItemError(f"{length} bytes at byte {offset} of a page of {self.size}")
        return self.data[start + offset + 3 : start + offset + 3 + length]

    def _off_page(self, kind: int, reference: int) -> bytes:
        """An item too long for its page: a chain of overflow pages."""
        if kind != _OFF_PAGE:
            raise BrokenItemError(f"type {kind}")
        page, length = self._overflow.unpack_from(self.data, reference)
        if length > self._unread:
            raise BrokenItemError(f"{length} bytes in a file of {len(self.data)}")
        self._unread -= length
        pieces: list[bytes] = []
        missing = length
        while missing > 0:
            piece, page = self._overflow_piece(page)
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)[:length]

    def _overflow_piece(self, page: int) -> tuple[bytes, int]:
        start = page * self.size
        if not page or start + self.size > len(self.data):
            raise BrokenItemError(f"its overflow page {page} is not in the file")
        following, _, used, _, kind = self._head.unpack_from(self.data, start + 16)
        if kind != _OVERFLOW_PAGE or not 0 < used <= self.size - self.body:
            raise BrokenItemError(f"page {page} is no overflow page")
        return self.data[start + self.body : start + self.body + used], following


def read_berkeley(data: bytes) -> Contents:
    """Every header blob, by record number."""
    try:
        pages = Pages(data)
    except ValueError as error:
        return Contents(faults=(f"it is no Berkeley DB hash or b-tree: {error}",))
    found: list[tuple[int, bytes]] = []
    faults: list[str] = []
    # rpm 4 writes keys in the machine's byte order, rpm 5 (b-tree) always big-endian.
    order: Literal["little", "big"] = "little" if (pages.form, pages.order) == ("hash", "<") else "big"
    for key, value in pages.items():
        if isinstance(key, str) or isinstance(value, str):
            faults.append(key if isinstance(key, str) else str(value))
        elif any(key):  # record 0 is the counter of record numbers
            found.append((int.from_bytes(key, order), value))
    found.sort()
    damage = summary(faults, "record")
    if len(data) < pages.promised * pages.size:
        damage += (f"it ends after {len(data) // pages.size} of {pages.promised} pages",)
    return Contents(tuple(blob for _, blob in found), damage)


def index_keys(data: bytes) -> int:
    """How many different keys an index file (``Name``, for example) holds; 0 when it cannot be read."""
    try:
        pages = Pages(data)
    except ValueError:
        return 0
    return len({key for key, _ in pages.items() if isinstance(key, bytes)})
