"""A JSON object with long arrays, written without ever being whole in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import BinaryIO

import msgspec

_BATCH = 64  # items that are encoded together


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
    rest = iter(items)
    separator = b""
    while batch := list(islice(rest, _BATCH)):
        inner = _pretty(encoder, batch)[1:-2]  # without the brackets of the batch
        out.write(separator + inner.replace(b"\n", b"\n  "))
        separator = b","
    out.write(b"\n  " if separator else b"")
