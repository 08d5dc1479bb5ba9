"""What a system is here: a way to keep a root file system, or images beside it, in a tree of files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import msgspec

from sbomctl.filesystems.base import Blob, FileSystem
from sbomctl.filesystems.subtree import Names, Subtree
from sbomctl.filesystems.walk import followed
from sbomctl.model import path_bytes, path_text
from sbomctl.sources.base import OpenImage, Request
from sbomctl.sources.file_system import Piece

_DEEPEST = 3  # images in images


class Here(msgspec.Struct, frozen=True):
    """A tree that a system is asked about."""

    names: Names
    request: Request  # of the image that the tree is part of: how inner ones are named, and the limits
    place: str = ""  # where in the image the tree is mounted
    is_root: bool = True  # the tree, or one mounted in it, is the root; False: a partition whose place is not known
    beside: Sequence[FileSystem] = ()  # the other file systems of the disk
    depth: int = 0
    memo: dict[object, list[Any]] = {}  # what a system remembers from tree to tree of one input

    @property
    def tree(self) -> FileSystem:
        """The tree itself."""
        return self.names.tree

    @property
    def may_hold_more(self) -> bool:
        """Whether images that are found here are looked into for others."""
        return self.depth < _DEEPEST

    def below(self, path: str) -> str | None:
        """``path`` of the image as a path of the tree; None where it lies elsewhere."""
        if not self.place:
            return path
        inside = path.removeprefix(self.place)
        return inside.lstrip("/") if inside != path and inside[:1] in ("", "/") else None

    def at(self, path: str) -> str:
        """A path of the tree as a place in the image."""
        return "/".join(part for part in (self.place, path) if part)

    def led_to(self, paths: Iterable[str]) -> Iterator[tuple[str, Names]]:
        """The directories to which paths of the tree lead, each once: where it really is, and the names below it."""
        seen = set()
        for path in paths:
            at = followed(self.tree, path_bytes(path))
            if at is not None and at[0] not in seen:
                seen.add(at[0])
                yield path_text(at[0]), Names(Subtree(self.tree, at[1]))

    def inner(self, name: str, path: str) -> Request:
        """The request for an image inside: ``name`` is without the outer one's."""
        return msgspec.structs.replace(
            self.request, name=f"{self.request.name}/{name}", target=self.at(path), platform=None
        )


class Root(msgspec.Struct, frozen=True):
    """The root file system that a tree holds instead of being one."""

    pieces: Sequence[Piece]  # the root lowest
    inner: Sequence[OpenImage] = ()
    problems: tuple[str, ...] = ()
    rank: int = 0  # of several in one disk, as the slots of an update, the highest is the one that starts


class Candidate(msgspec.Struct, frozen=True):
    """An image inside that is the root where nothing else is."""

    image: OpenImage
    pieces: Sequence[Piece]


class Inside(msgspec.Struct):
    """Images that a tree holds beside what else is in it, as far as they were found."""

    inner: list[OpenImage] = []
    left_out: set[str] = set()  # paths of the tree that these images are made of
    problems: list[str] = []
    roots: list[Candidate] = []  # the likeliest first

    def add(self, other: Inside) -> None:
        """Take over what another one found."""
        self.inner += other.inner
        self.left_out |= other.left_out
        self.problems += other.problems
        self.roots += other.roots


class Over(msgspec.Struct, frozen=True):
    """What lies over a root though it is stored elsewhere."""

    pieces: Sequence[Piece] = ()
    taken: Sequence[FileSystem] = ()  # trees beside the root of which ``upper`` is now in the pieces
    problems: tuple[str, ...] = ()


class System:
    """A system, for the registry; each says something of what follows.

    Nothing raises for what the input holds: what cannot be read is a problem.
    """

    name: ClassVar[str]
    about: ClassVar[str]
    signs: ClassVar[tuple[str, ...]]  # starts of paths by which it is known in a tar that is only passing by

    def root(self, here: Here) -> Root | None:  # noqa: ARG002 - for those that have one
        """The root that the tree holds; None when the tree is none of this system."""
        return None

    def over(self, root: FileSystem, blob: Blob, beside: Sequence[FileSystem]) -> Over | None:  # noqa: ARG002 - likewise
        """What lies over the root in ``blob``: behind it, or in one of the trees beside it; None = nothing does."""
        return None

    def inside(self, here: Here) -> Inside | None:  # noqa: ARG002 - for those that find some
        """The images in the tree; None where there are none."""
        return None


def tree_of(blob: Blob) -> FileSystem:
    """The file system in a blob: plain, in a container or compressed as a whole; raises ``Damaged``."""
    from sbomctl.filesystems._spool import compression, spooled
    from sbomctl.filesystems.containers import opened_container
    from sbomctl.filesystems.detect import open_file_system

    plain: Blob = spooled(blob) if compression(blob.pread(0, 6)) else blob
    return open_file_system(opened_container(plain) or plain)
