"""What an ext superblock says of its format (kernel documentation, ext4, "Super Block", feature flags)."""

from __future__ import annotations

import struct

import msgspec

from sbomctl.filesystems.base import Unreadable

_INCOMPATIBLE = {
    0x1: "compression",
    0x2: "filetype",
    0x4: "recover",
    0x8: "journal_dev",
    0x10: "meta_bg",
    0x40: "extents",
    0x80: "64bit",
    0x100: "mmp",
    0x200: "flex_bg",
    0x400: "ea_inode",
    0x1000: "dirdata",
    0x2000: "csum_seed",
    0x4000: "largedir",
    0x8000: "inline_data",
    0x10000: "encrypt",
    0x20000: "casefold",
}
_NOT_READ = ("compression", "journal_dev", "dirdata")
_HAS_JOURNAL = 0x4  # compatible
_SPARSE_SUPER, _METADATA_CSUM = 0x1, 0x400  # read-only compatible
_OF_EXT4 = 0x40 | 0x80 | 0x200 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000


class Features(msgspec.Struct, frozen=True):
    """The flags that change how it is read."""

    kind: str  # ext2, ext3 or ext4: the oldest driver that has all of it
    has_types: bool
    has_checksums: bool
    needs_recovery: bool
    is_meta_bg: bool
    is_64bit: bool
    is_largedir: bool
    is_sparse_super: bool


def of(superblock: bytes) -> Features:
    """The features of a superblock; raises ``Unreadable`` naming those that are not read here."""
    compatible, incompatible, read_only = struct.unpack_from("<III", superblock, 0x5C)
    if not struct.unpack_from("<I", superblock, 0x4C)[0]:  # revision 0 had none
        compatible = incompatible = read_only = 0
    names = [_INCOMPATIBLE.get(1 << bit, f"0x{1 << bit:x}") for bit in range(32) if incompatible >> bit & 1]
    if unknown := [name for name in names if name in _NOT_READ or name.startswith("0x")]:
        raise Unreadable(f"this ext file system has features that are not read here: {', '.join(unknown)}")
    ext4 = incompatible & _OF_EXT4 or read_only & ~0x7
    return Features(
        kind="ext4" if ext4 else "ext3" if compatible & _HAS_JOURNAL else "ext2",
        has_types="filetype" in names,
        has_checksums=bool(read_only & _METADATA_CSUM),
        needs_recovery="recover" in names,
        is_meta_bg="meta_bg" in names,
        is_64bit="64bit" in names,
        is_largedir="largedir" in names,
        is_sparse_super=bool(read_only & _SPARSE_SUPER),
    )
