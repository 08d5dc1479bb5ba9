"""Names in FAT directories: short ones, and long ones spread over the entries before.

fatgen103, "FAT Long Directory Entries".
"""

from __future__ import annotations

_DELETED, _LONG, _VOLUME = 0xE5, 0x0F, 0x08
_LAST = 0x40
_LOWER_NAME, _LOWER_SUFFIX = 0x08, 0x10


class Names:
    """Takes the entries of a directory one by one."""

    def __init__(self) -> None:
        self._parts: dict[int, bytes] = {}
        self._sum = 0

    def add(self, entry: bytes) -> bytes:
        """The name that is complete with this entry; b"" when it is a part of a longer one, a label or deleted."""
        if entry[0] == _DELETED:
            self._parts.clear()
        elif entry[11] & 0x3F == _LONG:
            self._add_part(entry)
        elif entry[11] & _VOLUME:
            self._parts.clear()
        else:
            long = self._long(entry)
            self._parts.clear()
            return long or _short(entry)
        return b""

    def _add_part(self, entry: bytes) -> None:
        if entry[0] & _LAST:
            self._parts.clear()
        self._sum = entry[13]
        self._parts[entry[0] & 0x3F] = entry[1:11] + entry[14:26] + entry[28:32]

    def _long(self, entry: bytes) -> bytes:
        """The collected long name, if it is complete and belongs to this entry."""
        if sorted(self._parts) != list(range(1, len(self._parts) + 1)) or self._sum != _checksum(entry[:11]):
            return b""
        text = b"".join(self._parts[number] for number in sorted(self._parts)).decode("utf-16-le", "surrogatepass")
        return text.partition("\0")[0].encode("utf-8", "surrogatepass")


def _checksum(short: bytes) -> int:
    value = 0
    for byte in short:
        value = ((value & 1) << 7) + (value >> 1) + byte & 0xFF
    return value


def _short(entry: bytes) -> bytes:
    name = b"\xe5" + entry[1:8] if entry[0] == 5 else entry[:8]
    stem, suffix = name.decode("cp437").rstrip(), entry[8:11].decode("cp437").rstrip()
    if entry[12] & _LOWER_NAME:
        stem = stem.lower()
    if entry[12] & _LOWER_SUFFIX:
        suffix = suffix.lower()
    return (f"{stem}.{suffix}" if suffix else stem).encode()
