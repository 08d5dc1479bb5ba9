"""Blobs that lie in no file system, as files of one directory."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from sbomctl.filesystems.base import Blob, Node


class Loose:
    """One file for each blob, by its name; of equal names the first is it."""

    label = uuid = ""
    root = 0
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    def __init__(self, kind: str, blobs: dict[str, Blob]) -> None:
        self.kind = kind
        self._names = [name.encode().replace(b"/", b"_") for name in blobs]
        self._blobs = list(blobs.values())

    def node(self, ref: int) -> Node:
        """The directory is 0, its files are counted from 1."""
        if not ref:
            return _Directory(self._names)
        return _File(ref, self._blobs[ref - 1])


class _Directory(Node):
    __slots__ = ("_names",)

    def __init__(self, names: list[bytes]) -> None:
        super().__init__(0, stat.S_IFDIR | 0o755, 0)
        self._names = names

    def names(self) -> Iterator[tuple[bytes, int]]:
        return ((name, number) for number, name in enumerate(self._names, 1))


class _File(Node):
    __slots__ = ("_blob",)

    def __init__(self, number: int, blob: Blob) -> None:
        super().__init__(number, stat.S_IFREG | 0o644, blob.size)
        self._blob = blob

    def pread(self, offset: int, size: int) -> bytes:
        return self._blob.pread(offset, size)
