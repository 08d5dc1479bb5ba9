"""SQLite write-ahead logs: transactions that are committed but not yet in the database file.

An image that was stored while rpm's database was open, or after a crash, keeps its last
installations only here (SQLite file format, section 4, The Write-Ahead Log).
"""

from __future__ import annotations

import struct

_HEADER = struct.Struct(">8I")  # magic, format, page size, sequence, two salts, two checksums
_FRAME = struct.Struct(">6I")  # page number, size in pages after a commit (else 0), two salts, two checksums
_ORDERS = {0x377F0682: "<", 0x377F0683: ">"}  # byte order of the words that are summed
_MAX_PAGE = 64 << 10


class BrokenLogError(ValueError):
    """The log cannot be applied."""


def merged(data: bytes, log: bytes) -> tuple[bytes, str]:
    """The database with every committed transaction of ``log``, and what of the log is damaged; "" = nothing.

    Raises ``BrokenLogError`` for bytes that are no log of this database.
    """
    if len(log) < _HEADER.size:
        raise BrokenLogError("shorter than its header")
    magic, _, page_size, _, _, _, *expected = _HEADER.unpack_from(log)
    if magic not in _ORDERS or page_size & (page_size - 1) or not 512 <= page_size <= _MAX_PAGE:
        raise BrokenLogError("bad magic or page size")
    if _checksum((0, 0), log[:24], _ORDERS[magic]) != tuple(expected):
        raise BrokenLogError("its header fails its checksum")
    pages, count, fault = _committed(log, page_size, _ORDERS[magic])
    if not count:
        return data, fault
    if count * page_size > len(data) + len(log):
        raise BrokenLogError(f"{count} pages are more than the database and the log hold")
    out = bytearray(data[: count * page_size].ljust(count * page_size, b"\0"))
    for number, start in pages.items():
        if 0 < number <= count:
            out[(number - 1) * page_size : number * page_size] = log[start : start + page_size]
    return bytes(out), fault


def _committed(log: bytes, page_size: int, order: str) -> tuple[dict[int, int], int, str]:
    """Page number → where its newest committed content starts; the database's size in pages, 0 = no commit; a fault.

    Frames from the first with other salts on are leftovers of an older log; one with these salts
    and a wrong checksum was cut off or damaged, and whatever follows it is lost.
    """
    salts, total = log[16:24], _HEADER.unpack_from(log)[6:8]
    pages: dict[int, int] = {}
    pending: dict[int, int] = {}
    count = 0
    for start in range(_HEADER.size, len(log) - _FRAME.size - page_size + 1, _FRAME.size + page_size):
        number, size, _, _, *expected = _FRAME.unpack_from(log, start)
        body = start + _FRAME.size
        total = _checksum(total, log[start : start + 8] + log[body : body + page_size], order)
        if log[start + 8 : start + 16] != salts:
            break
        if total != tuple(expected):
            return pages, count, f"it is damaged from byte {start} on"
        pending[number] = body
        if size:
            pages |= pending
            pending, count = {}, size
    else:
        if (len(log) - _HEADER.size) % (_FRAME.size + page_size):
            return pages, count, "its end is cut off"
    return pages, count, ""


def _checksum(total: tuple[int, ...], data: bytes, order: str) -> tuple[int, int]:
    first, second = total
    for left, right in struct.iter_unpack(order + "II", data):
        first = (first + left + second) & 0xFFFFFFFF
        second = (second + right + first) & 0xFFFFFFFF
    return first, second
