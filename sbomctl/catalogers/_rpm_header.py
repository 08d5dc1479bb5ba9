"""RPM headers: the blob that every form of the rpm database keeps per package.

A header is a count of index entries, a count of data bytes, the index (tag, type, offset,
count, each 32 bits, big-endian) and the data store (rpm documentation, format_header.md).
It arrives from an image, so nothing in it is believed: every read is checked against the
store, and what does not fit is recorded in :attr:`Header.faults` instead of being raised.
"""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Container, Sequence

from sbomctl.model import path_text

_PREAMBLE = struct.Struct(">II")
_ENTRY = struct.Struct(">IIiI")
_MAX_FAULTS = 5  # of one header; more say nothing new

_STRING = 6
_STRINGS = frozenset({_STRING, 8, 9})  # and string array, translated strings
_NUMBERS = {1: "B", 2: "B", 3: "H", 4: "I", 5: "Q"}  # char, int8 ... int64

_REGION_TAGS = range(61, 64)  # HEADERIMAGE, HEADERSIGNATURES, HEADERIMMUTABLE
_BINARY = 7


class HeaderError(ValueError):
    """These bytes are no rpm header."""


class Header:
    """One header; tags that are absent read as "" or ()."""

    __slots__ = ("_entries", "_index", "_starts", "_store", "faults")

    def __init__(self, blob: bytes) -> None:
        """Raises ``HeaderError`` when the index and the store do not fit into ``blob``."""
        if len(blob) < _PREAMBLE.size:
            raise HeaderError(f"{len(blob)} bytes are too few for a header")
        entries, size = _PREAMBLE.unpack_from(blob)
        start = _PREAMBLE.size + entries * _ENTRY.size
        if start + size > len(blob):
            raise HeaderError(f"{entries} index entries and {size} data bytes do not fit into {len(blob)} bytes")
        self._store = blob[start : start + size]
        # One flat array of numbers: a tuple per entry would cost more than all the rest of the parsing.
        index = _big_endian("I", blob[_PREAMBLE.size : start])
        _check_region(index, self._store)
        self._index = index
        # Entries behind the region ("dribbles", added at install time) replace those inside: the last one counts.
        self._entries = dict(zip(index[::4], range(1, len(index), 4), strict=True))
        self._starts = sorted(index[2::4])
        self.faults: list[str] = []

    def text(self, tag: int) -> str:
        """A string; of several (translations) the first, which is the untranslated one."""
        if tag not in self._entries:
            return ""
        _, offset, count = self._find(tag, _STRINGS)
        end = self._store.find(b"\0", offset) if count else 0
        if end < 0:
            self._fault(tag, "string without end")
            return ""
        return path_text(self._store[offset:end])

    def texts(self, tag: int) -> list[str]:
        """Every string of an array, as stored."""
        if tag not in self._entries:
            return []
        kind, offset, count = self._find(tag, _STRINGS)
        if not count:
            return []
        count = 1 if kind == _STRING else count
        # Data of two tags never overlap, so an array ends where the next one starts.
        following = bisect_right(self._starts, offset)
        end = self._starts[following] if following < len(self._starts) else len(self._store)
        pieces = self._store[offset:end].split(b"\0", count)
        if len(pieces) <= count:
            self._fault(tag, f"{count} strings do not fit")
            return []
        pieces.pop()
        return _decoded(pieces)

    def numbers(self, tag: int) -> Sequence[int]:
        """Every number of an integer tag, unsigned."""
        if tag not in self._entries:
            return ()
        kind, offset, count = self._find(tag, _NUMBERS)
        if not count:
            return ()
        end = offset + count * array(_NUMBERS[kind]).itemsize
        if end > len(self._store):
            self._fault(tag, f"{count} numbers do not fit")
            return ()
        return _big_endian(_NUMBERS[kind], self._store[offset:end])

    def _find(self, tag: int, kinds: Container[int]) -> tuple[int, int, int]:
        """Type, offset and count of a tag that is there; count 0 = its entry is wrong."""
        position = self._entries[tag]
        kind, offset, count = self._index[position : position + 3]
        if kind not in kinds:
            self._fault(tag, f"unexpected type {kind}")
        elif offset >= len(self._store) or count == 0:
            self._fault(tag, f"{count} values at offset {offset} of {len(self._store)} bytes")
        else:
            return kind, offset, count
        return 0, 0, 0

    def _fault(self, tag: int, what: str) -> None:
        if len(self.faults) < _MAX_FAULTS:
            self.faults.append(f"tag {tag}: {what}")


def _check_region(index: Sequence[int], store: bytes) -> None:
    """The region entry, where there is one, points to a trailer that mirrors it (format_header.md, Regions)."""
    if not index or index[0] not in _REGION_TAGS:
        return  # headers of rpm 3 have none
    tag, kind, offset, count = index[:4]
    if kind != _BINARY or count != _ENTRY.size or offset > len(store) - _ENTRY.size:
        raise HeaderError("its region entry is malformed")
    trailer_tag, _, back, _ = _ENTRY.unpack_from(store, offset)
    entries = -back // _ENTRY.size
    if trailer_tag not in (tag, _REGION_TAGS[0]) or back % _ENTRY.size or not 0 < entries <= len(index) // 4:
        raise HeaderError("its region trailer does not match its index")


def _big_endian(code: str, data: bytes) -> array[int]:
    numbers = array(code, data)
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def _decoded(pieces: list[bytes]) -> list[str]:
    """Text of many strings; decoding them in one go is several times faster than one by one."""
    joined = b"\0".join(pieces)
    if b"\\x" not in joined:
        try:
            return joined.decode("utf-8").split("\0")
        except UnicodeDecodeError:
            pass
    return [path_text(piece) for piece in pieces]
