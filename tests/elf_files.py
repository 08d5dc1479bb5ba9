"""Small ELF files of every word size and byte order (System V gABI), for tests of what reads them."""

from __future__ import annotations

import struct

PT_LOAD, PT_DYNAMIC, PT_NOTE = 1, 2, 4
SHT_PROGBITS, SHT_STRTAB, SHT_NOTE = 1, 3, 7


def note(owner: bytes, kind: int, content: bytes, order: str = "<") -> bytes:
    """One note with its padding."""
    name = owner + b"\0"
    return struct.pack(order + "III", len(name), len(content), kind) + _padded(name) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def elf(
    sections: dict[str, bytes] | None = None,
    segments: list[tuple[int, bytes]] | None = None,
    *,
    wide: bool = True,
    order: str = "<",
    body: bytes = b"",
) -> bytes:
    """A file with these sections (by name) and segments (type and content); without sections as sstrip leaves it."""
    header, entry, section = (64, 56, 64) if wide else (52, 32, 40)
    programs = segments or []
    at = header + entry * len(programs)
    out = bytearray()
    heads = []
    for kind, content in programs:
        start = at + len(out)
        out += content
        fields = (kind, 4, start, start, start, len(content), len(content), 4) if wide else (
            kind, start, start, start, len(content), len(content), 4, 4)  # fmt: skip
        heads.append(struct.pack(order + ("IIQQQQQQ" if wide else "8I"), *fields))
    out += body
    names, tables = b"\0", [bytes(section)]
    parts = [*(sections or {}).items()]
    offsets = []
    for name, content in [*parts, (".shstrtab", b"")] if parts else []:
        offsets.append((len(names), at + len(out), len(content)))
        names += name.encode() + b"\0"
        out += content
    if parts:
        offsets[-1] = (offsets[-1][0], at + len(out), len(names))
        out += names
    for (name, _), (place, start, size) in zip([*parts, (".shstrtab", b"")], offsets, strict=bool(parts)):
        kind = SHT_STRTAB if name == ".shstrtab" else SHT_NOTE if name.startswith(".note") else SHT_PROGBITS
        layout = "IIQQQQIIQQ" if wide else "10I"
        tables.append(struct.pack(order + layout, place, kind, 0, 0, start, size, 0, 0, 1, 0))
    sections_at = at + len(out) if parts else 0
    ident = b"\x7fELF" + bytes((2 if wide else 1, 1 if order == "<" else 2, 1)) + bytes(9)
    counts = (header, entry, len(programs), section, len(tables) if parts else 0, len(tables) - 1 if parts else 0)
    head = ident + struct.pack(
        order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"), 3, 62, 1, 0, header, sections_at, 0, *counts
    )
    return head + b"".join(heads) + bytes(out) + (b"".join(tables) if parts else b"")


def module(words: str, **how: object) -> bytes:
    """A kernel module whose ``.modinfo`` holds these words, one per line."""
    return elf({".modinfo": words.strip().replace("\n", "\0").encode() + b"\0"}, **how)  # type: ignore[arg-type]


def library(soname: str, *, wide: bool = True, order: str = "<") -> bytes:
    """A shared library with that name, all of it in one segment."""
    word = "Q" if wide else "I"
    strings = b"\0" + soname.encode() + b"\0"
    base = 64 + 2 * 56 if wide else 52 + 2 * 32
    dynamic = struct.pack(order + word * 6, 5, base, 14, 1, 0, 0)
    return elf(segments=[(PT_LOAD, strings), (PT_DYNAMIC, dynamic)], wide=wide, order=order)
