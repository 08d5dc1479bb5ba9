"""``Packages.db``: the ndb form of the rpm database (SUSE; rpm 4.14 and later).

Little-endian throughout. The file starts with whole 4096-byte pages of 16-byte slots; the
first two slots are the header. A slot names a package number and a run of 16-byte blocks
that hold one blob: a 16-byte head, the rpm header, padding, and a 12-byte tail with the
Adler-32 of all before it (rpm documentation, db formats; layout checked on real files).
"""

from __future__ import annotations

import struct
import zlib

from sbomctl.catalogers._rpm_database import Contents, summary

_HEADER = struct.Struct("<4sIII")  # magic, version, generation, pages of slots
_SLOT = struct.Struct("<4sIII")  # magic, package number (0 = free), first block, number of blocks
_HEAD = struct.Struct("<4sIII")  # magic, package number, generation, length of the rpm header
_TAIL = struct.Struct("<II4s")  # checksum, length, magic
_BLOCK = 16
_PAGE = 4096


def read_ndb(data: bytes) -> Contents:
    """Every header blob, by package number."""
    if len(data) < _PAGE or not data.startswith(b"RpmP"):
        return Contents(faults=("it is no ndb database: bad magic or shorter than one page",))
    _, version, _, pages = _HEADER.unpack_from(data)
    if version != 0 or not 0 < pages * _PAGE <= len(data):
        return Contents(faults=(f"unknown version {version} or {pages} slot pages in {len(data)} bytes",))
    found: dict[int, bytes] = {}
    faults: list[str] = []
    budget = len(data)  # no two slots share blocks, so together they are never longer than the file
    for magic, number, block, blocks in _SLOT.iter_unpack(data[2 * _SLOT.size : pages * _PAGE]):
        if magic != b"Slot":
            faults.append("slot with bad magic")
        elif number:
            budget -= blocks * _BLOCK
            blob = _blob(data, number, block * _BLOCK, blocks * _BLOCK) if budget >= 0 else "overlaps others"
            if isinstance(blob, str):
                faults.append(f"package {number} {blob}")
            else:
                found[number] = blob
    return Contents(tuple(found[number] for number in sorted(found)), summary(faults, "slot"))


def _blob(data: bytes, number: int, start: int, size: int) -> bytes | str:
    """The rpm header in the blocks at ``start``; a text that says what is wrong with them."""
    end = start + size
    if end > len(data) or size < _HEAD.size + _TAIL.size:
        return f"lies outside of the file (bytes {start} to {end} of {len(data)})"
    magic, stored_number, _, length = _HEAD.unpack_from(data, start)
    checksum, tail_length, tail_magic = _TAIL.unpack_from(data, end - _TAIL.size)
    if (magic, tail_magic) != (b"BlbS", b"BlbE") or stored_number != number:
        return "has a damaged frame"
    if length != tail_length or length > size - _HEAD.size - _TAIL.size:
        return f"has an impossible length ({length} in {size} bytes)"
    if zlib.adler32(data[start : end - _TAIL.size]) != checksum:
        return "fails its checksum"
    return data[start + _HEAD.size : start + _HEAD.size + length]
