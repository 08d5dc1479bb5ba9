"""Every reader: apart from the rest, for only who has a blob to look at needs them all."""

from __future__ import annotations

from sbomctl.filesystems.base import Reader
from sbomctl.filesystems.btrfs import BTRFS
from sbomctl.filesystems.cpio import CPIO
from sbomctl.filesystems.erofs import EROFS
from sbomctl.filesystems.ext import EXT
from sbomctl.filesystems.fat import FAT
from sbomctl.filesystems.jffs2 import JFFS2
from sbomctl.filesystems.squashfs import SQUASHFS
from sbomctl.filesystems.ubifs import UBIFS

READERS: tuple[Reader, ...] = (
    EXT,
    SQUASHFS,
    EROFS,
    BTRFS,
    UBIFS,
    JFFS2,
    CPIO,
    FAT,
)
"""Every reader; a blob goes to the first that finds its magic number."""
