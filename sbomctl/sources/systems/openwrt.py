"""OpenWrt: a squashfs that never changes, and over it what the device has written (OpenWrt documentation, "Overlayfs").

What was written lies in a partition or volume of its own, or behind the squashfs in the same partition.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import ClassVar

from sbomctl.filesystems.base import Blob, Damaged, FileSystem
from sbomctl.filesystems.blob import Slice
from sbomctl.filesystems.detect import Empty, open_file_system
from sbomctl.filesystems.roots import is_overlay
from sbomctl.filesystems.subtree import Names
from sbomctl.filesystems.walk import find
from sbomctl.sources.file_system import Piece
from sbomctl.sources.systems.base import Over, System

_RELEASE = b"etc/openwrt_release"
_UPPER = b"upper"
_ALIGNED = 64 << 10  # where the data of a partition may start behind its squashfs
_FREE = b"\xde\xad\xc0\xde"  # the mark of space that the first boot is to take
_SQUASHFS = b"hsqs"


class OpenWrt(System):
    """A root with its overlay."""

    name: ClassVar[str] = "OpenWrt"
    about: ClassVar[str] = "the squashfs, and over it the changes in rootfs_data or behind it in its partition"
    signs: ClassVar[tuple[str, ...]] = ()

    def over(self, root: FileSystem, blob: Blob, beside: Sequence[FileSystem]) -> Over | None:
        """The upper part of the overlay, wherever it lies."""
        if find(root, _RELEASE) is None:
            return None
        overlays = [tree for tree in beside if is_overlay(tree)]
        problems: tuple[str, ...] = ()
        try:
            behind = _behind(blob)
        except Damaged as error:
            behind, problems = None, (f"what lies behind the squashfs cannot be read: {error}",)
        if behind is not None:  # it is no layer of its own, which would tell them
            problems += tuple(f"behind the squashfs: {fault}" for fault in behind.faults)
        if len(overlays) > 1 or (overlays and behind is not None):
            return Over((), (), (*problems, "there are several overlays; which of them is used is not known"))
        tree = overlays[0] if overlays else behind
        upper = Names(tree).subtree(_UPPER) if tree is not None else None
        if upper is None:
            return Over((), (), problems) if problems else None
        try:
            upper.node(upper.root).attribute(b"trusted.overlay.opaque")
            shows_opaque = True
        except Damaged as error:
            shows_opaque = False
            problems += (
                f"{upper.kind}: which directories of the overlay hide those of the squashfs is not known: {error}",
            )
        piece = Piece(upper, "", f"overlay of OpenWrt, {upper.kind}", changes=True, shows_opaque=shows_opaque)
        return Over([piece], overlays, problems)


def _behind(blob: Blob) -> FileSystem | None:
    """The file system behind a squashfs; None where there is only free space."""
    head = blob.pread(0, 48)
    if head[:4] != _SQUASHFS or len(head) < 48:
        return None
    (used,) = struct.unpack_from("<Q", head, 40)
    start = -(-used // _ALIGNED) * _ALIGNED
    if start >= blob.size or blob.pread(start, 4) in (_FREE, b"\xff\xff\xff\xff"):
        return None
    tree = open_file_system(Slice(blob, start, blob.size - start))
    return None if isinstance(tree, Empty) else tree
