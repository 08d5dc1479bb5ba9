"""A file system of an image as one layer: members in path order, content read where it lies."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from sbomctl.errors import CorruptInput
from sbomctl.filesystems.base import Damaged, FileSystem, Node
from sbomctl.filesystems.walk import Found, TooMany, walk
from sbomctl.model import FileType, Layer, path_text
from sbomctl.sources.base import Digests, Limits, Stored

_CHUNK = 1 << 20
_MAX_HOLES = 1 << 30  # a sparse file may claim any size; larger ones are reported, not expanded
_WHITEOUT = ".wh."  # OCI image-spec, layer.md, "Whiteouts"
_OPAQUE = ".wh..wh..opq"
_MODES = tuple(range(0o10000))  # the same object for all files: there is one for every file
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
        self.mode = _MODES[node.mode & 0o7777]
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


class Piece(msgspec.Struct, frozen=True):
    """A file system of an image, and where in it that is: one layer."""

    tree: FileSystem
    place: str = ""  # where it is mounted, without slashes at the ends; "" = the root
    says: str = ""  # what is recorded of the layer
    changes: bool = (
        False  # the upper part of an overlay: 0:0 devices and opaque directories hide what lower pieces have
    )
    shows_opaque: bool = True  # False: which of its directories hide those of lower pieces cannot be read
    left_out: frozenset[bytes] = frozenset()  # paths that are not read here: other names, or read as an inner image


class FileSystemLayer:
    """Everything in the tree of a piece, where the piece is mounted.

    Of the names of one file the first is it, the others are hard links to it. The upper part of an overlay is
    given as a changeset: what hides something lower, in the way that layers of images say it.
    """

    has_diff_id = False

    def __init__(self, info: Layer, piece: Piece, name: str) -> None:
        self.info = info
        self.changeset = piece.changes
        self._tree = piece.tree
        self._left_out = piece.left_out
        self._opaque = piece.shows_opaque
        self._prefix = f"{piece.place}/" if piece.place else ""
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
            for found in walk(self._tree, limits.members, self._left_out):
                member = self._member(found, names)
                self._size += member.size
                if self._size > limits.layer_bytes:
                    raise self._too_large(f"{limits.layer_bytes:,} bytes")
                marks = _in_overlay(member, found.node, opaque=self._opaque) if self.changeset else ()
                yield member
                yield from marks
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


def layers_of(pieces: Sequence[Piece], name: str) -> list[FileSystemLayer]:
    """The pieces of an image as its layers; ``name`` is what messages call the image."""
    return [
        FileSystemLayer(Layer(index, created_by=piece.says), piece, f"{name}: {piece.says}" if piece.says else name)
        for index, piece in enumerate(pieces)
    ]


def _in_overlay(member: FileSystemMember, node: Node | None, *, opaque: bool) -> Sequence[FileSystemMember]:
    """Make the member what it means in an overlay, and give the mark that follows a directory.

    Linux documentation, overlayfs, "whiteouts and opaque directories". A file that is only named like a
    whiteout keeps its name, in the form for names that cannot be printed.
    """
    parent, slash, name = member.path.rpartition("/")
    if name.startswith(_WHITEOUT):
        member.path = f"{parent}{slash}\\x2e{name[1:]}"
    if node is None:
        return ()
    try:
        if stat.S_ISCHR(node.mode) and not node.device():
            member.path, member.type, member.mode = f"{parent}{slash}{_WHITEOUT}{name}", FileType.REGULAR, 0
        elif stat.S_ISDIR(node.mode):
            return _opaque(member, node) if opaque else ()
        elif opaque and member.size and not node.stored() and node.attribute(b"trusted.overlay.metacopy") is not None:
            member.fault, member.size = "its content lies in a lower layer (metacopy) and is not read", 0
    except Damaged as error:
        member.fault = member.fault or f"what it hides in lower layers is not known: {error}"
    return ()


def _opaque(member: FileSystemMember, node: Node) -> Sequence[FileSystemMember]:
    if node.attribute(b"trusted.overlay.redirect") is not None:
        member.fault = member.fault or "a directory that an overlay renamed; what it has of lower layers is not shown"
    if any(node.attribute(b"%s.overlay.opaque" % kind) == b"y" for kind in (b"trusted", b"user")):
        return (FileSystemMember(f"{member.path}/{_OPAQUE}", Node(0, stat.S_IFREG, 0), ""),)
    return ()
