"""ELF files, as far as they tell what they are: sections, notes, the name of a library (System V gABI).

Both byte orders and both word sizes. Nothing in a file is believed: separated debug files keep program
headers that point outside of them, and files without sections have their notes in segments only.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

MAGIC = b"\x7fELF"
_SHT_NOTE, _SHT_NOBITS = 7, 8
_PT_LOAD, _PT_DYNAMIC, _PT_NOTE = 1, 2, 4
_DT_NULL, _DT_STRTAB, _DT_SONAME = 0, 5, 14
_MOST_NOTES = 256
_MOST_DYNAMIC = 4096
_MOST_SEGMENTS = 256
_LONGEST_NAME = 4096
_LONGEST_NOTE = 1 << 16  # bytes; those of packages have some hundred


class Note(msgspec.Struct, frozen=True):
    """One note: who defines it, its type, and its content."""

    owner: bytes
    type: int
    content: bytes


class Part(NamedTuple):
    """Where something is said to lie in the file: cut out only when asked for, for a thousand may claim the same."""

    at: int
    size: int


_NOWHERE = Part(0, 0)


class Elf(msgspec.Struct):
    """What the headers of a file say; what they say wrongly is left out."""

    data: bytes
    wide: bool = False  # 64 bit
    order: str = "<"
    _names: Part = _NOWHERE
    _sections: list[tuple[int, Part]] = []  # where in the names its own is
    _notes: list[Part] = []
    _segments: list[tuple[int, int, int, int]] = msgspec.field(
        default_factory=list
    )  # type, offset, address, size in the file

    def notes(self) -> Iterator[Note]:
        """Every note, of sections or else of segments."""
        left = _MOST_NOTES
        for part in self._notes or [Part(at, size) for kind, at, _, size in self._segments if kind == _PT_NOTE]:
            at, end = part.at, min(part.at + part.size, len(self.data))
            while at + 12 <= end and left:
                name, size, kind = struct.unpack_from(self.order + "III", self.data, at)
                start = at + 12 + (name + 3 & ~3)
                if max(name, size) <= _LONGEST_NOTE:
                    owner = self.data[at + 12 : min(at + 12 + name, end)].rstrip(b"\0")
                    yield Note(owner, kind, self.data[start : min(start + size, end)])
                at = start + (size + 3 & ~3)
                left -= 1

    def section(self, name: bytes) -> bytes | None:
        """The content of the first section of that name; None where there is none."""
        names = self._content(self._names)
        return next((self._content(part) for at, part in self._sections if names.startswith(name + b"\0", at)), None)

    def soname(self) -> str:
        """What the dynamic linker calls the library; "" = nothing."""
        for kind, at, _, size in self._segments:
            if kind == _PT_DYNAMIC:
                return self._soname(at, size)
        return ""

    def _soname(self, at: int, size: int) -> str:
        layout = struct.Struct(self.order + ("QQ" if self.wide else "II"))
        table = self._content(Part(at, min(size, _MOST_DYNAMIC * layout.size)))
        strings = name = None
        for tag, value in layout.iter_unpack(table[: len(table) // layout.size * layout.size]):
            if tag == _DT_NULL:
                break
            strings = value if tag == _DT_STRTAB else strings
            name = value if tag == _DT_SONAME else name
        if strings is None or name is None:
            return ""
        place = self._offset(strings)
        return "" if place is None else _string(self.data, place + name).decode("utf-8", "replace")

    def _offset(self, address: int) -> int | None:
        """Where in the file the content of an address is."""
        for kind, at, start, size in self._segments:
            if kind == _PT_LOAD and start <= address < start + size:
                return address - start + at
        return None

    def _content(self, part: Part) -> bytes:
        return self.data[part.at : part.at + part.size]

    def read_sections(self, at: int, size: int, count: int, names: int) -> None:
        """Take in the section headers; none of them if they do not lie in the file."""
        layout = struct.Struct(self.order + ("IIQQQQIIQQ" if self.wide else "IIIIIIIIII"))
        if not at or size != layout.size or at + count * size > len(self.data) or names >= count:
            return
        found = [layout.unpack_from(self.data, at + number * size) for number in range(count)]
        self._names = Part(found[names][4], found[names][5])
        for name, kind, _, _, start, length, *_ in found:
            if kind not in (0, _SHT_NOBITS):
                part = Part(start, length)
                self._sections.append((name, part))
                if kind == _SHT_NOTE:
                    self._notes.append(part)

    def read_segments(self, at: int, size: int, count: int) -> None:
        """Take in the program headers that lie in the file."""
        layout = struct.Struct(self.order + ("IIQQQQQQ" if self.wide else "IIIIIIII"))
        if not at or size != layout.size:
            return
        for number in range(min(count, _MOST_SEGMENTS)):
            if at + (number + 1) * size > len(self.data):
                return
            kind, *rest = layout.unpack_from(self.data, at + number * size)
            offset, address, length = (rest[1], rest[2], rest[4]) if self.wide else (rest[0], rest[1], rest[3])
            self._segments.append((kind, offset, address, length))


def read_elf(data: bytes) -> Elf | None:
    """The file as ELF; None if it is none or ends within its header."""
    if data[:4] != MAGIC or len(data) < 52:
        return None
    wide, order = data[4] == 2, ">" if data[5] == 2 else "<"
    if wide and len(data) < 64:
        return None
    elf = Elf(data, wide, order)
    segments, sections = struct.unpack_from(order + ("QQ" if wide else "II"), data, 32 if wide else 28)
    sizes = struct.unpack_from(order + "5H", data, 54 if wide else 42)
    elf.read_segments(segments, sizes[0], sizes[1])
    elf.read_sections(sections, sizes[2], sizes[3], sizes[4])
    return elf


def _string(table: bytes, at: int) -> bytes:
    """What ends with a zero byte there; b"" where nothing does within so many bytes."""
    end = table.find(b"\0", at, at + _LONGEST_NAME) if at >= 0 else -1
    return table[at:end] if end >= 0 else b""
