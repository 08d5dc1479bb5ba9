"""Disk images and bare file systems: every file system in them is one layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, ClassVar

from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.filesystems.base import Blob, Damaged, Unreadable
from sbomctl.filesystems.blob import FileBlob
from sbomctl.sources import _zip
from sbomctl.sources._disk_kind import is_image, kind_of
from sbomctl.sources._disk_layout import Arrangement, arranged
from sbomctl.sources.base import OpenImage, Request
from sbomctl.sources.host_file import open_regular, random_access, split_reference


class Disk:
    """``disk:PATH[:PARTITION]``; the partition, by number or name, chooses among several root file systems."""

    scheme: ClassVar[str] = "disk"
    about: ClassVar[str] = "disk image with partitions, or one file system of any kind read here"

    def accepts(self, target: str) -> bool:
        """Whether the target starts like a disk or a file system."""
        return kind_of(split_reference(target)[0]) == "disk"

    @contextmanager
    def open(self, request: Request) -> Iterator[OpenImage]:
        """The file systems as layers, the root lowest, and the images in them; raises ``InputError``.

        A compressed image is decompressed once into an unnamed temporary file. ``image.id`` and
        ``diff_id`` stay "": the entries are the only identity there is.
        """
        path, wanted = split_reference(request.target)
        with _whole(path, request.limits.layer_bytes) as file:
            yield _read(FileBlob(file.fileno()), path, wanted, request).opened(request, path)


@contextmanager
def _whole(path: str, limit: int) -> Iterator[BinaryIO]:
    """The image, decompressed where it has to be; raises ``InputError``."""
    with open_regular(path, path) as raw:
        if _zip.is_zip(raw):
            with _zip.spooled_image(raw, path, is_image, limit) as file:
                yield file
            return
    with random_access(path, limit) as (file, _):
        yield file


def _read(blob: Blob, path: str, wanted: str, request: Request) -> Arrangement:
    try:
        return arranged(blob, path, request, wanted)
    except Unreadable as error:
        raise UnsupportedInput(
            f"{path}: {error}", "give the file system that is in it, or name the right file"
        ) from error
    except Damaged as error:
        raise CorruptInput(f"{path}: {error}", "it is damaged or cut off; write or download it again") from error


class _Bare(Disk):
    """One file system that fills the file."""

    def accepts(self, target: str) -> bool:
        """Whether the target is such a file system."""
        return kind_of(target) == self.scheme

    @contextmanager
    def open(self, request: Request) -> Iterator[OpenImage]:
        """The file system as an image of one layer; raises ``InputError``."""
        found = kind_of(request.target)
        if found not in (self.scheme, ""):
            raise UnsupportedInput(
                f"{request.target} is no {self.scheme} file system", "leave the scheme away, or write disk:"
            )
        with super().open(request) as opened:
            yield opened


class Ext(_Bare):
    """``ext:PATH``."""

    scheme: ClassVar[str] = "ext"
    about: ClassVar[str] = "ext2, ext3 or ext4 file system"


class Squashfs(_Bare):
    """``squashfs:PATH``."""

    scheme: ClassVar[str] = "squashfs"
    about: ClassVar[str] = "squashfs file system"
