"""A file system of an image as one layer: members in path order, content read where it lies."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator

from sbomctl.errors import CorruptInput
from sbomctl.filesystems.base import Damaged, FileSystem, Node
from sbomctl.filesystems.walk import Found, TooMany, walk
from sbomctl.model import FileType, Layer, path_text
from sbomctl.sources.base import Digests, Limits, Stored

_CHUNK = 1 << 20
_MAX_HOLES = 1 << 30  # a sparse file may claim any size; larger ones are reported, not expanded
_TYPES = {stat.S_IFREG: FileType.REGULAR, stat.S_IFDIR: FileType.DIRECTORY, stat.S_IFLNK: FileType.SYMLINK}


class FileSystemMember:
    """One entry (``sources.base.Member``); ``fault`` tells what cannot be read, at the latest after :meth:`chunks`."""

    __slots__ = ("_node", "fault", "link_target", "mode", "path", "size", "type")

    def __init__(self, path: str, node: Node | None, fault: str) -> None:
        self.path = path
        self.fault = fault
        self._node = node
        self.size = 0
        self.link_target = ""
        if node is None:
            self.type, self.mode = FileType.OTHER, 0
            return
        self.type = _TYPES.get(stat.S_IFMT(node.mode), FileType.OTHER)
        self.mode = stat.S_IMODE(node.mode)
        try:
            if self.type is FileType.REGULAR:
                self._measure(node)
            elif self.type is FileType.SYMLINK:
                self.link_target = path_text(node.target())
        except Damaged as error:
            self.fault = _unread(error)

    def _measure(self, node: Node) -> None:
        if node.size > _MAX_HOLES and node.size - node.stored() > _MAX_HOLES:
            self.fault = f"sparse file of {node.size:,} bytes was not read"
        else:
            self.size = node.size

    def chunks(self) -> Iterable[bytes]:
        """The content in pieces; one piece for nearly every file."""
        if self._node is None or not self.size:
            return ()
        if self.size > _CHUNK:
            return self._pieces(self._node)
        try:
            return (self._node.pread(0, self.size),)
        except Damaged as error:
            self.fault = _unread(error)
            return iter(())

    def _pieces(self, node: Node) -> Iterator[bytes]:
        try:
            for offset in range(0, self.size, _CHUNK):
                yield node.pread(offset, _CHUNK)
        except Damaged as error:
            self.fault = _unread(error)


def _unread(error: Damaged) -> str:
    return f"cannot be read: {error}"


class FileSystemLayer:
    """Everything in ``tree``; ``place`` is where it is mounted, without slashes at the ends, "" for the root.

    Of the names of one file the first is it, the others are hard links to it.
    """

    changeset = False
    has_diff_id = False

    def __init__(self, info: Layer, tree: FileSystem, place: str, name: str) -> None:
        self.info = info
        self._tree = tree
        self._prefix = f"{place}/" if place else ""
        self._name = name
        self._size = 0

    def digests(self) -> Digests:
        """Only the size: bytes that belong to no file are not read, so there is no digest of everything."""
        return Digests("", self._size, "; ".join(self._tree.faults))

    def stored(self) -> Stored | None:
        """Nothing: no image promises a digest of it."""
        return None

    def members(self, limits: Limits) -> Iterator[FileSystemMember]:
        """Every entry, a directory before what is in it; see ``sources.base.OpenLayer``."""
        self._size = 0
        names: dict[int, str] = {}
        if self._prefix:
            yield FileSystemMember(self._prefix[:-1], Node(0, stat.S_IFDIR | 0o755, 0), "")
        try:
            for found in walk(self._tree, limits.members):
                member = self._member(found, names)
                self._size += member.size
                if self._size > limits.layer_bytes:
                    raise self._too_large(f"{limits.layer_bytes:,} bytes")
                yield member
        except TooMany:
            raise self._too_large(f"{limits.members:,} entries") from None

    def _too_large(self, what: str) -> CorruptInput:
        hint = "if the file system really is that large, raise --max-layer-bytes"
        return CorruptInput(f"{self._name}: more than {what}", hint)

    def _member(self, found: Found, names: dict[int, str]) -> FileSystemMember:
        path, node = self._prefix + path_text(found.path), found.node
        member = FileSystemMember(path, node, found.fault)
        if node is not None and node.links > 1 and member.type is FileType.REGULAR:
            first = names.setdefault(node.key, path)
            if first != path:
                member.type, member.link_target, member.size = FileType.HARDLINK, first, 0
        return member
