"""Flattened device trees (Devicetree Specification 0.4, chapter 5), of which FIT images are a use. Big-endian."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from sbomctl.filesystems.base import Blob, Damaged, exactly

MAGIC = b"\xd0\x0d\xfe\xed"
_HEAD = struct.Struct(">4sIIIIIIII")
_BEGIN, _END, _PROPERTY, _NOTHING, _LAST = 1, 2, 3, 4, 9
_MOST = 100_000  # tokens
_NAME_MAX = 256
_DEEPEST = 32


class Property(NamedTuple):
    """One property of a node: where its value is; nothing is read of it."""

    path: tuple[str, ...]  # of the node, without the root
    name: str
    start: int
    size: int


def size(blob: Blob) -> int:
    """Bytes of the tree; data may follow it. Raises ``Damaged``."""
    return int(_HEAD.unpack(exactly(blob, 0, _HEAD.size))[1])


def properties(blob: Blob) -> Iterator[Property]:
    """Every property in stored order; raises ``Damaged``."""
    _, _, at, strings, _, _, _, _, _ = _HEAD.unpack(exactly(blob, 0, _HEAD.size))
    path: list[str] = []
    for _ in range(_MOST):
        (token,) = struct.unpack(">I", exactly(blob, at, 4))
        at += 4
        if token == _BEGIN:
            name = _text(blob, at)
            at += len(name) + 4 & ~3
            path.append(name.decode("utf-8", "replace"))
            if len(path) > _DEEPEST:
                break
        elif token == _PROPERTY:
            length, name_at = struct.unpack(">II", exactly(blob, at, 8))
            name = _text(blob, strings + name_at)
            yield Property(tuple(path[1:]), name.decode("utf-8", "replace"), at + 8, length)
            at += 8 + (length + 3 & ~3)
        elif token == _END and path:
            path.pop()
        elif token == _LAST:
            return
        elif token != _NOTHING:
            break
    raise Damaged("the device tree is damaged")


def _text(blob: Blob, at: int) -> bytes:
    text, end, _ = blob.pread(at, _NAME_MAX).partition(b"\0")
    if not end:
        raise Damaged("the device tree is damaged")
    return text
