"""cpio archives, and the initramfs that is made of them.

Linux documentation, "initramfs buffer format" (newc, crc); POSIX.1-1990 cpio (odc). An
initramfs is any number of archives, each plain or compressed, with zeros between them; of
two entries with one name the later is unpacked last.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from typing import NamedTuple

from sbomctl.filesystems._cpio_header import TRAILER, Header, read_header
from sbomctl.filesystems._spool import compression, decompressed
from sbomctl.filesystems.base import Blob, Damaged, Node, Reader, exactly

_MAGIC = (b"070701", b"070702", b"070707")
_MOST = 5_000_000  # entries
_GAP = 1 << 20  # bytes of zeros between two archives
_LINK_MAX = 1 << 16


def is_cpio(blob: Blob) -> bool:
    """Whether it starts with the magic number of an archive."""
    return blob.pread(0, 6) in _MAGIC


class _File(NamedTuple):
    mode: int
    links: int
    key: int


class Cpio:
    """All archives of an initramfs, later ones over earlier ones."""

    label = uuid = ""
    root = 0
    notes: tuple[str, ...] = ()

    def __init__(self, blob: Blob) -> None:
        self.faults: tuple[str, ...] = ()
        self._files: list[_File] = [_File(stat.S_IFDIR | 0o755, 1, 0)]
        self._names: dict[int, dict[bytes, int]] = {0: {}}
        self._content: dict[int, tuple[Blob, int, int]] = {}
        self._same: dict[tuple[int, int, int], int] = {}  # archive, device and inode of files with several names
        self._archives = 0
        self.end = 0  # behind the last archive that was read to its end
        self.reached = 0  # behind the last entry of those that are not compressed
        try:
            self._read(blob, may_be_compressed=True)
        except Damaged as error:
            self.faults = (str(error),)
        self.kind = "cpio" if self._archives < 2 else f"initramfs of {self._archives} cpio archives"
        if not self._archives:
            raise Damaged(self.faults[0] if self.faults else "there is no cpio archive")

    def _read(self, blob: Blob, *, may_be_compressed: bool) -> None:
        at = 0
        while (at := _next_data(blob, at)) < blob.size:
            head = blob.pread(at, 6)
            if head in _MAGIC:
                self._archives += 1
                at = self._archive(blob, at)
            elif may_be_compressed and compression(head):
                inner, at = decompressed(blob, at)
                self._read(inner, may_be_compressed=False)
            else:
                raise Damaged(f"what follows the archive at byte {at:,} is not read here")
            if may_be_compressed:
                self.end = at

    def _archive(self, blob: Blob, at: int) -> int:
        """Take in one archive; where it ends."""
        while True:
            header = read_header(blob, at)
            if header.name == TRAILER:
                return header.end
            self._add(blob, header)
            at = self.reached = header.end
            if len(self._files) > _MOST:
                raise Damaged(f"it has more than {_MOST:,} entries")

    def _add(self, blob: Blob, header: Header) -> None:
        parts = [part for part in header.name.split(b"/") if part not in (b"", b".")]
        if b".." in parts:
            raise Damaged(f"it holds the name {header.name!r}, which climbs out")
        if not parts:
            return
        parent = 0
        for part in parts[:-1]:
            parent = self._directory(parent, part)
        number = len(self._files)
        key = number
        if header.links > 1 and stat.S_ISREG(header.mode):
            key = self._same.setdefault((self._archives, header.device, header.inode), number)
        if header.size or key not in self._content:
            self._content[key] = (blob, header.start, header.size)
        before = self._names[parent].get(parts[-1])
        if stat.S_ISDIR(header.mode):
            if before in self._names:  # it keeps what is in it
                self._files[before] = _File(header.mode, 1, before)
                return
            self._names[number] = {}
        self._files.append(_File(header.mode, header.links, key))
        self._names[parent][parts[-1]] = number

    def _directory(self, parent: int, name: bytes) -> int:
        """The directory of that name, made where an archive leaves it out."""
        number = self._names[parent].get(name)
        if number not in self._names:
            number = self._names[parent][name] = len(self._files)
            self._files.append(_File(stat.S_IFDIR | 0o755, 1, number))
            self._names[number] = {}
        return number

    def node(self, ref: int) -> CpioNode:
        """The entry of that number."""
        file = self._files[ref]
        if stat.S_ISDIR(file.mode):
            return CpioNode(file, 0, None, self._names[ref])
        blob, start, size = self._content[file.key]
        return CpioNode(file, size, (blob, start), {})


def _next_data(blob: Blob, at: int) -> int:
    """The first byte from ``at`` on that is not zero."""
    end = at + _GAP
    while at < min(blob.size, end):
        piece = blob.pread(at, 4096)
        rest = piece.lstrip(b"\0")
        if rest:
            return at + len(piece) - len(rest)
        at += len(piece) or 4096
    return blob.size


class CpioNode(Node):
    """One entry."""

    __slots__ = ("_names", "_place")

    def __init__(self, file: _File, size: int, place: tuple[Blob, int] | None, names: dict[bytes, int]) -> None:
        super().__init__(file.key, file.mode, size, file.links)
        self._place = place
        self._names = names

    def names(self) -> Iterator[tuple[bytes, int]]:
        """See ``Node``."""
        return iter(self._names.items())

    def target(self) -> bytes:
        """See ``Node``."""
        if self.size > _LINK_MAX:
            raise Damaged(f"it is a symbolic link of {self.size:,} bytes")
        return self.pread(0, self.size)

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``."""
        if self._place is None or offset >= self.size:
            return b""
        blob, start = self._place
        return exactly(blob, start + offset, min(size, self.size - offset))


CPIO = Reader("cpio", "cpio (newc, crc, odc), initramfs of several archives, compressed or not", is_cpio, Cpio)
