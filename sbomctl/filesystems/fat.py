"""FAT12, FAT16 and FAT32 with long names.

Microsoft, "FAT: General Overview of On-Disk Format" 1.03 (fatgen103); the lower-case bits
are those that Windows NT writes.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Iterator

from sbomctl.filesystems._fat_names import Names
from sbomctl.filesystems.base import Blob, Damaged, Node, Reader, exactly
from sbomctl.filesystems.blob import Windows

_PARAMETERS = struct.Struct("<HBHBHHBH").unpack_from
_ENTRY = 32
_MOST_DIRECTORY = 1 << 21  # bytes: FAT allows 65,536 entries
_DIRECTORY, _MODE = 0x10, 0o755  # as Linux shows them: FAT has no permissions
_SECTORS = (512, 1024, 2048, 4096)


def is_fat(blob: Blob) -> bool:
    """Whether it starts with a boot sector whose parameters make sense; the signature alone is that of an MBR too."""
    head = blob.pread(0, 512)
    if len(head) < 512 or head[510:] != b"\x55\xaa" or head[0] not in (0xEB, 0xE9):
        return False
    sector, cluster, reserved, tables, *_, media, _ = _PARAMETERS(head, 11)
    return (
        sector in _SECTORS
        and bool(cluster and reserved)
        and not cluster & cluster - 1
        and tables in (1, 2)
        and media >= 0xF0
    )


class Fat:
    """A FAT file system; names as bytes of UTF-8, all permissions as Linux shows them by default."""

    root = 0
    notes: tuple[str, ...] = ()

    def __init__(self, blob: Blob) -> None:
        head = exactly(blob, 0, 512)
        sector, cluster, reserved, tables, roots, small, _, short = _PARAMETERS(head, 11)
        large, long = struct.unpack_from("<II", head, 32)
        if sector not in _SECTORS or not cluster:
            raise Damaged("its boot sector contradicts itself")
        sectors, table = small or large, short or long
        data = reserved + tables * table + -(-roots * _ENTRY // sector)
        self.clusters = (sectors - data) // cluster
        if self.clusters <= 0:
            raise Damaged("its boot sector leaves no room for data")
        self.bits = 12 if self.clusters < 4085 else 16 if self.clusters < 65525 else 32
        extended = 71 if self.bits == 32 else 43
        self.kind = f"FAT{self.bits}"
        self.label = head[extended : extended + 11].decode("cp437").rstrip(" \0").replace("NO NAME", "")
        serial = struct.unpack_from("<I", head, extended - 4)[0]
        self.uuid = f"{serial >> 16:04X}-{serial & 0xFFFF:04X}"
        claimed = sectors * sector
        self.faults: tuple[str, ...] = ()
        if claimed > blob.size:
            self.faults = (f"it is cut off: {blob.size:,} bytes of {claimed:,} are here",)
        self.blob, self.cluster_bytes, self._data = blob, cluster * sector, data * sector
        self._table = reserved * sector
        self._windows = Windows(blob)
        self._fixed = ((reserved + tables * table) * sector, roots * _ENTRY)  # the root directory, but of FAT32
        self._root_cluster = struct.unpack_from("<I", head, 44)[0] if self.bits == 32 else 0

    def node(self, ref: int) -> FatNode:
        """The file whose directory entry is at a place of the blob; 0 is the root."""
        if not ref:
            return FatNode(self, self._root_cluster, stat.S_IFDIR | _MODE, 0)
        entry = exactly(self.blob, ref, _ENTRY)
        low, high = struct.unpack_from("<H", entry, 26)[0], struct.unpack_from("<H", entry, 20)[0]
        cluster = low | (high << 16 if self.bits == 32 else 0)
        if entry[11] & _DIRECTORY:
            return FatNode(self, cluster, stat.S_IFDIR | _MODE, 0)
        return FatNode(self, cluster, stat.S_IFREG | _MODE, struct.unpack_from("<I", entry, 28)[0])

    def runs(self, cluster: int, size: int) -> list[tuple[int, int]]:
        """Offset and length of the pieces of a chain, up to ``size`` bytes; raises ``Damaged``."""
        if not cluster and self.bits != 32:
            return [self._fixed]
        found: list[tuple[int, int]] = []
        left = min(self.clusters, -(-size // self.cluster_bytes))
        while left > 0 and 2 <= cluster < self.clusters + 2:
            offset = self._data + (cluster - 2) * self.cluster_bytes
            if found and sum(found[-1]) == offset:
                found[-1] = (found[-1][0], found[-1][1] + self.cluster_bytes)
            else:
                found.append((offset, self.cluster_bytes))
            left -= 1
            cluster = self._next(cluster)
        return found

    def _next(self, cluster: int) -> int:
        if self.bits == 12:
            place = self._table + cluster * 3 // 2
            pair = self._windows.record(place, 1) + self._windows.record(place + 1, 1)
            value = int.from_bytes(pair, "little")
            return value >> 4 if cluster & 1 else value & 0xFFF
        width = self.bits // 8
        return int.from_bytes(self._windows.record(self._table + cluster * width, width), "little") & 0xFFFFFFF


class FatNode(Node):
    """One file or directory; its key is its first cluster."""

    __slots__ = ("_runs", "_tree")

    def __init__(self, tree: Fat, cluster: int, mode: int, size: int) -> None:
        super().__init__(cluster, mode, size)
        self._tree = tree
        self._runs: list[tuple[int, int]] | None = None

    def names(self) -> Iterator[tuple[bytes, int]]:
        """See ``Node``."""
        names = Names()
        for offset, length in self._tree.runs(self.key, _MOST_DIRECTORY):
            block = exactly(self._tree.blob, offset, length)
            for at in range(0, length, _ENTRY):
                entry = block[at : at + _ENTRY]
                if not entry[0]:
                    return
                name = names.add(entry)
                if name and name not in (b".", b".."):
                    yield name, offset + at

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``."""
        if self._runs is None:
            self._runs = self._tree.runs(self.key, self.size) if self.key else []
        if sum(length for _, length in self._runs) < self.size:
            raise Damaged("its chain of clusters ends early")
        end, start = min(offset + size, self.size), 0
        parts = []
        for place, length in self._runs:
            if start + length > offset < end:
                piece = min(end, start + length) - offset
                parts.append(exactly(self._tree.blob, place + offset - start, piece))
                offset += piece
            start += length
        return b"".join(parts)


FAT = Reader("fat", "FAT12, FAT16, FAT32 with long names", is_fat, Fat)
