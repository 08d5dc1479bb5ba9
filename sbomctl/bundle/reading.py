"""A bundle that somebody hands over, as a directory or archive; nothing of it is unpacked.

It may be made to harm: links are never followed, and everything is bounded.
"""

from __future__ import annotations

import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from sbomctl.bundle.packing import zstd
from sbomctl.errors import CorruptInput, InputError

_MOST_FILES = 100_000
_PADDING = 1 << 20  # zeros that may follow the last member


@dataclass(frozen=True, slots=True)
class Member:
    """One file; ``file`` is to be read before the next is asked for. ``oddity`` says why it is none."""

    path: str
    file: BinaryIO | None
    oddity: str = ""


def members(name: str) -> Iterator[Member]:
    """Every file of the bundle ``name``, by its path in it; to be read within :func:`told`."""
    place = Path(name)
    for number, member in enumerate(_below(place) if place.is_dir() else _packed(place)):
        if number >= _MOST_FILES:
            raise CorruptInput(f"{name} holds more than {_MOST_FILES:,} files")
        yield member


@contextmanager
def told(name: str) -> Iterator[None]:
    """Whatever cannot be read of the bundle ``name`` in the block becomes an ``InputError``."""
    try:
        yield
    except _damage() as error:
        raise CorruptInput(f"{name} is damaged: {error}") from error
    except OSError as error:
        raise InputError(f"cannot read {error.filename or name}: {error.strerror or error}") from error


def _damage() -> tuple[type[Exception], ...]:
    """What the libraries raise for archives that are not whole."""
    kinds = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
    try:
        return (*kinds, zstd().ZstdError)
    except ImportError:
        return kinds


def _below(folder: Path) -> Iterator[Member]:
    for above, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted([*files, *(one for one in folders if (Path(above) / one).is_symlink())]):
            file = Path(above) / name
            path = file.relative_to(folder).as_posix()
            if stat.S_ISREG(file.lstat().st_mode):
                with file.open("rb") as data:
                    yield Member(path, data)
            else:
                yield Member(path, None, "it is a link" if file.is_symlink() else "it is no file")


def _packed(file: Path) -> Iterator[Member]:
    with file.open("rb") as raw:
        head = raw.read(4)
        raw.seek(0)
        if head.startswith(b"PK"):
            yield from _without_top(_zip(raw))
        elif head == b"\x28\xb5\x2f\xfd":
            yield from _without_top(_tar(raw))
        else:
            raise CorruptInput(f"{file} is no bundle: neither a directory nor .tar.zst nor .zip")


def _zip(raw: BinaryIO) -> Iterator[Member]:
    with zipfile.ZipFile(raw) as packed:
        for info in packed.infolist():
            if info.is_dir():
                continue
            mode = info.external_attr >> 16
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                yield Member(info.filename, None, "it is a link")
                continue
            with packed.open(info) as data:
                yield Member(info.filename, cast("BinaryIO", data))


def _tar(raw: BinaryIO) -> Iterator[Member]:
    try:
        stream = zstd().ZstdFile(raw, "rb")
    except ImportError:
        raise InputError("this Python cannot read zstd", "pack the bundle as .zip") from None
    with stream, tarfile.open(fileobj=stream, mode="r|") as packed:
        for info in packed:
            if info.isreg():
                yield Member(info.name, cast("BinaryIO", packed.extractfile(info)))
            elif not info.isdir():
                yield Member(info.name, None, "it is a link" if info.issym() or info.islnk() else "it is no file")
        if stream.read(_PADDING).strip(b"\0") or stream.read(1):
            raise CorruptInput("there is more behind the archive")


def _without_top(found: Iterator[Member]) -> Iterator[Member]:
    """Paths below the one folder that an archive holds; a file beside it keeps its whole name."""
    top = None
    for member in found:
        first, slash, rest = member.path.partition("/")
        top = first if top is None else top
        yield Member(rest if slash and first == top else member.path, member.file, member.oddity)
