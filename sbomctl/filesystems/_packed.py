"""Compressed streams that are read block by block, for decoders that no library brings."""

from __future__ import annotations

import struct
from collections.abc import Callable

from sbomctl.filesystems.base import Damaged

_STEP = 1 << 16


class Stored:
    """Stored bytes from which decoders take: ``read`` gives at most as many as asked, none at the end."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._rest = b""
        self.at = 0  # bytes taken

    def take(self, size: int) -> bytes:
        """``size`` bytes, fewer only at the end."""
        parts, count = [self._rest[:size]], min(size, len(self._rest))
        self._rest = self._rest[size:]
        while count < size and (more := self._read(min(size - count, 1 << 20))):
            parts.append(more)
            count += len(more)
        self.at += count
        return b"".join(parts)

    def back(self, data: bytes) -> None:
        """Put back what was taken last."""
        self._rest = data + self._rest
        self.at -= len(data)

    def exactly(self, size: int) -> bytes:
        """``size`` bytes; raises ``Damaged`` at the end."""
        data = self.take(size)
        if len(data) < size:
            raise Damaged("its compressed data ends early")
        return data

    def skip(self, size: int) -> None:
        """Pass over bytes."""
        while size > 0:
            size -= len(self.exactly(min(size, _STEP)))

    def number(self, form: str) -> int:
        """A number of that form (``struct``)."""
        return int(struct.unpack(form, self.exactly(struct.calcsize(form)))[0])
