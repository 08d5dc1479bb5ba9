"""Disks, flash and boot images as their parts: partitions, volumes, images."""

from __future__ import annotations

from typing import NamedTuple

from sbomctl.filesystems.base import Blob, FileSystem
from sbomctl.filesystems.blob import Slice
from sbomctl.filesystems.boot_images import HOLD_FILES, Content, boot_image, is_boot_image, is_kernel
from sbomctl.filesystems.kernels import Search
from sbomctl.filesystems.loose import Loose
from sbomctl.filesystems.partitions import Partition, Table, partition_table
from sbomctl.filesystems.ubi import is_ubi, volumes


class Division(NamedTuple):
    """A table and the content of each of its entries."""

    table: Table
    blobs: tuple[Blob, ...]
    word: str  # what an entry is called
    loose: FileSystem | None = None  # everything in it as files, where not every entry is to hold a file system


def is_divided(blob: Blob) -> bool:
    """Whether it has a table, or says so; raises ``Damaged`` when that cannot be used."""
    return is_ubi(blob) or is_boot_image(blob) or partition_table(blob) is not None


def divided(blob: Blob) -> Division | None:
    """The parts of a blob, None where there is no table; raises ``Damaged``."""
    if is_ubi(blob):
        return Division(*volumes(blob), "volume")
    if is_boot_image(blob):
        return _boot(blob)
    table = partition_table(blob)
    if table is None:
        return None
    return Division(table, tuple(Slice(blob, one.start, one.size) for one in table.partitions), "partition")


def _boot(blob: Blob) -> Division:
    boot = boot_image(blob)
    partitions = tuple(
        Partition(number, 0, one.blob.size, one.type, one.name) for number, one in enumerate(boot.contents, 1)
    )
    loose = Loose(boot.kind, {one.name: one.blob for one in boot.contents if one.type not in HOLD_FILES})
    search = Search()
    blobs = tuple([_files(content, search) for content in boot.contents])
    faults = (*boot.faults, *([_CUT] if search.is_cut else []))
    return Division(Table(boot.kind, partitions, faults), blobs, "image", loose)


_CUT = "there is more in its kernels than is tried to find an initramfs; one may be missing"


def _files(content: Content, search: Search) -> Blob:
    """The initramfs of a kernel; of anything else what it is."""
    blob = content.blob
    if content.type.startswith("kernel") or is_kernel(blob.pread(0, 0x300)):
        return search.initramfs(blob) or blob
    return blob
