"""A directory of a file system as a file system of its own, and looking up many paths in one."""

from __future__ import annotations

import stat

from sbomctl.filesystems.base import Damaged, FileSystem, Node

_KEPT = 256  # directories whose names are kept


class Subtree:
    """What is below a directory of ``tree``; links in it lead no further than to its top."""

    label = uuid = ""
    root = -1
    faults: tuple[str, ...] = ()  # those of the whole are told with the whole

    def __init__(self, tree: FileSystem, top: Node) -> None:
        self._node = tree.node
        self._top = top
        self.kind = tree.kind
        self.notes = tree.notes

    def node(self, ref: int) -> Node:
        """See ``FileSystem``."""
        return self._top if ref == self.root else self._node(ref)


class Names:
    """Single entries by their exact path: no link is followed, and directories are kept for the next question."""

    def __init__(self, tree: FileSystem) -> None:
        self.tree = tree
        self._kept: dict[int, dict[bytes, int]] = {}

    def ref(self, path: bytes) -> int | None:
        """What ``FileSystem.node`` takes for the entry at ``path``, the root for b""; None where there is none."""
        ref = self.tree.root
        for part in path.split(b"/"):
            if part:
                found = self._names(ref).get(part)
                if found is None:
                    return None
                ref = found
        return ref

    def node(self, path: bytes) -> Node | None:
        """The entry at ``path``; None where there is none or it cannot be read."""
        ref = self.ref(path)
        try:
            return None if ref is None else self.tree.node(ref)
        except Damaged:
            return None

    def subtree(self, path: bytes) -> Subtree | None:
        """The directory at ``path``; None where there is none."""
        node = self.node(path)
        return Subtree(self.tree, node) if node is not None and stat.S_ISDIR(node.mode) else None

    def listed(self, path: bytes) -> list[bytes]:
        """The names in the directory at ``path``, sorted; empty where there is none."""
        ref = self.ref(path)
        return sorted(self._names(ref)) if ref is not None else []

    def _names(self, ref: int) -> dict[bytes, int]:
        known = self._kept.get(ref)
        if known is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            known = self._kept[ref] = self._read(ref)
        return known

    def _read(self, ref: int) -> dict[bytes, int]:
        names: dict[bytes, int] = {}
        try:
            node = self.tree.node(ref)
            for name, inner in node.names() if stat.S_ISDIR(node.mode) else ():
                names.setdefault(name, inner)
        except Damaged:
            pass  # what could be read is there; the walk tells of the rest
        return names
