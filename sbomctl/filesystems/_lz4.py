"""LZ4 blocks in Python: slow, but the packages and licenses of an image are few of its bytes.

LZ4 Block Format Description (lz4_Block_format.md of the LZ4 project).
"""

from __future__ import annotations

from sbomctl.filesystems.base import Damaged


def lz4_block(data: bytes, most: int, before: bytes = b"") -> bytes:
    """The content of a block, cut at ``most`` bytes, which may repeat some ``before`` it; raises ``Damaged``."""
    out = bytearray(before)
    most += len(before)
    at = 0
    try:
        while at < len(data) and len(out) < most:
            token = data[at]
            at += 1
            length = token >> 4
            if length == 15:
                length, at = _longer(data, at, length)
            if at + length > len(data):
                raise Damaged("its lz4 data ends in the middle")
            out += data[at : at + length]
            at += length
            if at >= len(data) or len(out) >= most:  # the last sequence has no match, but padding may follow
                break
            distance = data[at] | data[at + 1] << 8
            at += 2
            length = token & 15
            if length == 15:
                length, at = _longer(data, at, length)
            start = len(out) - distance
            if length + 4 <= distance and start >= 0:  # nearly always
                out += out[start : start + length + 4]
            else:
                repeat(out, distance, min(length + 4, most))
    except IndexError:
        raise Damaged("its lz4 data ends in the middle") from None
    return bytes(out[len(before) : most])


def _longer(data: bytes, at: int, length: int) -> tuple[int, int]:
    """A length that goes on in bytes of 255 and one below, and where it ends."""
    while (byte := data[at]) == 255:
        length += 255
        at += 1
    return length + byte, at + 1


def repeat(out: bytearray, distance: int, length: int) -> None:
    """Append ``length`` bytes from ``distance`` before the end; what is appended may be part of it."""
    start = len(out) - distance
    if distance <= 0 or start < 0:
        raise Damaged("it repeats what stands before its start")
    if distance >= length:
        out += out[start : start + length]
        return
    pattern = out[start:]
    out += (pattern * (length // distance + 1))[:length]
