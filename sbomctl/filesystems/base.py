"""What a file system is here: a tree of nodes, read where it lies in a blob."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol


class Damaged(Exception):
    """Something cannot be read; the message says what is wrong, the caller knows of which file or partition."""


class Unreadable(Damaged):
    """It is what it should be, but of a kind that is not read here: encrypted, or with unknown features."""


class Blob(Protocol):
    """Bytes that can be read at any offset: an image, a partition of it, a file in a file system."""

    @property
    def size(self) -> int:
        """Bytes in all."""
        ...

    def pread(self, offset: int, size: int) -> bytes:
        """``size`` bytes from ``offset``, fewer only where the blob ends; raises ``Damaged``."""
        ...


class Node:
    """One file, directory, link or device; a regular file is a ``Blob``, so that blobs nest."""

    __slots__ = ("key", "links", "mode", "size")

    def __init__(self, key: int, mode: int, size: int, links: int = 1) -> None:
        self.key = key  # the same for all names of one file
        self.mode = mode  # type and permissions, as in ``stat``
        self.size = size  # bytes of content
        self.links = links  # names; 1 unless the file may have several

    def names(self) -> Iterator[tuple[bytes, int]]:
        """The names in a directory in stored order, each with what ``FileSystem.node`` takes; raises ``Damaged``.

        What can be read comes first: an error at the end may tell of a part in the middle.
        """
        raise Damaged("it is no directory")

    def target(self) -> bytes:
        """What a symbolic link leads to, as stored; raises ``Damaged``."""
        raise Damaged("it is no symbolic link")

    def pread(self, offset: int, size: int) -> bytes:  # noqa: ARG002 - for those that are
        """Content of a regular file, holes as zeros; see ``Blob``."""
        raise Damaged("it is no regular file")

    def device(self) -> int:
        """The numbers of a device, as ``os.makedev`` puts them together; raises ``Damaged``."""
        raise Damaged("its device numbers are not read here")

    def attribute(self, name: bytes) -> bytes | None:  # noqa: ARG002 - for those that are
        """The value of an extended attribute by its full name, ``trusted.overlay.opaque``; None = it has none.

        Raises ``Damaged``, also where attributes of this kind of file system are not read here.
        """
        raise Damaged("its extended attributes are not read here")

    def stored(self) -> int:
        """About how many bytes of content the file system keeps: less than ``size`` where it has holes."""
        return self.size


class FileSystem(Protocol):
    """An opened file system; its nodes are read when asked for."""

    kind: str  # as people call it: ext4, squashfs
    label: str  # "" = none
    uuid: str  # as /etc/fstab writes it; "" = none
    root: int
    notes: tuple[str, ...]  # what was done to read it: "journal replayed"
    faults: tuple[str, ...]  # what is wrong with it as a whole; it is read all the same

    def node(self, ref: int) -> Node:
        """The node that a directory names; raises ``Damaged``."""
        ...


class Reader(NamedTuple):
    """One kind of file system, for the registry."""

    kind: str
    about: str  # what of it is read
    is_here: Callable[[Blob], bool]  # from its magic number; never raises
    open: Callable[[Blob], FileSystem]  # raises ``Damaged``


def exactly(blob: Blob, offset: int, size: int) -> bytes:
    """``size`` bytes from ``offset``; raises ``Damaged`` when the blob ends before."""
    if offset < 0 or size < 0:
        raise Damaged("it points to a place before its own start")
    data = blob.pread(offset, size)
    if len(data) != size:
        raise Damaged(f"it points to byte {offset + size:,}, but ends at {blob.size:,}")
    return data


def device_of(number: int) -> int:
    """What Linux stores as 32 bits for a device, as ``os.makedev`` puts the numbers together."""
    return os.makedev(number >> 8 & 0xFFF, number & 0xFF | number >> 12 & 0xFFF00)


def is_directory(node: Node) -> bool:
    """Whether it has names."""
    return stat.S_ISDIR(node.mode)
