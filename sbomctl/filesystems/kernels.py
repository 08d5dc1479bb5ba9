"""The initramfs that is built into a Linux kernel.

A kernel image is a loader, then the kernel, compressed; the kernel holds an archive, which is
compressed once more or not. The loader knows the magic numbers of all compressions, so the
first place where one of them stands is seldom the right one: all are tried.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from itertools import chain

from sbomctl.filesystems._spool import compression, decompressed, opening
from sbomctl.filesystems.base import Blob, Damaged
from sbomctl.filesystems.blob import Slice
from sbomctl.filesystems.cpio import Cpio
from sbomctl.filesystems.walk import walk

_PACKED = re.compile(
    rb"\x1f\x8b\x08|\xfd7zXZ\0|\x28\xb5\x2f\xfd|BZh[1-9]1AY&SY|\x89LZO\0\r\n|\x02\x21\x4c\x18|"
    rb"\x5d\0\0(?:\0[\x01-\x04]|[\x01\x02\x04\x08\x10\x20\x40\x80]\0)"
)
_ARCHIVE = re.compile(rb"07070[12][0-9A-Fa-f]{104}")
_WINDOW = 1 << 20
_OVER = 128  # bytes; no pattern is longer
_MOST_BYTES = 256 << 20  # of a kernel
_MOST_TRIED = 200  # places in one kernel
_MOST_LOOKS = 2000  # places in all kernels of one file
_MOST_KERNELS = 32  # of one file that are decompressed as a whole
_MOST_ARCHIVES = 8
_LEAST_KERNEL = 1 << 20  # bytes
_ENTRIES = 1_000_000


class Search:
    """Looks into the kernels of one file, up to a bound on all of them together; ``is_cut`` tells that it was met."""

    def __init__(self) -> None:
        self.is_cut = False
        self._looks, self._kernels = _MOST_LOOKS, _MOST_KERNELS

    def initramfs(self, blob: Blob) -> Blob | None:
        """The archive in a kernel, None where there is none but the one without files that every kernel has."""
        found = self._in_kernel(blob)
        if found is not None:
            return found
        for place in self._places(blob, _PACKED):
            try:
                start = opening(blob, place, _LEAST_KERNEL)
                if len(start) < _LEAST_KERNEL or start.startswith(b"0707"):
                    continue
                if not self._kernels:
                    self.is_cut = True
                    return None
                self._kernels -= 1
                inner, _ = decompressed(blob, place, _MOST_BYTES)
            except Damaged:
                continue
            found = self._in_kernel(inner)
            if found is not None:
                return found
        return None

    def _in_kernel(self, kernel: Blob) -> Blob | None:
        """The archive in a kernel that is not compressed itself."""
        tried, behind = 0, 0
        for place in chain(self._places(kernel, _ARCHIVE), self._places(kernel, _PACKED)):
            rest = Slice(kernel, place, kernel.size - place)
            if behind > place or (compression(rest.pread(0, 16)) and not _holds_archive(rest)):
                continue  # an entry of what was read already, or something else
            found, read = _archive(rest)
            if found is not None:
                return found
            behind = place + read
            tried += 1
            if tried >= _MOST_ARCHIVES:
                self.is_cut = True
                break
        return None

    def _places(self, blob: Blob, pattern: re.Pattern[bytes]) -> Iterator[int]:
        left = _MOST_TRIED
        for base in range(0, min(blob.size, _MOST_BYTES), _WINDOW):
            window = blob.pread(base, _WINDOW + _OVER)
            for match in pattern.finditer(window):
                if match.start() >= _WINDOW:
                    continue
                if not left or not self._looks:
                    self.is_cut = True
                    return
                left, self._looks = left - 1, self._looks - 1
                yield base + match.start()
        self.is_cut = self.is_cut or blob.size > _MOST_BYTES


def _holds_archive(packed: Blob) -> bool:
    try:
        return bool(_ARCHIVE.match(opening(packed, 0, _OVER)))
    except Damaged:
        return False


def _archive(rest: Slice) -> tuple[Blob | None, int]:
    """The archives at the start if they hold a file, and how much was read; the rest of the kernel follows them."""
    try:
        tree = Cpio(rest)
        has_files = any(found.node and stat.S_ISREG(found.node.mode) for found in walk(tree, _ENTRIES))
    except Damaged:
        return None, 0
    return (Slice(rest, 0, tree.end) if has_files and tree.end else None), tree.end or tree.reached
