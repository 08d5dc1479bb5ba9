"""qcow2 disks of QEMU, of one file each (QEMU, docs/interop/qcow2). Numbers are big-endian."""

from __future__ import annotations

import struct
import zlib
from collections import OrderedDict

from sbomctl.filesystems._codecs import decoder
from sbomctl.filesystems.base import Blob, Damaged, Unreadable, exactly

_MAGIC = b"QFI\xfb"
_DIRTY, _CORRUPT, _COMPRESSION = 1, 2, 8
_OFFSET = 0x00FFFFFFFFFFFE00
_COMPRESSED, _ZERO = 1 << 62, 1
_MOST_L1 = 32 << 20  # bytes; QEMU's own bound
_KEPT = 64  # clusters and tables of each kind


def is_qcow2(blob: Blob) -> bool:
    """Whether it starts with the magic number."""
    return blob.pread(0, 4) == _MAGIC


class Qcow2:
    """The active state of the disk; its snapshots are not looked at."""

    def __init__(self, blob: Blob) -> None:
        head = exactly(blob, 0, 72)
        _, version, backing, _, bits, self.size, crypt, entries, table = struct.unpack_from(">4sIQIIQIIQ", head)
        features, compression = 0, 0
        if version == 3:
            (features,) = struct.unpack(">Q", exactly(blob, 72, 8))
            compression = exactly(blob, 104, 1)[0] if features & _COMPRESSION else 0
        _refuse(version, backing, crypt, features, compression)
        if not 9 <= bits <= 21 or entries * 8 > _MOST_L1:
            raise Damaged("the header of the qcow2 contradicts itself")
        self._blob, self._bits, self._cluster = blob, bits, 1 << bits
        self._l1 = struct.unpack(f">{entries}Q", exactly(blob, table, entries * 8))
        self._decode = decoder("zstd") if compression else _inflate
        self._tables: OrderedDict[int, bytes] = OrderedDict()
        self._clusters: OrderedDict[int, bytes] = OrderedDict()

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``; what was never written is zero."""
        end = min(offset + size, self.size)
        parts = []
        while offset < end:
            number, start = offset >> self._bits, offset & self._cluster - 1
            part = self._part(self._entry(number), start, min(end - offset, self._cluster - start))
            parts.append(part)
            offset += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _entry(self, number: int) -> int:
        """What the tables say of a cluster; 0 = nothing."""
        first, second = number >> self._bits - 3, number & (self._cluster >> 3) - 1
        place = self._l1[first] & _OFFSET if first < len(self._l1) else 0
        if not place:
            return 0
        table = self._tables.get(place)
        if table is None:
            table = _keep(self._tables, place, exactly(self._blob, place, self._cluster))
        return int(struct.unpack_from(">Q", table, second * 8)[0])

    def _part(self, entry: int, start: int, count: int) -> bytes:
        if entry & _COMPRESSED:
            data = self._clusters.get(entry)
            if data is None:
                data = _keep(self._clusters, entry, self._decompressed(entry))
            return data[start : start + count]
        place = entry & _OFFSET
        if not place or entry & _ZERO:
            return bytes(count)
        return exactly(self._blob, place + start, count)

    def _decompressed(self, entry: int) -> bytes:
        """A compressed cluster: its place in the lower bits, above them how many more sectors it reaches into."""
        split = 62 - (self._bits - 8)
        place = entry & (1 << split) - 1
        sectors = (entry & _COMPRESSED - 1) >> split
        stored = self._blob.pread(place, (sectors + 1) * 512 - place % 512)
        data = self._decode(stored, self._cluster)
        if len(data) != self._cluster:
            raise Damaged("a compressed cluster of the qcow2 is damaged")
        return data


def _refuse(version: int, backing: int, crypt: int, features: int, compression: int) -> None:
    if version not in (2, 3):
        raise Unreadable(f"this is version {version} of qcow2")
    if backing:
        raise Unreadable("this qcow2 holds only what differs from another file; convert it: qemu-img convert -O raw")
    if crypt:
        raise Unreadable("this qcow2 is encrypted")
    if features & ~(_DIRTY | _COMPRESSION) or compression > 1:
        raise Unreadable("this qcow2 has features that are not read here; convert it: qemu-img convert -O raw")


def _inflate(data: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj(-15).decompress(data, most)
    except zlib.error as error:
        raise Damaged(f"a compressed cluster of the qcow2 is damaged ({error})") from error


def _keep(kept: OrderedDict[int, bytes], key: int, data: bytes) -> bytes:
    kept[key] = data
    if len(kept) > _KEPT:
        kept.popitem(last=False)
    return data
