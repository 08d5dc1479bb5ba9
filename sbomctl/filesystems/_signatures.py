"""What is known and not read, told by its magic number: so that a finding names it."""

from __future__ import annotations

_AT = (
    (0, b"LUKS\xba\xbe", "an encrypted volume (LUKS)"),
    (0, b"verity\0\0", "a dm-verity hash tree"),
    (0, b"XFSB", "an XFS file system"),
    (1024, b"\x10\x20\xf5\xf2", "an F2FS file system"),
    (4086, b"SWAPSPACE2", "a swap area"),
    (65526, b"SWAPSPACE2", "a swap area"),
    (512, b"LABELONE", "a volume of LVM"),
    (0, b"LABELONE", "a volume of LVM"),
    (4096, b"\xfc\x4e\x2b\xa9", "a part of a RAID"),
    (0, b"\xfc\x4e\x2b\xa9", "a part of a RAID"),
    (3, b"-FVE-FS-", "an encrypted volume (BitLocker)"),
    (3, b"NTFS    ", "an NTFS file system"),
    (3, b"EXFAT   ", "an exFAT file system"),
    (0x8001, b"CD001", "an ISO 9660 file system"),
    (0, b"\x45\x3d\xcd\x28", "a cramfs"),
    (0, b"\x28\xcd\x3d\x45", "a big-endian cramfs"),
    (0, b"-rom1fs-", "a romfs"),
    (0, b"sqsh", "a big-endian squashfs"),
    (0x10034, b"ReIsErFs", "a ReiserFS"),
    (0x10034, b"ReIsEr2Fs", "a ReiserFS"),
    (0, b"\xd0\x0d\xfe\xed", "a device tree"),
    (0, b"\x9a\x62\x78\xd0", "a composefs image, whose files lie elsewhere"),
    (8, b"\xf9\x9f\x12\x7b\x9c\x4d\x82\x96", "an index of casync, whose chunks lie elsewhere"),
    (8, b"\x51\xbb\x5b\xea\xbc\xfa\x96\x13", "an archive of casync"),
    (0, b"ANDROID!", "an Android boot image"),
    (0, b"\x04\x22\x4d\x18", "lz4-compressed data"),
    (0, b"\x02\x21\x4c\x18", "lz4-compressed data (legacy frames)"),
    (0, b"\x89LZO", "lzop-compressed data"),
    (0, b"\x5d\0\0", "lzma-compressed data"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"\x1f\x8b", "gzip-compressed data"),
    (0, b"\xfd7zXZ\0", "xz-compressed data"),
    (0, b"\x28\xb5\x2f\xfd", "zstd-compressed data"),
    (0, b"BZh", "bzip2-compressed data"),
    (0, b"\x7fELF", "a program (ELF)"),
    (0, b"vhdxfile", "a VHDX disk"),
    (0, b"KDMV", "a VMDK disk"),
)
HEAD = 0x10048  # bytes that are enough for every one


def named(head: bytes) -> str:
    """What ``head`` is the start of; "" when that is not known."""
    return next((name for at, magic, name in _AT if head.startswith(magic, at)), "")
