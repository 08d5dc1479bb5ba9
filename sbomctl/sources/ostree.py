"""OSTree repositories: one commit as an image."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.filesystems.base import Blob, Damaged, FileSystem, Unreadable
from sbomctl.filesystems.blob import FileBlob, Slice
from sbomctl.filesystems.containers import opened_container
from sbomctl.filesystems.detect import open_file_system, reader_of
from sbomctl.filesystems.ostree import Commit, CommitTree, Repository, is_repository
from sbomctl.filesystems.partitions import partition_table
from sbomctl.filesystems.subtree import Names
from sbomctl.model import Image, Platform
from sbomctl.sources._host_tree import HostTree
from sbomctl.sources.base import OpenImage, Request
from sbomctl.sources.file_system import Piece, layers_of
from sbomctl.sources.host_file import random_access, split_reference
from sbomctl.sources.systems.images import images_of, named, searched
from sbomctl.sources.tar_kind import TarKind, kind_of
from sbomctl.sources.tar_tree import TarTree

_HOMES = (b"", b"repo", b"ostree/repo")
_DEFAULTS = b"usr/etc"
_AGAIN = "it is damaged or incomplete; pull the commit again"


class OstreeRepository:
    """``ostree:PATH[:REF | COMMIT]``: a repository, or what has one in ``repo`` or ``ostree/repo``."""

    scheme: ClassVar[str] = "ostree"
    about: ClassVar[str] = "commit of an OSTree repository in a directory, a tar or a disk"

    def accepts(self, target: str) -> bool:
        """Whether the target is the directory of a repository; one in a file needs the scheme."""
        path = split_reference(target)[0]
        try:
            return Path(path, "objects").is_dir() and is_repository(HostTree(os.fsencode(path)))
        except (OSError, ValueError, Damaged):
            return False

    @contextmanager
    def open(self, request: Request) -> Iterator[OpenImage]:
        """The commit: its files, and its /usr/etc as the /etc that a deployment has; raises ``InputError``."""
        path, wanted = split_reference(request.target)
        with _trees(path, request) as trees:
            try:
                repository = _repository(path, trees)
                commit = repository.commit(_checksum(path, repository, wanted))
                yield _opened(path, repository, commit, request)
            except Unreadable as error:
                raise UnsupportedInput(f"{path}: {error}", "name a repository of OSTree") from error
            except Damaged as error:
                raise CorruptInput(f"{path}: {error}", _AGAIN) from error


@contextmanager
def _trees(path: str, request: Request) -> Iterator[list[FileSystem]]:
    """The trees in which a repository may be."""
    if Path(path).is_dir():
        yield [HostTree(os.path.realpath(os.fsencode(path)))]
        return
    with random_access(path, request.limits.layer_bytes) as (file, _):
        blob = FileBlob(file.fileno())
        if kind_of(path) is not TarKind.NONE:
            yield [TarTree(blob, path, request.limits.members)]
            return
        try:
            disk = opened_container(blob) or blob
            table = None if reader_of(disk) else partition_table(disk)
            parts = [Slice(disk, each.start, each.size) for each in table.partitions] if table else [disk]
        except Damaged as error:
            raise CorruptInput(f"{path}: {error}", "it is damaged or cut off; write or download it again") from error
        yield [tree for part in parts if (tree := _tree(part)) is not None]


def _tree(part: Blob) -> FileSystem | None:
    try:
        return open_file_system(part)
    except Damaged:
        return None  # another partition may have the repository


def _repository(path: str, trees: list[FileSystem]) -> Repository:
    for tree in trees:
        for home in _HOMES:
            below = Names(tree).subtree(home)
            if below is not None and is_repository(below):
                return Repository(below)
    raise UnsupportedInput(f"{path}: no OSTree repository in it", "name the directory with config and objects in it")


def _checksum(path: str, repository: Repository, wanted: str) -> str:
    """The commit that a branch or a checksum names, or the only one."""
    refs = repository.refs()
    if wanted:
        known = refs.get(wanted, "")
        is_checksum = len(wanted) == 64 and not set(wanted) - set("0123456789abcdef")
        if not known and not is_checksum:
            raise UnsupportedInput(f"{path}: no branch {wanted!r} in it", f"there are: {', '.join(refs) or 'none'}")
        return known or wanted
    if len(set(refs.values())) != 1:
        raise UnsupportedInput(
            f"{path}: a repository with {len(refs)} branches", f"choose one: PATH:BRANCH; there are: {', '.join(refs)}"
        )
    return next(iter(refs.values()))


def _opened(path: str, repository: Repository, commit: Commit, request: Request) -> OpenImage:
    tree = CommitTree(repository, commit)
    says = f"OSTree commit {commit.checksum[:12]}" + (f", {commit.subject}" if commit.subject else "")
    names = Names(tree)
    defaults = names.subtree(_DEFAULTS) if names.ref(b"etc") is None else None
    pieces = [Piece(tree, "", says, left_out=frozenset((_DEFAULTS,)) if defaults else frozenset())]
    if defaults is not None:
        pieces.append(Piece(defaults, "etc", "OSTree /usr/etc, of which a deployment makes /etc"))
    found, pieces = searched(pieces, request)
    layers = layers_of(pieces, path)
    partial = ("the commit was pulled in part only; what is missing is not known",)
    image = Image(
        f"sha256:{commit.checksum}",
        request.name,
        request.role,
        request.target,
        request.platform or Platform(),
        tuple(layer.info for layer in layers),
        labels=tuple(sorted(commit.metadata.items())),
        created=_time(commit.time),
    )
    problems = (*(partial if repository.is_partial(commit.checksum) else ()), *found.problems)
    return OpenImage(image, layers, problems, inner=named([*found.inner, *images_of(found.roots)]))


def _time(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return ""
