"""Partition tables: GPT, and MBR with logical partitions.

UEFI Specification 2.10, sections 5.2 (MBR) and 5.3 (GPT). A file system that starts where a
table would be is told first: a FAT boot sector ends like an MBR.
"""

from __future__ import annotations

import struct
import uuid
import zlib
from collections.abc import Iterable, Iterator

import msgspec

from sbomctl.filesystems._partition_types import GPT_TYPES, MBR_TYPES
from sbomctl.filesystems.base import Blob, Damaged, exactly

_SECTORS = (512, 4096)
_SIGNATURE = b"EFI PART"
_EXTENDED = (0x05, 0x0F, 0x85)
_PROTECTIVE = 0xEE
_MOST_LOGICAL = 128
_MOST_ENTRIES = 1 << 20  # bytes of the table of a GPT


class Partition(msgspec.Struct, frozen=True):
    """One entry of a table."""

    number: int  # as Linux counts
    start: int  # bytes
    size: int  # bytes
    type: str  # what the table says it is for, in words where they are known
    name: str = ""  # GPT only
    uuid: str = ""  # PARTUUID, as /etc/fstab writes it


class Table(msgspec.Struct, frozen=True):
    """A partition table; ``faults`` are what is wrong with it, all the same it is used."""

    kind: str  # GPT or MBR
    partitions: tuple[Partition, ...]
    faults: tuple[str, ...] = ()
    taken: tuple[tuple[int, int], ...] = ()  # (first, behind the last) bytes of what the table itself fills


def partition_table(blob: Blob) -> Table | None:
    """The table of a disk, None where there is none; raises ``Damaged`` when there was one."""
    gpt = _gpt(blob)
    found = gpt or _mbr(blob)
    if found is None:
        return None
    faults = (*found.faults, *_contradictions(found.partitions, blob.size))
    return msgspec.structs.replace(found, faults=faults)


def _contradictions(partitions: Iterable[Partition], size: int) -> Iterator[str]:
    before: Partition | None = None
    for one in sorted(partitions, key=lambda each: (each.start, each.size)):
        if before is not None and one.start < before.start + before.size:
            yield f"partitions {before.number} and {one.number} overlap"
        if one.start + one.size > size:
            yield f"partition {one.number} ends at byte {one.start + one.size:,}, the image at {size:,}"
        before = one


def _gpt(blob: Blob) -> Table | None:
    """The table from its first copy, else from the one at the end."""
    problem = ""
    for sector in _SECTORS:
        for place, copy in ((sector, "the first"), (blob.size - sector, "the second")):
            if place < sector or blob.pread(place, 8) != _SIGNATURE:
                continue
            try:
                partitions = _gpt_entries(blob, place, sector)
            except Damaged as error:
                problem = problem or f"{copy} copy of the GPT is damaged ({error})"
                continue
            if copy == "the second":
                problem = f"{problem or 'the first copy of the GPT is missing'}; the second one was used"
            return Table("GPT", tuple(partitions), (problem,) if problem else (), _gpt_taken(blob, sector))
    if problem:
        raise Damaged(problem)
    return None


def _gpt_taken(blob: Blob, sector: int) -> tuple[tuple[int, int], ...]:
    """Both copies, where they say that they are, and the protective MBR."""
    found = [(0, 2 * sector), (blob.size - sector, blob.size)]
    for place in (sector, blob.size - sector):
        head = blob.pread(place, 92)
        if head.startswith(_SIGNATURE) and len(head) == 92:
            block, count, size = struct.unpack_from("<QII", head, 72)
            found.append((block * sector, block * sector + min(count * size, _MOST_ENTRIES)))
    return tuple(found)


def _gpt_entries(blob: Blob, place: int, sector: int) -> list[Partition]:
    head = exactly(blob, place, 92)
    length, checksum = struct.unpack_from("<II", head, 12)
    block, count, size, table_sum = struct.unpack_from("<QIII", head, 72)
    whole = exactly(blob, place, min(length, sector))
    if length < 92 or zlib.crc32(whole[:16] + bytes(4) + whole[20:]) != checksum:
        raise Damaged("the checksum of its header is wrong")
    if size < 128 or count * size > _MOST_ENTRIES:
        raise Damaged(f"it claims {count} entries of {size} bytes")
    table = exactly(blob, block * sector, count * size)
    if zlib.crc32(table) != table_sum:
        raise Damaged("the checksum of its entries is wrong")
    entries = (table[at : at + 128] for at in range(0, len(table), size))
    return [_gpt_entry(entry, number, sector) for number, entry in enumerate(entries, 1) if any(entry[:16])]


def _gpt_entry(entry: bytes, number: int, sector: int) -> Partition:
    kind = str(uuid.UUID(bytes_le=entry[:16]))
    first, last = struct.unpack_from("<QQ", entry, 32)
    name = entry[56:128].decode("utf-16-le", "replace").partition("\0")[0]
    identity = str(uuid.UUID(bytes_le=entry[16:32]))
    size = max(0, last - first + 1) * sector
    return Partition(number, first * sector, size, GPT_TYPES.get(kind, f"type {kind}"), name, identity)


def _mbr(blob: Blob) -> Table | None:
    head = blob.pread(0, 512)
    if len(head) < 512 or head[510:] != b"\x55\xaa":
        return None
    entries = [_mbr_entry(head, index) for index in range(4)]
    if any(entry[0] not in (0, 0x80) for entry in entries) or not any(entry[3] for entry in entries):
        return None
    if any(entry[1] == _PROTECTIVE for entry in entries):
        raise Damaged("the MBR says that there is a GPT, but both copies of it are missing")
    (disk,) = struct.unpack_from("<I", head, 440)
    found: list[Partition] = []
    faults: list[str] = []
    taken = [(0, 512)]
    for number, (_, kind, start, count) in enumerate(entries, 1):
        if kind in _EXTENDED and count:
            logical, fault = _logical(blob, start, disk, taken)
            found += logical
            faults += [fault] if fault else []
        elif count and kind:
            found.append(_mbr_partition(number, kind, start, count, disk))
    return Table("MBR", tuple(sorted(found, key=lambda one: one.number)), tuple(faults), tuple(taken))


def _mbr_entry(sector: bytes, index: int) -> tuple[int, int, int, int]:
    """Active flag, type, first sector and number of sectors."""
    active, kind, start, count = struct.unpack_from("<B3xB3xII", sector, 446 + 16 * index)
    return active, kind, start, count


def _mbr_partition(number: int, kind: int, start: int, count: int, disk: int) -> Partition:
    words = MBR_TYPES.get(kind, f"type 0x{kind:02x}")
    return Partition(number, start * 512, count * 512, words, uuid=f"{disk:08x}-{number:02x}")


def _logical(blob: Blob, base: int, disk: int, taken: list[tuple[int, int]]) -> tuple[list[Partition], str]:
    """The chain of tables in an extended partition; each names one partition and the next table."""
    found: list[Partition] = []
    seen: set[int] = set()
    place = base
    while place not in seen and len(found) < _MOST_LOGICAL:
        seen.add(place)
        sector = blob.pread(place * 512, 512)
        if len(sector) < 512 or sector[510:] != b"\x55\xaa":
            return found, "the chain of logical partitions is broken"
        taken.append((place * 512, place * 512 + 512))
        _, kind, start, count = _mbr_entry(sector, 0)
        if count and kind:
            found.append(_mbr_partition(5 + len(found), kind, place + start, count, disk))
        _, _, following, more = _mbr_entry(sector, 1)
        if not more:
            return found, ""
        place = base + following
    return found, "the chain of logical partitions leads back to itself"
