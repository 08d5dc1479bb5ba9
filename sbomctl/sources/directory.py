"""A directory of the host as an image of one layer, read as it is."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, ClassVar

from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.model import FileType, Image, Layer, Platform, path_text
from sbomctl.sources._disk_layout import systems_in
from sbomctl.sources._host_tree import HostTree
from sbomctl.sources.base import Digests, Limits, OpenImage, Request, Stored
from sbomctl.sources.host_file import unreadable
from sbomctl.sources.live_mounts import live_mounts

_CHUNK = 1 << 20


class Directory:
    """``dir:PATH``."""

    scheme: ClassVar[str] = "dir"
    about: ClassVar[str] = "root filesystem in a directory"

    def accepts(self, target: str) -> bool:
        """Whether the target is a directory."""
        try:
            return Path(target).is_dir()
        except (OSError, ValueError):
            return False

    @contextmanager
    def open(self, request: Request) -> Iterator[OpenImage]:
        """The directory as an image of one layer; raises ``InputError``.

        A root that a system keeps in a form of its own is taken apart. ``image.id`` and ``diff_id``
        stay "": the entries are the only identity there is. The platform is what the product says.
        """
        root = os.path.realpath(os.fsencode(_checked(request.target)))
        mounts = live_mounts(root)
        problems = tuple(
            f"{path_text(path)}: a mounted {kind} of the running system, not read" for path, kind in mounts
        )
        closed = frozenset(path for path, _ in mounts)
        found = systems_in(HostTree(root, closed), request.target, request)
        if found is not None:
            yield found.opened(request, request.target, problems)
            return
        info = Layer(0)
        layer = DirectoryLayer(info, root, closed)
        image = Image("", request.name, request.role, request.target, request.platform or Platform(), (info,))
        yield OpenImage(image, [layer], problems, f"dir:{Path(request.target).absolute()}")


def _checked(target: str) -> str:
    try:
        found = Path(target).stat()
    except FileNotFoundError as error:
        raise UnsupportedInput(f"{target} does not exist", "check the path") from error
    except (OSError, ValueError) as error:
        raise unreadable(target, error) from error
    if not stat.S_ISDIR(found.st_mode):
        raise UnsupportedInput(f"{target} is no directory", "a tar file is read with rootfs:")
    return target


class DirectoryMember:
    """One file, directory or link (``sources.base.Member``).

    ``fault`` tells what could not be read. A file is opened when it is met, so that one that
    cannot be is known as such before its content is asked for; a read that fails later is
    told by ``fault`` after :meth:`chunks`.
    """

    __slots__ = ("fault", "file", "link_target", "mode", "path", "size", "type")

    def __init__(self, path: bytes, mode: int) -> None:
        self.path = path_text(path)
        self.mode = stat.S_IMODE(mode)
        self.type = _type(mode)
        self.size = 0
        self.link_target = ""
        self.fault = ""
        self.file: BinaryIO | None = None

    @classmethod
    def at(cls, host: bytes, path: bytes) -> DirectoryMember:
        """The entry that the system knows as ``host``; never raises."""
        member = cls(path, 0)
        try:
            status = os.lstat(host)
            member = cls(path, status.st_mode)
            if member.type is FileType.SYMLINK:
                member.link_target = path_text(os.readlink(host))  # noqa: PTH115 - pathlib knows no bytes
            elif member.type is FileType.REGULAR:
                member.file = _open(host)
                member.size = status.st_size
        except OSError as error:
            member.fault = f"cannot be read: {error.strerror}"
        return member

    def chunks(self) -> Iterator[bytes]:
        """The first ``size`` bytes: what is appended while it is read is not seen."""
        left = self.size
        try:
            while left and self.file and (data := self.file.read(min(left, _CHUNK))):
                left -= len(data)
                yield data
        except OSError as error:
            self.fault = f"cannot be read: {error.strerror}"
            return
        if left:
            self.fault = f"became shorter by {left:,} bytes while it was read"


def _open(host: bytes) -> BinaryIO:
    descriptor = os.open(host, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    return os.fdopen(descriptor, "rb", buffering=0)


def _type(mode: int) -> FileType:
    if stat.S_ISREG(mode):
        return FileType.REGULAR
    if stat.S_ISDIR(mode):
        return FileType.DIRECTORY
    return FileType.SYMLINK if stat.S_ISLNK(mode) else FileType.OTHER


class DirectoryLayer:
    """Everything below ``root`` in path order; symbolic links are entries, never followed.

    ``skipped`` are directories, relative to ``root``, whose content is left out.
    """

    changeset = False
    has_diff_id = False

    def __init__(self, info: Layer, root: bytes, skipped: frozenset[bytes]) -> None:
        self.info = info
        self._root = root
        self._skipped = skipped
        self._size = 0

    def digests(self) -> Digests:
        """Only the size: a directory has no digest of its own."""
        return Digests("", self._size)

    def stored(self) -> Stored | None:
        """Nothing: a directory is no blob."""
        return None

    def members(self, limits: Limits) -> Iterator[DirectoryMember]:
        """Every entry, a directory before what is in it; see ``sources.base.OpenLayer``."""
        self._size = count = 0
        try:
            pending = [iter(self._names(b""))]
        except OSError as error:
            raise unreadable(path_text(self._root), error) from error
        while pending:
            path = next(pending[-1], None)
            if path is None:
                pending.pop()
                continue
            member, inner = self._enter(path)
            count += 1
            self._size += member.size
            try:
                self._check(count, limits)
                yield member
            finally:
                if member.file:
                    member.file.close()
            pending.append(iter(inner))

    def _check(self, count: int, limits: Limits) -> None:
        if count > limits.members or self._size > limits.layer_bytes:
            raise CorruptInput(
                f"{path_text(self._root)}: more than {count - 1:,} entries or {limits.layer_bytes:,} bytes",
                "if the directory really is that large, raise --max-layer-bytes",
            )

    def _enter(self, path: bytes) -> tuple[DirectoryMember, Sequence[bytes]]:
        """The entry at ``path`` and, when it is a directory, what is in it."""
        member = DirectoryMember.at(self._host(path), path)
        if member.type is not FileType.DIRECTORY or path in self._skipped:
            return member, ()
        try:
            return member, self._names(path)
        except OSError as error:
            member.fault = f"cannot be listed: {error.strerror}"
            return member, ()

    def _names(self, path: bytes) -> Sequence[bytes]:
        prefix = path + b"/" if path else b""
        with os.scandir(self._host(path)) as found:
            return sorted(prefix + entry.name for entry in found)

    def _host(self, path: bytes) -> bytes:
        return self._root + b"/" + path
