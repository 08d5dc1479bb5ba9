"""Images that boot loaders load: FIT, uImage, Linux kernels; each is taken apart into what it holds.

U-Boot documentation, "Flat Image Tree (FIT)" and "Legacy image format" (include/image.h as
documented there); kernel documentation, arch/arm/booting, arch/arm64/booting, arch/x86/boot.
"""

from __future__ import annotations

import struct
import zlib
from collections import defaultdict
from typing import NamedTuple

from sbomctl.filesystems import _fdt
from sbomctl.filesystems._fdt import Property
from sbomctl.filesystems.base import Blob, Damaged, exactly
from sbomctl.filesystems.behind import behind
from sbomctl.filesystems.blob import Slice

_UIMAGE = struct.Struct(">4sIIIIIIBBBB32s")
_UIMAGE_MAGIC = b"\x27\x05\x19\x56"
_TYPES = {1: "standalone", 2: "kernel", 3: "ramdisk", 4: "multi", 5: "firmware", 6: "script", 7: "filesystem",
          8: "flat_dt"}  # fmt: skip
_MULTI = 4
_MOST = 1000  # images in one file
_PIECE = 1 << 20
_KERNELS = (
    (0x24, b"\x18\x28\x6f\x01"),  # zImage of arm
    (0x38, b"ARM\x64"),  # arm64
    (0x38, b"RSC\x05"),  # riscv
    (0x202, b"HdrS"),  # x86
    (0x04, b"zimg"),  # EFI, compressed
)
HOLD_FILES = frozenset(("ramdisk", "filesystem"))  # types whose content must be a file system


class Content(NamedTuple):
    """One image."""

    name: str
    type: str  # in the words of mkimage
    blob: Blob


class Boot(NamedTuple):
    """What a file for a boot loader holds; ``faults`` are what is wrong with it, all the same it is used."""

    kind: str
    contents: tuple[Content, ...]
    faults: tuple[str, ...] = ()


def is_boot_image(blob: Blob) -> bool:
    """Whether it is one; raises ``Damaged`` for a device tree that is damaged."""
    head = blob.pread(0, 0x300)
    return head.startswith(_UIMAGE_MAGIC) or is_kernel(head) or (head.startswith(_fdt.MAGIC) and _is_fit(blob))


def is_kernel(head: bytes) -> bool:
    """Whether it starts as Linux kernels do."""
    return any(head.startswith(magic, at) for at, magic in _KERNELS)


def boot_image(blob: Blob) -> Boot:
    """What is in one; raises ``Damaged``."""
    head = blob.pread(0, 64)
    if head.startswith(_UIMAGE_MAGIC):
        return _uimage(blob)
    if head.startswith(_fdt.MAGIC):
        return _fit(blob)
    return Boot("Linux kernel", (Content("kernel", "kernel", blob),))


def _rest(blob: Blob, end: int) -> tuple[Content, ...]:
    """What follows an image: firmware for flash has its root file system there."""
    found = behind(blob, end)
    return (Content("behind", "filesystem", found),) if found else ()


def _is_fit(blob: Blob) -> bool:
    return any(one.path[:1] == ("images",) for one in _fdt.properties(blob))


def _fit(blob: Blob) -> Boot:
    nodes: dict[str, dict[str, Property]] = defaultdict(dict)
    for one in _fdt.properties(blob):
        if len(one.path) == 2 and one.path[0] == "images":
            nodes[one.path[1]][one.name] = one
    found, faults = [], []
    end = _fdt.size(blob)
    if len(nodes) > _MOST:
        faults.append(f"it has {len(nodes):,} images, of which {_MOST:,} are read")
    for name, known in list(nodes.items())[:_MOST]:
        try:
            start, size = _where(blob, known)
        except Damaged as error:
            faults.append(f"image {name}: {error}")
            continue
        kind = blob.pread(known["type"].start, min(known["type"].size, 64)) if "type" in known else b""
        found.append(Content(name, kind.rstrip(b"\0").decode("ascii", "replace"), Slice(blob, start, size)))
        end = max(end, start + size)
    rest = () if faults else _rest(blob, end)  # of an image that is not here it is not known where it ends
    return Boot("FIT image", (*found, *rest), tuple(faults))


def _where(blob: Blob, known: dict[str, Property]) -> tuple[int, int]:
    """Where the data of an image is: in the tree, behind it, or at a place of the file."""
    if "data" in known:
        return known["data"].start, known["data"].size
    size = _number(blob, known, "data-size")
    if "data-position" in known:
        start = _number(blob, known, "data-position")
    else:
        start = (_fdt.size(blob) + 3 & ~3) + _number(blob, known, "data-offset")
    if start + size > blob.size:
        raise Damaged(f"it is cut off: it ends at byte {start + size:,}, the file at {blob.size:,}")
    return start, size


def _number(blob: Blob, known: dict[str, Property], name: str) -> int:
    if name not in known or known[name].size != 4:
        raise Damaged("it has no data")
    return int(struct.unpack(">I", exactly(blob, known[name].start, 4))[0])


def _uimage(blob: Blob) -> Boot:
    head = exactly(blob, 0, _UIMAGE.size)
    _, head_sum, _, size, _, _, data_sum, _, _, kind, _, _ = _UIMAGE.unpack(head)
    faults = []
    if zlib.crc32(head[:4] + bytes(4) + head[8:]) != head_sum:
        faults.append("the checksum of its header is wrong")
    data = Slice(blob, _UIMAGE.size, size)
    if data.size < size:
        faults.append(f"it is cut off: {data.size:,} bytes of {size:,} are here")
    elif _checksum(data) != data_sum:
        faults.append("the checksum of its data is wrong")
    word = _TYPES.get(kind, f"type {kind}")
    parts = _parts(data) if kind == _MULTI else (Content(word, word, data),)
    return Boot("uImage", parts + _rest(blob, _UIMAGE.size + size), tuple(faults))


def _parts(data: Slice) -> tuple[Content, ...]:
    """The parts of an image of type multi: a list of sizes that ends with zero, then the parts, each padded to 4.

    The first is the kernel, the second the ramdisk unless it is a device tree.
    """
    sizes: list[int] = []
    while size := struct.unpack(">I", exactly(data, 4 * len(sizes), 4))[0]:
        sizes.append(size)
        if len(sizes) > _MOST:
            raise Damaged(f"it has more than {_MOST} parts")
    place = 4 * len(sizes) + 4
    found = []
    for number, size in enumerate(sizes):
        part = Slice(data, place, size)
        is_tree = part.pread(0, 4) == _fdt.MAGIC
        word = "flat_dt" if is_tree else ("kernel", "ramdisk", "part")[min(number, 2)]
        found.append(Content(f"part-{number}", word, part))
        place += size + 3 & ~3
    return tuple(found)


def _checksum(data: Slice) -> int:
    found = 0
    for at in range(0, data.size, _PIECE):
        found = zlib.crc32(data.pread(at, _PIECE), found)
    return found
