"""The state of one Pantavisor revision: paths, documents, and objects by their digests."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from sbomctl.filesystems.base import Damaged, Node
from sbomctl.filesystems.subtree import Names
from sbomctl.sources.base import Limits
from sbomctl.sources.blob_file import TreeFiles
from sbomctl.sources.documents import decode, read_document

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PIECE = 1 << 20
_SPEC = "#spec"


class State:
    """A revision; raises ``InputError`` when its state is no document."""

    def __init__(self, names: Names, trail: str, limits: Limits) -> None:
        self.trail = trail
        self._names = names
        place = f"{trail}/.pvr/json"
        self._state = decode(read_document(TreeFiles(names, "Pantavisor"), place, limits), dict[str, Any], place)
        self.paths = sorted(path for path in self._state if path != _SPEC)
        self.objects = {path: one for path in self.paths if isinstance(one := self._state[path], str)}
        self.opened: set[str] = set()  # paths whose content is read as a file system
        self._faults: dict[str, str] = {}

    def object(self, path: str) -> Node | None:
        """The object at a path, verified; None where there is none, which ``unread`` tells."""
        digest = self.objects.get(path, "")
        node = self._names.node(f"objects/{digest}".encode()) if _DIGEST.fullmatch(digest) else None
        if node is None:
            self._faults[path] = "its object is missing"
            return None
        try:
            found = _sha256(node)
        except Damaged as error:
            self._faults[path] = f"its object cannot be read: {error}"
            return None
        if found != digest:
            self._faults[path] = f"the content of its object is {found}, but the state promises {digest}"
        return node

    def document(self, path: str) -> bytes | None:
        """A JSON document that is in the state, or an object of it; None where there is none."""
        value = self._state.get(path)
        if value is None:
            return None
        if not isinstance(value, str):
            return msgspec.json.encode(value)
        node = self.object(path)
        return None if node is None else node.pread(0, min(node.size, _PIECE))

    def unread(self) -> Iterator[str]:
        """What is wrong with objects, those included that nobody asked for."""
        for path in self.objects:
            if path not in self.opened and path not in self._faults:
                self.object(path)
        for path, fault in sorted(self._faults.items()):
            yield f"{self.trail}/{path}: {fault}"


def _sha256(node: Node) -> str:
    digest = hashlib.sha256()
    for offset in range(0, node.size, _PIECE):
        digest.update(node.pread(offset, _PIECE))
    return digest.hexdigest()
