"""LZO1X blocks in Python (kernel documentation, "LZO stream format as understood by Linux' LZO decompressor")."""

from __future__ import annotations

from sbomctl.filesystems._lz4 import repeat
from sbomctl.filesystems.base import Damaged

_MANY = 4  # the state after four or more literals


def lzo1x_block(data: bytes, most: int) -> bytes:
    """The content of a block, cut at ``most`` bytes; raises ``Damaged``."""
    try:
        return _decode(data, most)
    except IndexError:
        raise Damaged("its lzo data ends in the middle") from None


def _decode(data: bytes, most: int) -> bytes:
    out = bytearray()
    at, state = _start(data, out)
    while len(out) < most:
        code = data[at]
        at += 1
        if code < 16 and not state:
            length, at = _length(data, at, code, 15)
            at = _literals(data, at, length + 3, out)
            state = _MANY
            continue
        distance, length, state, at = _match(data, at, code, state)
        if not distance:
            break
        start = len(out) - distance
        if length <= distance and start >= 0:  # nearly always
            out += out[start : start + length]
        else:
            repeat(out, distance, min(length, most))
        if state:
            at = _literals(data, at, state, out)
    return bytes(out[:most])


def _start(data: bytes, out: bytearray) -> tuple[int, int]:
    """The first byte may be a number of literals."""
    first = data[0]
    if first <= 17:
        return 0, 0
    count = first - 17
    return _literals(data, 1, count, out), min(count, _MANY)


def _literals(data: bytes, at: int, count: int, out: bytearray) -> int:
    if at + count > len(data):
        raise Damaged("its lzo data ends in the middle")
    out += data[at : at + count]
    return at + count


def _length(data: bytes, at: int, low: int, mask: int) -> tuple[int, int]:
    """A length that is zero goes on: zero bytes of 255 each, then one that is not."""
    if low:
        return low, at
    length = mask
    while not data[at]:
        length += 255
        at += 1
    return length + data[at], at + 1


def _match(data: bytes, at: int, code: int, state: int) -> tuple[int, int, int, int]:
    """Distance, length, literals that follow, and where they are; distance 0 is the end of the stream."""
    if code >= 64:
        length = (code >> 5) + 1 if code >= 128 else 3 + (code >> 5 & 1)
        return (data[at] << 3) + (code >> 2 & 7) + 1, length, code & 3, at + 1
    if code < 16:
        far, length = (2049, 3) if state == _MANY else (1, 2)
        return (data[at] << 2) + (code >> 2) + far, length, code & 3, at + 1
    mask = 31 if code >= 32 else 7
    length, at = _length(data, at, code & mask, mask)
    word = data[at] | data[at + 1] << 8
    distance = (word >> 2) + 1
    if code < 32:
        distance = (word >> 2) + ((code & 8) << 11) + 16384
        if distance == 16384:
            return 0, 0, 0, at + 2
    return distance, length + 2, word & 3, at + 2
