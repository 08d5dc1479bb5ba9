"""PE files that have nothing but sections; the headers as Microsoft's "PE Format" has them."""

from __future__ import annotations

import struct
from collections.abc import Mapping

_HEADERS = 0x400


def pe(sections: Mapping[str, bytes], stub: bytes = b"") -> bytes:
    """An EFI program for x86-64 with these sections; ``stub`` is its ``.text``."""
    every = {".text": stub, **sections}
    optional = struct.pack("<H", 0x20B).ljust(112, b"\0")
    head = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x80) + bytes(0x40)
    head += b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, len(every), 0, 0, 0, len(optional), 0x22E) + optional
    body, address = b"", 0x1000
    for name, content in every.items():
        stored = content + bytes(-len(content) % 0x200)
        place = _HEADERS + len(body)
        head += struct.pack("<8sIIIIIIHHI", name.encode(), len(content), address, len(stored), place, 0, 0, 0, 0, 0)
        body += stored
        address += -(-len(content) // 0x1000) * 0x1000
    return head.ljust(_HEADERS, b"\0") + body
