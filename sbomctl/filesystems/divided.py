"""Disks and flash as their parts: partitions, or the volumes of an UBI image."""

from __future__ import annotations

from typing import NamedTuple

from sbomctl.filesystems.base import Blob
from sbomctl.filesystems.blob import Slice
from sbomctl.filesystems.partitions import Table, partition_table
from sbomctl.filesystems.ubi import is_ubi, volumes


class Division(NamedTuple):
    """A table and the content of each of its entries."""

    table: Table
    blobs: tuple[Blob, ...]
    word: str  # what an entry is called


def is_divided(blob: Blob) -> bool:
    """Whether it has a table, or says so; raises ``Damaged`` when that cannot be used."""
    return is_ubi(blob) or partition_table(blob) is not None


def divided(blob: Blob) -> Division | None:
    """The parts of a blob, None where there is no table; raises ``Damaged``."""
    if is_ubi(blob):
        return Division(*volumes(blob), "volume")
    table = partition_table(blob)
    if table is None:
        return None
    return Division(table, tuple(Slice(blob, one.start, one.size) for one in table.partitions), "partition")
