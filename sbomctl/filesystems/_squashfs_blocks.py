"""The two ways in which squashfs stores bytes: blocks of metadata and blocks of content, both kept for a while."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress

from sbomctl.filesystems._codecs import Decode
from sbomctl.filesystems.base import Blob, Damaged, exactly

_METADATA = 8192
_KEPT_METADATA = 1024  # blocks
_KEPT = 4 << 20  # bytes of content


class Metadata:
    """Blocks of up to 8 KiB, one behind the other, each with its stored length in front."""

    def __init__(self, blob: Blob, decode: Decode) -> None:
        self._blob = blob
        self._decode = decode
        self._kept: dict[int, tuple[bytes, int]] = {}

    def block(self, place: int) -> tuple[bytes, int]:
        """The content of the block at a place, and the place of the next one; raises ``Damaged``."""
        known = self._kept.get(place)
        if known is not None:
            return known
        head = int.from_bytes(exactly(self._blob, place, 2), "little")
        length = head & 0x7FFF
        if not 0 < length <= _METADATA:
            raise Damaged(f"its metadata is damaged at byte {place:,}")
        stored = exactly(self._blob, place + 2, length)
        if len(self._kept) >= _KEPT_METADATA:
            self._kept.clear()
        data = stored if head & 0x8000 else self._decode(stored, _METADATA)
        found = self._kept[place] = (data, place + 2 + length)
        return found

    def read(self, place: int, offset: int, size: int) -> bytes:
        """``size`` bytes from ``offset`` in the block at ``place``; both may reach into later blocks."""
        data, place = self.block(place)
        while offset >= len(data) and size:
            offset -= len(data)
            data, place = self.block(place)
            if not data:
                raise Damaged("its metadata ends early")
        parts = [data[offset : offset + size]]
        left = size - len(parts[0])
        while left:
            data, place = self.block(place)
            if not data:
                raise Damaged("its metadata ends early")
            parts.append(data[:left])
            left -= len(parts[-1])
        return b"".join(parts)


class Blocks:
    """Blocks of content; the last ones read are kept, for small reads of one file and for ends of many."""

    def __init__(self, blob: Blob, decode: Decode, block_bytes: int) -> None:
        self._blob = blob
        self._decode = decode
        self._most = block_bytes
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    def block(self, place: int, size: int) -> bytes:
        """The block of which ``size``, as stored in tables, says the length and whether it is compressed."""
        known = self._kept.get(place)
        if known is not None:
            with suppress(KeyError):  # another thread, which reads another part of it, may just have dropped it
                self._kept.move_to_end(place)
            return known
        length = size & 0xFFFFFF
        if length > self._most:
            raise Damaged(f"it has a block of {length:,} bytes")
        data = exactly(self._blob, place, length)
        if not size & 0x1000000:
            data = self._decode(data, self._most)
        self._kept[place] = data
        if len(self._kept) > _KEPT // self._most:
            self._kept.popitem(last=False)
        return data
