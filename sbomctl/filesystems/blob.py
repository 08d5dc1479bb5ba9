"""Blobs: a file of the host, a part of another blob, bytes in memory."""

from __future__ import annotations

import os

from sbomctl.filesystems.base import Blob, Damaged


class FileBlob:
    """An open file of the host; whoever opened it closes it."""

    __slots__ = ("_descriptor", "size")

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``."""
        if offset >= self.size:
            return b""
        try:
            return os.pread(self._descriptor, min(size, self.size - offset), offset)
        except OSError as error:
            raise Damaged(f"cannot be read at byte {offset:,}: {error.strerror}") from error

    def data_from(self, offset: int) -> int:
        """The first byte at or behind ``offset`` that the host stores; ``size`` when only a hole follows."""
        try:
            return os.lseek(self._descriptor, offset, os.SEEK_DATA)
        except OSError as error:  # ENXIO: nothing but a hole; else the host cannot tell
            return self.size if error.errno == 6 else offset


class Slice:
    """``size`` bytes of another blob from ``start``, fewer when that ends before."""

    __slots__ = ("_blob", "_start", "size")

    def __init__(self, blob: Blob, start: int, size: int) -> None:
        self._blob = blob
        self._start = start
        self.size = max(0, min(size, blob.size - start))

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``."""
        if offset >= self.size:
            return b""
        return self._blob.pread(self._start + offset, min(size, self.size - offset))

    def data_from(self, offset: int) -> int:
        """As of ``FileBlob``."""
        return first_data(self._blob, self._start + offset) - self._start


def first_data(blob: Blob, offset: int) -> int:
    """A place at or behind ``offset`` before which are only zeros, where that can be told without reading."""
    return blob.data_from(offset) if isinstance(blob, FileBlob | Slice) else offset


class Held:
    """Bytes in memory."""

    __slots__ = ("_data", "size")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``."""
        return self._data[offset : offset + size]


class Windows:
    """A blob read in aligned windows that are kept: for tables from which many small records are taken."""

    __slots__ = ("_blob", "_bytes", "_most", "_over", "_windows")

    def __init__(self, blob: Blob, window: int = 1 << 14, most: int = 512, over: int = 0) -> None:
        self._blob = blob
        self._over = over  # bytes of the next window that records may reach into
        self._bytes = window
        self._most = most
        self._windows: dict[int, bytes] = {}

    def record(self, offset: int, size: int) -> bytes:
        """``size`` bytes that cross a window by ``over`` at most; raises ``Damaged`` when the blob ends before."""
        window, start = self.place(offset, size)
        return window[start : start + size]

    def place(self, offset: int, size: int) -> tuple[bytes, int]:
        """The window with these bytes, and where in it they start; for those who read tens of thousands of them."""
        number, start = divmod(offset, self._bytes)
        window = self._windows.get(number)
        if window is None:
            if len(self._windows) >= self._most:
                self._windows.clear()
            window = self._windows[number] = self._blob.pread(number * self._bytes, self._bytes + self._over)
        if len(window) < start + size:
            raise Damaged(f"it points to byte {offset + size:,}, but ends at {self._blob.size:,}")
        return window, start
