"""Files of the host that the user named: opened without surprises, read at any offset."""

from __future__ import annotations

import io
import os
import stat
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sbomctl.errors import CorruptInput, InputError, UnsupportedInput
from sbomctl.sources.base import Limits
from sbomctl.sources.stream import BLOCK, blocks, sniff

_ZEROS = bytes(BLOCK)

_KINDS = (
    (stat.S_ISDIR, "a directory", "name a file, or scan the directory with dir: or oci-dir:"),
    (stat.S_ISFIFO, "a pipe", "write it to a file first: layers are read more than once"),
    (stat.S_ISSOCK, "a socket", "for a container engine, set DOCKER_HOST and use docker:NAME"),
    (stat.S_ISBLK, "a block device", "copy the device to a file first"),
    (stat.S_ISCHR, "a character device", "name a file"),
)


def open_regular(path: str, what: str) -> BinaryIO:
    """The regular file at ``path``, unbuffered; ``what`` names it in messages.

    Anything else is refused before it is opened: opening a pipe waits for its writer, and
    opening a device may act on it. Raises ``InputError``.
    """
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - pathlib adds nothing but its own cost
        for is_kind, kind, hint in _KINDS:
            if is_kind(mode):
                raise UnsupportedInput(f"{what} is {kind}", hint)
        return Path(path).open("rb", buffering=0)
    except FileNotFoundError as error:
        raise UnsupportedInput(f"{what} does not exist", "check the path") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the name
        raise unreadable(what, error) from error


def unreadable(what: str, error: Exception) -> InputError:
    """The error for a file that the operating system would not read."""
    if isinstance(error, PermissionError):
        return InputError(f"{what}: permission denied", "make it readable for this user")
    return InputError(f"{what}: {getattr(error, 'strerror', None) or error}", "check that it can be read")


class Slice(io.RawIOBase):
    """``size`` bytes of a file from ``offset``; many slices of one file can be read at once."""

    def __init__(self, file: BinaryIO, offset: int, size: int) -> None:
        self._file = file
        self._at = offset
        self._end = offset + size

    def readable(self) -> bool:  # noqa: D102 - io protocol
        return True

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes; b"" at the end."""
        left = self._end - self._at
        data = os.pread(self._file.fileno(), left if size < 0 else min(size, left), self._at)
        self._at += len(data)
        return data

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill ``buffer`` (io protocol)."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def streamed(raw: BinaryIO, what: str, limits: Limits) -> Generator[bytes]:
    """The uncompressed content in blocks; close it to stop before the end."""
    return blocks(raw, what, limits.layer_bytes)


@contextmanager
def random_access(path: str, limit: int) -> Iterator[tuple[BinaryIO, bool]]:
    """The file at ``path`` for reading at any offset, and whether it had to be decompressed.

    A compressed file is decompressed once into an unnamed temporary file, which the
    system removes however this process ends. Raises ``InputError``; ``CorruptInput`` when
    it gives more than ``limit`` bytes.
    """
    with open_regular(path, path) as raw:
        if not os.fstat(raw.fileno()).st_size:
            raise CorruptInput(f"{path} is empty", "write or download it again")
        if sniff(os.pread(raw.fileno(), 8, 0)) == "plain":
            yield raw, False
            return
        with spooled(blocks(raw, path, limit), path) as whole:
            yield whole, True


@contextmanager
def spooled(content: Iterator[bytes], what: str) -> Iterator[BinaryIO]:
    """``content`` in an unnamed temporary file; raises ``InputError`` when it cannot be written."""
    with tempfile.TemporaryFile() as file:
        for block in content:
            _write(file, block, what)
        _write(file, b"", what)
        yield file


def _write(file: BinaryIO, block: bytes, what: str) -> None:
    """Write a block, as a hole where it is all zeros: most of a disk image is; b"" is the end."""
    try:
        if not block:
            file.truncate()
            file.flush()
        elif block == _ZEROS[: len(block)]:
            file.seek(len(block), os.SEEK_CUR)
        else:
            file.write(block)
    except OSError as error:
        message = f"{what}: no room for a temporary copy of it ({error.strerror})"
        raise InputError(message, "free space in the temporary directory, or point TMPDIR to a larger one") from error


def split_reference(target: str) -> tuple[str, str]:
    """``PATH[:REFERENCE | @DIGEST]`` cut into the path and the reference ("" = none).

    The longest prefix that exists is the path, so a path may hold colons itself.
    """
    if exists(target):
        return target, ""
    cuts = [at for at, sign in enumerate(target) if sign in ":@" and at]
    for at in reversed(cuts):
        if exists(target[:at]):
            return target[:at], target[at + (target[at] == ":") :]
    first = cuts[0] if cuts else len(target)
    return target[:first], target[first:].lstrip(":")


def exists(path: str) -> bool:
    """Whether there is anything at ``path``; never raises."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False
