"""A JSON object with long arrays, written without ever being whole in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import BinaryIO

import msgspec

_CHUNK = 1 << 16  # bytes gathered before they are written


def write_json(out: BinaryIO, head: object, arrays: Mapping[str, Iterable[object]]) -> None:
    """Write ``head``, an object with at least one member, with ``arrays`` as further members; two spaces indent."""
    encoder = msgspec.json.Encoder()
    out.write(_pretty(encoder, head).removesuffix(b"\n}"))
    for name, items in arrays.items():
        out.write(b",\n  " + encoder.encode(name) + b": [")
        _write_items(out, encoder, items)
        out.write(b"]")
    out.write(b"\n}\n")


def _pretty(encoder: msgspec.json.Encoder, value: object) -> bytes:
    return msgspec.json.format(encoder.encode(value), indent=2)


def _write_items(out: BinaryIO, encoder: msgspec.json.Encoder, items: Iterable[object]) -> None:
    buffer = bytearray()
    separator = b"\n    "
    for item in items:
        buffer += separator + _pretty(encoder, item).replace(b"\n", b"\n    ")
        separator = b",\n    "
        if len(buffer) >= _CHUNK:
            out.write(buffer)
            buffer.clear()
    out.write(buffer + b"\n  " if separator.startswith(b",") else b"")
