"""OSTree repositories: the tree of any commit, without checking it out.

OSTree manual, "Anatomy of an OSTree repository". All four modes are read; what an object holds is verified by its
checksum, but for files of mode ``bare``, whose owners and attributes would be needed for that.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterator
from itertools import count, islice
from typing import NamedTuple, cast

from sbomctl.filesystems._gvariant import decode
from sbomctl.filesystems._ostree_objects import (
    COMMIT,
    DIRECTORY,
    DIRECTORY_META,
    Checked,
    FileMeta,
    archived,
    bare_user,
    bare_user_only,
)
from sbomctl.filesystems.base import Blob, Damaged, FileSystem, Node, Unreadable
from sbomctl.filesystems.subtree import Names
from sbomctl.filesystems.walk import content, find, walk
from sbomctl.model import path_text

_MODE = re.compile(rb"^[ \t]*mode[ \t]*=[ \t]*(\S{1,40})[ \t\r]*$", re.MULTILINE)
_CORE = re.compile(rb"^\[core\][ \t\r]*$", re.MULTILINE)
_PARENT = re.compile(rb"^[ \t]*parent[ \t]*=[ \t]*(\S.{0,4000})$", re.MULTILINE)
_CHECKSUM = re.compile(r"[0-9a-f]{64}")
_CONFIG_BYTES = 1 << 20
_OBJECT = 64 << 20  # bytes of one that describes others
_MOST_REFS = 100_000
_ARCHIVE = ("archive", "archive-z2")
_MODES = (*_ARCHIVE, "bare", "bare-user", "bare-user-only")


class Commit(NamedTuple):
    """A commit: texts of its metadata, Unix time, and its top directory."""

    checksum: str
    subject: str
    metadata: dict[str, str]
    time: int
    tree: tuple[str, str]


def is_repository(tree: FileSystem) -> bool:
    """Whether the tree has what makes a repository at its top."""
    return _mode_of(tree) != "" and find(tree, b"objects") is not None


def _mode_of(tree: FileSystem) -> str:
    node = find(tree, b"config")
    text = content(node, _CONFIG_BYTES) if node else b""
    found = _MODE.search(text) if _CORE.search(text) else None
    return found[1].decode("utf-8", "replace") if found else ""


class Repository:
    """A repository at the top of a tree; raises ``Damaged``."""

    def __init__(self, tree: FileSystem) -> None:
        self.names = Names(tree)
        self.mode = _mode_of(tree)
        if self.mode not in _MODES:
            raise Unreadable(f"a repository of mode {self.mode!r}" if self.mode else "no repository: it has no config")
        node = find(tree, b"config")
        parent = _PARENT.search(content(node, _CONFIG_BYTES)) if node else None
        self.parent = path_text(parent[1].strip()) if parent else ""

    def refs(self) -> dict[str, str]:
        """The checksum that each branch names, sorted; those of deployments are left out."""
        found: dict[str, str] = {}
        for home in (b"refs/heads", b"refs/remotes"):
            top = self.names.subtree(home)
            for path, node, _ in islice(walk(top, _MOST_REFS), _MOST_REFS) if top else ():
                text = content(node, 65).strip().decode("ascii", "replace") if node else ""
                if _CHECKSUM.fullmatch(text) and not path.startswith(b"ostree/"):
                    found[path_text(path)] = text
        return dict(sorted(found.items()))

    def commit(self, checksum: str) -> Commit:
        """A commit by its checksum."""
        metadata, _, _, subject, _, time, tree, meta = cast(
            "list[bytes]", decode(COMMIT, self.described(checksum, "commit"))
        )
        texts = {}
        for key, variant in cast("list[list[bytes]]", metadata):
            if variant.endswith(b"\0\0s"):
                texts[key.decode("utf-8", "replace")] = variant[:-3].decode("utf-8", "replace")
        return Commit(
            checksum, subject.decode("utf-8", "replace"), texts, int.from_bytes(time, "big"), (tree.hex(), meta.hex())
        )

    def is_partial(self, checksum: str) -> bool:
        """Whether a commit was only pulled in part."""
        return self.names.ref(f"state/{checksum}.commitpartial".encode()) is not None

    def described(self, checksum: str, kind: str) -> bytes:
        """The bytes of a commit, dirtree or dirmeta, verified."""
        node = self.object(checksum, kind)
        if node.size > _OBJECT:
            raise Damaged(f"the object {checksum[:12]}.{kind} has {node.size:,} bytes")
        data = node.pread(0, node.size)
        found = hashlib.sha256(data).hexdigest()
        if found != checksum:
            raise Damaged(f"the checksum of the object {checksum}.{kind} is {found}")
        return data

    def object(self, checksum: str, kind: str) -> Node:
        """An object as it is stored."""
        if not _CHECKSUM.fullmatch(checksum):
            raise Damaged(f"{checksum[:80]!r} is no checksum")
        node = self.names.node(f"objects/{checksum[:2]}/{checksum[2:]}.{kind}".encode())
        if node is None:
            where = f"; it may be in the parent repository {self.parent}" if self.parent else ""
            raise Damaged(f"the object {checksum}.{kind} is missing{where}")
        return node

    def file(self, checksum: str) -> tuple[FileMeta, Blob]:
        """A file and its content, which is verified as it is read."""
        if self.mode in _ARCHIVE:
            meta, inflated = archived(self.object(checksum, "filez"))
            return meta, Checked(inflated, meta, checksum)
        node = self.object(checksum, "file")
        if self.mode == "bare":
            link = node.target() if stat.S_ISLNK(node.mode) else b""
            return FileMeta(node.mode, 0 if link else node.size, link, b""), node
        if self.mode == "bare-user-only":
            meta = bare_user_only(node)
            return meta, Checked(node, meta, checksum)
        attribute = node.attribute(b"user.ostreemeta")
        if attribute is None:
            raise Damaged(f"the object {checksum}.file has no attribute user.ostreemeta")
        meta = bare_user(node, attribute)
        return meta, Checked(node, meta, checksum)


class CommitTree:
    """The files of a commit (``base.FileSystem``). A directory that stands in two places is two directories."""

    label = uuid = ""
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    def __init__(self, repository: Repository, commit: Commit) -> None:
        self.kind = f"ostree ({repository.mode})"
        self.repository = repository
        self._numbers = count()  # several threads may read different parts
        self._refs: dict[int, tuple[str, str]] = {}  # checksums of dirtree and dirmeta; of a file "" first
        self.root = self.add(*commit.tree)

    def add(self, first: str, second: str) -> int:
        """What ``node`` takes for an entry."""
        number = next(self._numbers)
        self._refs[number] = (first, second)
        return number

    def node(self, ref: int) -> Node:
        """See ``FileSystem``."""
        first, second = self._refs[ref]
        return _Directory(self, ref, first, second) if first else _File(self, ref, second)


class _Directory(Node):
    __slots__ = ("_checksum", "_tree")

    def __init__(self, tree: CommitTree, ref: int, checksum: str, meta: str) -> None:
        _, _, mode, _ = cast("list[bytes]", decode(DIRECTORY_META, tree.repository.described(meta, "dirmeta")))
        super().__init__(ref, stat.S_IFDIR | stat.S_IMODE(int.from_bytes(mode, "big")), 0)
        self._tree, self._checksum = tree, checksum

    def names(self) -> Iterator[tuple[bytes, int]]:
        data = self._tree.repository.described(self._checksum, "dirtree")
        files, directories = cast("list[list[list[bytes]]]", decode(DIRECTORY, data))
        for name, checksum in files:
            yield name, self._tree.add("", checksum.hex())
        for name, tree, meta in directories:
            yield name, self._tree.add(tree.hex(), meta.hex())


class _File(Node):
    __slots__ = ("_content", "_link")

    def __init__(self, tree: CommitTree, ref: int, checksum: str) -> None:
        meta, self._content = tree.repository.file(checksum)
        super().__init__(ref, meta.mode, meta.size)
        self._link = meta.link
        if not self.size and isinstance(self._content, Checked):
            self._content.verify()

    def target(self) -> bytes:
        if not stat.S_ISLNK(self.mode):
            raise Damaged("it is no symbolic link")
        return self._link

    def pread(self, offset: int, size: int) -> bytes:
        if not stat.S_ISREG(self.mode):
            raise Damaged("it is no regular file")
        return self._content.pread(offset, size)
