"""Files inside of images as what the readers of archives and layers ask for: streams, and named files."""

from __future__ import annotations

import io
from typing import BinaryIO, cast

from sbomctl.errors import CorruptInput
from sbomctl.filesystems.base import Blob, Damaged
from sbomctl.filesystems.subtree import Names


class BlobFile(io.RawIOBase):
    """A blob from its start to its end; ``name`` is what messages call it."""

    def __init__(self, blob: Blob, name: str) -> None:
        self._blob = blob
        self._name = name
        self._at = 0

    def readable(self) -> bool:  # noqa: D102 - io protocol
        return True

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes; b"" at the end. Raises ``CorruptInput``."""
        left = self._blob.size - self._at
        try:
            data = self._blob.pread(self._at, left if size < 0 else min(size, left))
        except Damaged as error:
            raise CorruptInput(f"{self._name} cannot be read: {error}", "write or download the image again") from error
        self._at += len(data)
        return data

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill ``buffer`` (io protocol)."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def opened_blob(blob: Blob, name: str) -> BinaryIO:
    """The blob as a binary file."""
    return cast("BinaryIO", BlobFile(blob, name))


class TreeFiles:
    """The files below a directory of an image (``documents.Files``), by exact path."""

    def __init__(self, names: Names, place: str) -> None:
        self.place = place
        self._names = names

    def size(self, name: str) -> int | None:
        """Bytes; None when there is no such file."""
        node = self._names.node(name.encode())
        return None if node is None else node.size

    def open(self, name: str) -> BinaryIO:
        """The content from its start; raises ``CorruptInput``."""
        node = self._names.node(name.encode())
        if node is None:
            raise CorruptInput(f"{self.place}: {name} is missing", "write or download the image again")
        return opened_blob(node, f"{self.place}: {name}")

    def where(self, name: str) -> None:  # noqa: ARG002 - protocol
        """Not known."""
        return
