"""The sections of PE files, which EFI programs are (Microsoft, "PE Format")."""

from __future__ import annotations

import struct

_SECTIONS_MOST = 96  # the loader of Windows takes no more
_COFF = struct.Struct("<HHIIIHH")
_SECTION = struct.Struct("<8sIIII")
_SECTION_SIZE = 40


def sections(data: bytes) -> dict[str, bytes]:
    """The content of each section by its name, the first of a name; empty where it is no PE file."""
    if data[:2] != b"MZ" or len(data) < 0x40:
        return {}
    at = int.from_bytes(data[0x3C:0x40], "little")
    if data[at : at + 4] != b"PE\0\0" or len(data) < at + 4 + _COFF.size:
        return {}
    _, count, _, _, _, optional, _ = _COFF.unpack_from(data, at + 4)
    at += 4 + _COFF.size + optional
    found: dict[str, bytes] = {}
    for _ in range(min(count, _SECTIONS_MOST)):
        if len(data) < at + _SECTION_SIZE:
            break
        name, size, _, stored, start = _SECTION.unpack_from(data, at)
        found.setdefault(name.rstrip(b"\0").decode("latin-1"), data[start : start + min(size, stored)])
        at += _SECTION_SIZE
    return found
