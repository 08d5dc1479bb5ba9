"""GVariant, as far as OSTree's objects need it (GVariant specification, "Serialisation Format").

Numbers come as they are stored, four or eight bytes; OSTree mostly keeps them big-endian whatever the format says.
"""

from __future__ import annotations

from typing import NamedTuple

from sbomctl.filesystems.base import Damaged


class Kind(NamedTuple):
    """A type: ``size`` in bytes where it is fixed, else 0; the parts of a tuple, or what an array is of."""

    alignment: int
    size: int = 0
    parts: tuple[Kind, ...] = ()
    of: tuple[Kind, ...] = ()
    is_text: bool = False


U = Kind(4, 4)
T = Kind(8, 8)
BYTES = Kind(1)
TEXT = Kind(1, is_text=True)
VARIANT = Kind(8)  # left as it is: its last bytes say what it holds


def array(kind: Kind) -> Kind:
    """An array of a type."""
    return Kind(kind.alignment, of=(kind,))


def structure(*parts: Kind) -> Kind:
    """A tuple."""
    return Kind(max(part.alignment for part in parts), parts=parts)


Value = bytes | list["Value"]
"""A text without its end, bytes of a number or of an array of bytes; parts of a tuple, elements of an array."""


def decode(kind: Kind, data: bytes) -> Value:
    """The value that the bytes hold; raises ``Damaged``. It goes no deeper than the type."""
    if kind.parts:
        return _structure(kind, data)
    if kind.of:
        return _array(kind.of[0], data)
    if kind.size and len(data) != kind.size:
        raise Damaged("a number in it has the wrong length")
    if kind.is_text:
        if not data.endswith(b"\0"):
            raise Damaged("a text in it has no end")
        return data[:-1]
    return data


def _structure(kind: Kind, data: bytes) -> list[Value]:
    offset_bytes, frame = offset_size(len(data)), len(data)
    at = 0
    values: list[Value] = []
    for number, part in enumerate(kind.parts):
        at = _aligned(at, part)
        if part.size:
            end = at + part.size
        elif number == len(kind.parts) - 1:
            end = frame
        else:
            frame -= offset_bytes
            end = _offset(data, frame, offset_bytes)
        if not at <= end <= frame:
            raise Damaged("a part of it lies outside of it")
        values.append(decode(part, data[at:end]))
        at = end
    return values


def _array(kind: Kind, data: bytes) -> list[Value]:
    """Elements of a size of their own; no array here holds others."""
    if not data:
        return []
    offset_bytes = offset_size(len(data))
    table = _offset(data, len(data) - offset_bytes, offset_bytes)
    if table > len(data) or (len(data) - table) % offset_bytes:
        raise Damaged("the ends of its elements are damaged")
    at = 0
    values: list[Value] = []
    for place in range(table, len(data), offset_bytes):
        at, end = _aligned(at, kind), _offset(data, place, offset_bytes)
        if not at <= end <= table:
            raise Damaged("an element lies outside of it")
        values.append(decode(kind, data[at:end]))
        at = end
    return values


def offset_size(size: int) -> int:
    """How many bytes an offset takes in a container of that many bytes, itself counted."""
    return 1 if size < 1 << 8 else 2 if size < 1 << 16 else 4 if size < 1 << 32 else 8


def _offset(data: bytes, at: int, size: int) -> int:
    if at < 0:
        raise Damaged("it is cut off")
    return int.from_bytes(data[at : at + size], "little")


def _aligned(at: int, kind: Kind) -> int:
    return -(-at // kind.alignment) * kind.alignment
