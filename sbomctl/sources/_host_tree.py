"""A directory of the host as a tree of files that can be looked into; no link of it is followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from itertools import count

from sbomctl.filesystems.base import Damaged, Node


class HostTree:
    """Everything below a directory (``filesystems.base.FileSystem``); the directories ``closed`` seem empty."""

    kind = "directory"
    label = uuid = ""
    root = 0
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    def __init__(self, path: bytes, closed: frozenset[bytes] = frozenset()) -> None:
        self._closed = frozenset(path + b"/" + one for one in closed)
        self._next = count(1)  # several threads may read different parts
        self._paths = {0: path}  # by what ``node`` takes
        self._numbers = {path: 0}

    def node(self, ref: int) -> HostNode:
        """The entry of that number; raises ``Damaged``."""
        return HostNode(self, ref, self._paths[ref])

    def is_closed(self, path: bytes) -> bool:
        """Whether what is in the directory is not to be looked at."""
        return path in self._closed

    def number(self, path: bytes) -> int:
        """What ``node`` takes for the entry at a path of the host."""
        found = self._numbers.get(path)
        if found is None:
            number = next(self._next)
            self._paths[number] = path
            found = self._numbers.setdefault(path, number)
        return found


class HostNode(Node):
    """One entry."""

    __slots__ = ("_host", "_ref", "_status", "_tree")

    def __init__(self, tree: HostTree, ref: int, host: bytes) -> None:
        try:
            self._status = status = os.lstat(host)
        except OSError as error:
            raise _unreadable(error) from error
        # Directories are told apart by their number here: of two that are mounted in two places neither is left out.
        key = ref << 1 | 1 if stat.S_ISDIR(status.st_mode) else (status.st_dev << 64 | status.st_ino) << 1
        super().__init__(key, status.st_mode, status.st_size, status.st_nlink)
        self._tree, self._host = tree, host

    def names(self) -> Iterator[tuple[bytes, int]]:
        """See ``Node``."""
        if self._tree.is_closed(self._host):
            return iter(())
        try:
            with os.scandir(self._host) as found:
                listed = [entry.name for entry in found]
        except OSError as error:
            raise _unreadable(error) from error
        return ((name, self._tree.number(self._host + b"/" + name)) for name in listed)

    def target(self) -> bytes:
        """See ``Node``."""
        try:
            return os.readlink(self._host)  # noqa: PTH115 - pathlib knows no bytes
        except OSError as error:
            raise _unreadable(error) from error

    def device(self) -> int:
        """See ``Node``."""
        return self._status.st_rdev

    def attribute(self, name: bytes) -> bytes | None:
        """See ``Node``."""
        try:
            return os.getxattr(self._host, name, follow_symlinks=False)
        except OSError as error:
            if error.errno in _NO_ATTRIBUTE:
                return None
            raise _unreadable(error) from error

    def stored(self) -> int:
        """See ``Node``."""
        return self._status.st_blocks * 512

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``; opened for each reading, for a tree may have more files than a process may open."""
        try:
            descriptor = os.open(self._host, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise Damaged("it is no regular file")
                wanted = max(0, min(size, self.size - offset))
                data = os.pread(descriptor, wanted, offset)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise _unreadable(error) from error
        if len(data) < wanted:
            raise Damaged(f"became shorter by {wanted - len(data):,} bytes while it was read")
        return data


_NO_ATTRIBUTE = (61, 95)  # ENODATA; ENOTSUP: the file system has none at all


def _unreadable(error: OSError) -> Damaged:
    return Damaged(f"cannot be read: {error.strerror}")
