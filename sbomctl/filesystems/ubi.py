"""UBI images: volumes on raw flash, as ubinize makes them and as they are dumped from a device.

From the UBI design document of the MTD project ("UBI headers", "UBI volume table"). Numbers
are big-endian. Every physical erase block says which logical block of which volume it holds;
of two that say the same the one written later counts, unless copying it was interrupted.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import NamedTuple

from sbomctl.filesystems._flash import BLANK, checksum, first_written
from sbomctl.filesystems.base import Blob, Damaged, Unreadable, exactly
from sbomctl.filesystems.partitions import Partition, Table

_EC = struct.Struct(">4sB3x8xIII32xI")  # magic, version, VID header at, data at, image sequence, CRC
_VID = struct.Struct(">4sBBBxII4xI4x4xI4xQ12xI")  # magic, version, type, copied, volume, LEB, bytes, CRC, number, CRC
_RECORD = struct.Struct(">III2xH128sB23xI")  # PEBs, alignment, padding, name, flags, CRC
_MOST_VOLUMES = 128
_TABLE = 0x7FFFEFFF  # the volume that holds the table of the others; those above are internal too
_UPDATING = 13  # the byte of a record that is set while its volume is written
_STEP = 512  # no flash has smaller units
_LEAST = 4096  # bytes of an erase block
_LOOK = 64 << 20  # bytes in which a second erase block must start
_MOST_BLOCKS = 1 << 20  # of one volume


class _Block(NamedTuple):
    """An erase block in use."""

    place: int  # of its data
    number: int  # the later it was written, the larger
    copied: bool
    size: int  # bytes that the checksum covers
    checksum: int


class _Record(NamedTuple):
    """What the table says of a volume."""

    number: int
    name: str
    blocks: int  # reserved
    padding: int  # bytes at the end of each block that are not used
    is_incomplete: bool


class Volume:
    """The logical blocks of one volume in their order; what was never written is 0xFF, as on flash."""

    def __init__(self, blob: Blob, blocks: dict[int, int], block_bytes: int, count: int) -> None:
        self._blob = blob
        self._blocks = blocks  # where each is
        self.block_bytes = block_bytes
        self.size = block_bytes * count

    def mapped(self) -> Iterator[int]:
        """The numbers of the blocks that were written, in order."""
        return iter(sorted(self._blocks))

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``."""
        if offset >= self.size:
            return b""
        whole = self.block_bytes
        number, start = divmod(offset, whole)
        if start + size <= whole and number in self._blocks:  # nearly always
            return self._blob.pread(self._blocks[number] + start, size)
        end = min(offset + size, self.size)
        parts = []
        while offset < end:
            number, start = divmod(offset, whole)
            count = min(end - offset, whole - start)
            place = self._blocks.get(number)
            parts.append(BLANK * count if place is None else exactly(self._blob, place + start, count))
            offset += count
        return b"".join(parts)


def is_ubi(blob: Blob) -> bool:
    """Whether the first erase block that is not blank starts with a header of UBI."""
    return blob.pread(first_written(blob), 4) == b"UBI#"


def volumes(blob: Blob) -> tuple[Table, tuple[Volume, ...]]:
    """The volumes as partitions, and what is in each; raises ``Damaged``."""
    size, header, data = _geometry(blob)
    blocks: dict[int, dict[int, _Block]] = {}
    faults: list[str] = []
    bad = [place for place in range(0, blob.size, size) if not _take(blob, place, (header, data), blocks)]
    if bad:
        faults.append(f"damaged erase blocks: {len(bad)}, the first at byte {bad[0]:,}")
    found = []
    for record in _records(blob, blocks.pop(_TABLE, {}), (size - data) // _RECORD.size):
        here = {leb: one.place for leb, one in blocks.pop(record.number, {}).items() if leb < record.blocks}
        volume = Volume(blob, here, max(0, size - data - record.padding), max(here, default=-1) + 1)
        found.append((Partition(record.number, 0, volume.size, "UBI volume", record.name), volume))
        if record.is_incomplete:
            faults.append(f"volume {record.number} was not completely written")
    if not found:
        faults.append("it names no volume")
    lost = sorted(number for number in blocks if number < _TABLE)
    if lost:
        faults.append(f"its table does not name volume {lost[0]}, of which there are blocks")
    return Table("UBI", tuple(each for each, _ in found), tuple(faults)), tuple(volume for _, volume in found)


def _geometry(blob: Blob) -> tuple[int, int, int]:
    """Bytes of an erase block, and where its second header and its data are."""
    start = first_written(blob)
    first = _erase_header(blob, start)
    if first is None:
        raise Damaged("the first header of the UBI image is damaged")
    size = math.gcd(start, *_starts(blob, start, first)) or blob.size
    _, header, data, _ = first
    if not _EC.size <= header < data < size or not _LEAST <= size <= _LOOK:
        raise Damaged("the first header of the UBI image contradicts itself")
    return size, header, data


def _starts(blob: Blob, start: int, first: tuple[int, ...]) -> Iterator[int]:
    """Where further erase blocks start: one may be blank, so the first distance need not be their size."""
    for base in range(start, min(blob.size, start + _LOOK), 1 << 20):
        window = blob.pread(base, 1 << 20)
        at = window.find(b"UBI#")
        while at >= 0:
            place = base + at
            if place > start and not place % _STEP and _erase_header(blob, place) == first:
                yield place
            at = window.find(b"UBI#", at + 4)


def _erase_header(blob: Blob, place: int) -> tuple[int, ...] | None:
    """Version, place of the other header, of the data, and image sequence; None where it is no such header."""
    head = blob.pread(place, _EC.size)
    if len(head) < _EC.size or checksum(head[:-4]) != _EC.unpack(head)[-1]:
        return None
    magic, version, header, data, sequence, _ = _EC.unpack(head)
    if magic != b"UBI#":
        return None
    if version != 1:
        raise Unreadable(f"this is version {version} of UBI")
    return version, header, data, sequence


def _take(blob: Blob, place: int, ways: tuple[int, int], blocks: dict[int, dict[int, _Block]]) -> bool:
    """Take in what an erase block holds; False when it is neither in use nor free."""
    header, data = ways
    head = blob.pread(place, header + _VID.size)
    vid = head[header:]
    if not head.strip(BLANK) or not head.strip(b"\0"):  # free; bad blocks are often dumped as zeros
        return True
    if head.startswith(b"UBI#") and not vid.strip(BLANK):  # free, with a count of erasures
        return True
    if len(vid) < _VID.size or checksum(vid[:-4]) != _VID.unpack(vid)[-1] or not vid.startswith(b"UBI!"):
        return False
    _, _, _, copied, volume, number, size, crc, sequence, _ = _VID.unpack(vid)
    new = _Block(place + data, sequence, bool(copied), size, crc)
    kept = blocks.setdefault(volume, {})
    old = kept.get(number)
    if old is not None:
        older, newer = (old, new) if old.number <= new.number else (new, old)
        new = older if newer.copied and _is_broken(blob, newer) else newer
    kept[number] = new
    return True


def _is_broken(blob: Blob, block: _Block) -> bool:
    """Whether a copy was not finished, so that the original counts ("wear-leveling, unclean reboots")."""
    return block.size > _LOOK or checksum(blob.pread(block.place, block.size)) != block.checksum


def _records(blob: Blob, table: dict[int, _Block], count: int) -> Iterator[_Record]:
    """The volumes by number; the table has two copies."""
    for number in range(min(count, _MOST_VOLUMES)):
        copies = [blob.pread(block.place + number * _RECORD.size, _RECORD.size) for _, block in sorted(table.items())]
        good = [one for one in copies if len(one) == _RECORD.size and checksum(one[:-4]) == _RECORD.unpack(one)[-1]]
        if not good:
            raise Damaged("the volume table of the UBI image is missing or damaged")
        blocks, _, padding, length, name, _, _ = _RECORD.unpack(good[0])
        if blocks:
            text = name[: min(length, 128)].decode("utf-8", "replace")
            yield _Record(number, text, min(blocks, _MOST_BLOCKS), padding, bool(good[0][_UPDATING]))
