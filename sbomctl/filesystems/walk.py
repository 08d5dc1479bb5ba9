"""Every entry of a file system in path order, and single entries by path."""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterator
from typing import NamedTuple

from sbomctl.filesystems.base import Damaged, FileSystem, Node, is_directory

_PATH_MAX = 4096  # of Linux
_TYPE = 0o170000  # the bits of a mode that stat.S_IFMT gives, without a call for every file
_LINKS_MAX = 40  # of Linux: symbolic links followed on the way to one file


class Found(NamedTuple):
    """One entry: its path without leading slash; ``node`` is None where it cannot be read."""

    path: bytes
    node: Node | None
    fault: str  # what is wrong with it; "" = nothing


class TooMany(Damaged):
    """More entries than the caller allows."""


def walk(tree: FileSystem, limit: int, closed: Collection[bytes] = ()) -> Iterator[Found]:
    """Every entry, a directory before what is in it, names in byte order; the root itself only when it has a fault.

    What is in the directories ``closed`` is left out, and so are files of these paths. A directory that is met a
    second time is not entered, so cycles end. Raises ``TooMany`` when there are more than ``limit`` entries.
    """
    return _Walk(tree, limit, closed).run()


class _Walk:
    def __init__(self, tree: FileSystem, limit: int, closed: Collection[bytes]) -> None:
        self._closed = closed
        self._node = tree.node
        self._root = tree.root
        self._left = limit
        self._entered: set[int] = set()

    def run(self) -> Iterator[Found]:
        entries, fault = self._opened(self._root)
        if fault:
            yield Found(b"", None, fault)
        pending = [iter(entries)]
        while pending:
            entry = next(pending[-1], None)
            if entry is None:
                pending.pop()
                continue
            path, ref = entry
            try:
                node = self._node(ref)
            except Damaged as error:
                yield Found(path, None, str(error))
                continue
            if node.mode & _TYPE != stat.S_IFDIR:
                if path not in self._closed:
                    yield Found(path, node, "")
                continue
            inner, fault = ([], "") if path in self._closed else self._entries(node, path + b"/")
            yield Found(path, node, fault)
            pending.append(iter(inner))

    def _opened(self, ref: int) -> tuple[list[tuple[bytes, int]], str]:
        try:
            return self._entries(self._node(ref), b"")
        except Damaged as error:
            return [], f"the root directory cannot be read: {error}"

    def _entries(self, node: Node, prefix: bytes) -> tuple[list[tuple[bytes, int]], str]:
        """What is in a directory, sorted, as far as it can be read."""
        if node.key in self._entered:
            return [], "this directory is already somewhere else in the tree; what is in it is not listed again"
        if len(prefix) > _PATH_MAX:
            return [], "its path is too long; what is in it is not listed"
        self._entered.add(node.key)
        found: list[tuple[bytes, int]] = []
        fault = ""
        try:
            for name, ref in node.names():
                if b"/" in name or b"\0" in name or name in (b"", b".", b".."):
                    fault = f"it holds the impossible name {name!r}"
                    continue
                found.append((prefix + name, ref))
                if len(found) > self._left:
                    raise TooMany("more entries than are allowed")
        except TooMany:
            raise
        except Damaged as error:
            fault = f"not all of this directory could be read: {error}"
        self._left -= len(found)
        found.sort()
        return found, fault


def find(tree: FileSystem, path: bytes) -> Node | None:
    """The node at ``path`` below the root, symbolic links followed inside the tree; None where there is none."""
    found = followed(tree, path)
    return found[1] if found else None


def followed(tree: FileSystem, path: bytes) -> tuple[bytes, Node] | None:
    """The same with the path at which the node really is."""
    try:
        return _followed(tree, path)
    except Damaged:
        return None


def _followed(tree: FileSystem, path: bytes) -> tuple[bytes, Node] | None:
    todo = [part for part in reversed(path.split(b"/")) if part]
    way = [(b"", tree.node(tree.root))]
    links = 0
    while todo:
        name = todo.pop()
        if name == b".":
            continue
        if name == b"..":
            del way[max(1, len(way) - 1) :]
            continue
        above = way[-1][1]
        ref = next((ref for one, ref in above.names() if one == name), None) if is_directory(above) else None
        if ref is None:
            return None
        node = tree.node(ref)
        if not stat.S_ISLNK(node.mode):
            way.append((name, node))
            continue
        links += 1
        if links > _LINKS_MAX:
            return None
        target = node.target()
        if target.startswith(b"/"):
            del way[1:]
        todo += [part for part in reversed(target.split(b"/")) if part]
    return b"/".join([name for name, _ in way[1:]]), way[-1][1]


def listing(tree: FileSystem, path: bytes) -> list[bytes]:
    """The names in the directory to which ``path`` leads, sorted, as far as they can be read; see ``find``."""
    names: list[bytes] = []
    node = find(tree, path)
    try:
        for name, _ in node.names() if node is not None and is_directory(node) else ():
            names.append(name)
    except Damaged:
        pass  # the walk tells of it
    return sorted(names)


def content(node: Node, limit: int) -> bytes:
    """The first ``limit`` bytes of a file; b"" where it cannot be read."""
    try:
        return node.pread(0, min(node.size, limit)) if stat.S_ISREG(node.mode) else b""
    except Damaged:
        return b""
