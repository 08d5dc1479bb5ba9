"""Harvests kept on disk between scans: the one place with a cache.

Rule: the cache never answers what reading the layer would not have answered. A harvest is
found by what the image promises of the stored bytes *and* by everything else that decides
the result (``key_of``); the caller hashes the bytes before it believes one. Whoever can
write here can make a layer look clean, so a directory that others may write to is refused,
and everything happens relative to the directory that was checked. Losing an entry costs
time only: nothing here is an error, and all of it may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Self

import msgspec

from sbomctl import __version__
from sbomctl.errors import OutputError
from sbomctl.layers.harvest import HARVEST_VERSION, MAX_FILE, Harvest
from sbomctl.layers.packed import Damaged, pack, unpack
from sbomctl.sources.base import Limits, OpenLayer

MAX_BYTES = 4 << 30  # kept by default; what was not used for longest goes first

_log = logging.getLogger(__name__)
_FORMAT = 1  # of the files; goes up when an older sbomctl could misread them
_MAGIC = b"sbomctl harvest\n"
_CHECKSUM = hashlib.sha256().digest_size
_FOLDER = "harvests"
_OURS = re.compile(r"[0-9a-f]{64}(\.harvest|\.[0-9a-f]{16}\.tmp)")
_OTHERS_MAY_WRITE = 0o022
_CHUNK = 1 << 20
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def key_of(layer: OpenLayer, promised: str, wanted: Sequence[object], limits: Limits) -> str:
    """The name of a harvest: hex, over the promised digest of the stored bytes and all else that decides it.

    ``limits`` count because a layer that exceeds them is refused, however often it was read before.
    """
    code = (_FORMAT, __version__, HARVEST_VERSION, MAX_FILE)
    asked = (layer.changeset, layer.has_diff_id, tuple(wanted), limits.layer_bytes, limits.members)
    return hashlib.sha256(msgspec.msgpack.encode((code, asked, promised))).hexdigest()


class Kept(msgspec.Struct, frozen=True, order=True):
    """One file of the cache; ``used`` is when it was written or last read, in seconds since 1970."""

    used: float
    name: str
    size: int  # bytes


class Store:
    """The harvests below ``place``; close it, or use it as a context. Threads and processes may share it.

    Closing it after something was saved brings it down to ``max_bytes``.
    """

    def __init__(self, place: Path, max_bytes: int = MAX_BYTES) -> None:
        """Open it, made anew where missing; raises ``OutputError`` when it cannot be used safely."""
        self.place = place
        self._max_bytes = max_bytes
        self._saved = False
        try:
            _make(place)
            base = os.open(place, _DIRECTORY)
            try:
                _refuse_what_others_write(base, place)
                with suppress(FileExistsError):
                    os.mkdir(_FOLDER, 0o700, dir_fd=base)
                self._directory = os.open(_FOLDER, _DIRECTORY | os.O_NOFOLLOW, dir_fd=base)
            finally:
                os.close(base)
        except (OSError, ValueError) as error:  # ValueError: a NUL byte in the name
            reason = getattr(error, "strerror", None) or str(error)
            raise OutputError(f"the cache {place} cannot be used: {reason}", _ELSEWHERE) from error
        try:
            _refuse_what_others_write(self._directory, place / _FOLDER)
        except OutputError:
            self.close()
            raise

    def close(self) -> None:
        """Make room where it is needed, and give the directory back to the system."""
        try:
            if self._saved:
                self.prune(self._max_bytes)
        except OSError as error:
            _log.debug("%s: it cannot be pruned: %s", self.place, error)
        finally:
            os.close(self._directory)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def load(self, key: str) -> Harvest | None:
        """The harvest called ``key``, as saved; None when there is none, or none that is sound."""
        try:
            with self._opened(f"{key}.harvest", os.O_RDONLY | os.O_NONBLOCK) as file:
                _check(file, key)
                harvest = unpack(file)
                with suppress(OSError):
                    os.utime(file.fileno())
                return harvest
        except FileNotFoundError:
            return None
        except (OSError, ImportError, Damaged) as error:
            _log.debug("%s: %s.harvest is not used: %s", self.place, key, error)
            return None

    def save(self, key: str, harvest: Harvest) -> None:
        """Keep ``harvest`` under ``key``; a disk that is full or read-only means that it is not kept."""
        name = f"{key}.{os.urandom(8).hex()}.tmp"
        self._saved = True
        try:
            with self._opened(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as file:
                _write(file, key, harvest)
            os.replace(name, f"{key}.harvest", src_dir_fd=self._directory, dst_dir_fd=self._directory)
        except (OSError, ImportError, ValueError) as error:  # a Python without zstd, a harvest too large
            _log.debug("%s: %s.harvest is not kept: %s", self.place, key, error)
            self._remove(name)
        except BaseException:
            self._remove(name)
            raise

    def kept(self) -> list[Kept]:
        """What is here, least recently used first; files that are not the cache's own are not seen."""
        found = []
        with os.scandir(self._directory) as entries:
            for entry in entries:
                if _OURS.fullmatch(entry.name):
                    with suppress(FileNotFoundError):  # another process removed it
                        status = entry.stat(follow_symlinks=False)
                        found.append(Kept(status.st_mtime, entry.name, status.st_size))
        return sorted(found)

    def prune(self, max_bytes: int | None = None, before: float | None = None) -> list[Kept]:
        """Remove what was last used before ``before``, then the least recently used above ``max_bytes``; what went."""
        kept = self.kept()
        total = sum(one.size for one in kept)
        removed = []
        for one in kept:
            too_old = before is not None and one.used < before
            too_much = max_bytes is not None and total > max_bytes
            if (too_old or too_much) and self._remove(one.name):
                total -= one.size
                removed.append(one)
        return removed

    def drop_indexes(self) -> None:
        """Remove what others keep beside the harvests and can make anew; raises ``OSError``."""
        for index in self.place.glob("license-index-*"):
            index.unlink(missing_ok=True)

    @contextmanager
    def _opened(self, name: str, flags: int) -> Iterator[BinaryIO]:
        descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=self._directory)
        with os.fdopen(descriptor, "rb" if flags & os.O_ACCMODE == os.O_RDONLY else "wb") as file:
            yield file

    def _remove(self, name: str) -> bool:
        try:
            os.unlink(name, dir_fd=self._directory)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True


_ELSEWHERE = "name a directory of your own in SBOMCTL_CACHE, or scan with --no-cache"


def _make(place: Path) -> None:
    """Make ``place`` and what is missing above it, for this user alone (XDG base directory specification)."""
    for directory in (*reversed(place.parents), place):
        if not directory.is_dir():
            directory.mkdir(0o700, exist_ok=True)


def _refuse_what_others_write(directory: int, place: Path) -> None:
    status = os.fstat(directory)
    if status.st_uid != os.geteuid():
        raise OutputError(f"the cache {place} belongs to another user", _ELSEWHERE)
    if status.st_mode & _OTHERS_MAY_WRITE:
        raise OutputError(f"other users may write to the cache {place}", f"chmod go-w {place}")


def _write(file: BinaryIO, key: str, harvest: Harvest) -> None:
    """Mark, checksum, packed harvest; the checksum covers the key, so that no file passes for another."""
    digest = hashlib.sha256(key.encode())
    file.write(_MAGIC + bytes(_CHECKSUM))
    for piece in pack(harvest):
        digest.update(piece)
        file.write(piece)
    file.seek(len(_MAGIC))
    file.write(digest.digest())


def _check(file: BinaryIO, key: str) -> None:
    """Leave ``file`` at its packed harvest; raises ``Damaged``."""
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
        raise Damaged("it is no file of this user")
    mark, checksum = file.read(len(_MAGIC)), file.read(_CHECKSUM)
    digest = hashlib.sha256(key.encode())
    while piece := file.read(_CHUNK):
        digest.update(piece)
    if mark != _MAGIC or checksum != digest.digest():
        raise Damaged("its checksum is wrong")
    file.seek(len(_MAGIC) + _CHECKSUM)
