"""Zip files with a disk image in them, as HypriotOS and others are published."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO, cast

from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.sources.host_file import spooled
from sbomctl.sources.stream import BLOCK, blocks

_MOST = 1000  # members; an archive with more is no disk image
_AGAIN = "the file is damaged or incomplete; write or download it again"


def is_zip(raw: BinaryIO) -> bool:
    """Whether it starts with the header of a member (APPNOTE.TXT 4.3.7)."""
    start = raw.tell()
    magic = raw.read(4)
    raw.seek(start)
    return magic == b"PK\x03\x04"


@contextmanager
def image_in(raw: BinaryIO, path: str, is_image: Callable[[BinaryIO], bool]) -> Iterator[BinaryIO]:
    """The one member that is an image, as a stream; texts, checksums, block maps beside it are left aside.

    Raises ``UnsupportedInput`` when none is or several are, and ``CorruptInput``.
    """
    try:
        with zipfile.ZipFile(raw) as archive:
            member = _chosen(archive, path, is_image)
            with archive.open(member) as stream:
                yield cast("BinaryIO", stream)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise CorruptInput(f"{path}: damaged zip archive ({error})", _AGAIN) from error


def _chosen(archive: zipfile.ZipFile, path: str, is_image: Callable[[BinaryIO], bool]) -> zipfile.ZipInfo:
    members = [one for one in archive.infolist() if not one.is_dir()]
    if any(one.flag_bits & 1 for one in members):
        raise UnsupportedInput(f"{path}: the zip archive is encrypted", "unpack it and name the image")
    found = [one for one in members[:_MOST] if _starts_like(archive, one, is_image)] if len(members) <= _MOST else []
    if not found:
        raise UnsupportedInput(f"{path}: no disk image is in the zip archive", "unpack it and name what is to be read")
    if len(found) > 1:
        names = ", ".join(sorted(one.filename for one in found))
        raise UnsupportedInput(f"{path}: several images are in the zip archive: {names}", "unpack it and name one")
    return found[0]


def _starts_like(archive: zipfile.ZipFile, member: zipfile.ZipInfo, is_image: Callable[[BinaryIO], bool]) -> bool:
    with archive.open(member) as stream:
        try:
            stream.read(BLOCK)
        except Exception as error:  # each codec has error types of its own: zlib.error, LZMAError, OSError
            raise zipfile.BadZipFile(f"{member.filename}: {error}") from error
        stream.seek(0)
        return is_image(cast("BinaryIO", stream))


@contextmanager
def spooled_image(raw: BinaryIO, path: str, is_image: Callable[[BinaryIO], bool], limit: int) -> Iterator[BinaryIO]:
    """The image in a temporary file, decompressed once; raises ``InputError``."""
    with ExitStack() as stack:
        with image_in(raw, path, is_image) as member:  # ends here: errors of those who read the image are not its own
            whole = stack.enter_context(spooled(blocks(member, path, limit), path))
        yield whole
