"""What a file is the image of, told by its first bytes; compressed ones are looked into."""

from __future__ import annotations

import os
from contextlib import closing
from functools import lru_cache
from typing import BinaryIO

from sbomctl.errors import CorruptInput, SbomctlError
from sbomctl.filesystems.base import Blob, Damaged
from sbomctl.filesystems.blob import FileBlob, Held
from sbomctl.filesystems.containers import is_container
from sbomctl.filesystems.detect import known_by_name, reader_of
from sbomctl.filesystems.divided import is_divided
from sbomctl.sources import _zip
from sbomctl.sources.base import Limits
from sbomctl.sources.host_file import open_regular, streamed
from sbomctl.sources.stream import sniff

_SCHEMES = frozenset(("ext", "squashfs"))


def kind_of(path: str) -> str:
    """``ext``, ``squashfs``, ``disk`` for whatever else belongs here, ""; never raises."""
    try:
        found = os.stat(path)  # noqa: PTH116 - one call gives the whole key
        return _kind_of(path, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
    except (SbomctlError, Damaged, OSError, ValueError):
        return ""


@lru_cache(maxsize=256)
def _kind_of(path: str, *_identity: int) -> str:
    """Every source asks the same question, so the file is looked at once."""
    with open_regular(path, path) as raw:
        if _zip.is_zip(raw):
            try:
                with _zip.image_in(raw, path, is_image) as member:
                    return _judged(Held(_start(member, path)))
            except CorruptInput:  # opening it tells what is wrong
                return "disk"
        if sniff(os.pread(raw.fileno(), 8, 0)) == "plain":
            return _judged(FileBlob(raw.fileno()))
        return _judged(Held(_start(raw, path)))


def is_image(raw: BinaryIO) -> bool:
    """Whether a stream starts like anything that is read here; never raises."""
    try:
        return bool(_judged(Held(_start(raw, "")), is_read=True))
    except (SbomctlError, Damaged, OSError, ValueError):
        return False


def _start(raw: BinaryIO, path: str) -> bytes:
    with closing(streamed(raw, path, Limits())) as content:
        return next(content, b"")


def _judged(blob: Blob, *, is_read: bool = False) -> str:
    """What it is; with ``is_read`` "" also for what is known by name only."""
    if is_container(blob):
        return "disk"
    reader = reader_of(blob)
    if reader is not None:
        return reader.kind if reader.kind in _SCHEMES else "disk"
    try:
        has_table = is_divided(blob)
    except Damaged:  # said to be one: opening it tells what is wrong
        has_table = True
    return "disk" if has_table or (not is_read and known_by_name(blob)) else ""
