"""Tar header blocks and the extension headers that refine the entry after them.

POSIX.1-2017 pax(1) "ustar" and "pax Header Block"; GNU tar manual, "Standard" and "Basic Tar Format".
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Protocol

import msgspec

from sbomctl.errors import CorruptInput

BLOCK = 512
_ZERO = bytes(BLOCK)
_EXTENSION_BYTES = 16 << 20  # one long name or pax header
# name, mode, size, checksum, type, link, magic, prefix; owner, time and device numbers are passed over
_FIELDS = struct.Struct("100s8s16x12s12x8s1s100s6s82x155s12x").unpack
_EXTENSIONS = frozenset((b"x", b"X", b"g", b"L", b"K"))
_HEADER_ONLY = frozenset((b"1", b"2", b"3", b"4", b"5", b"6"))  # whatever their size says, no content follows
_SPARSE = frozenset(f"GNU.sparse.{name}" for name in ("major", "minor", "name", "size", "realsize", "map"))
_USED = frozenset(("path", "linkpath", "size")) | _SPARSE  # of pax records; all others are passed over


_ATTRIBUTE = "SCHILY.xattr."  # as GNU tar, star and bsdtar write extended attributes
_OVERLAY = (f"{_ATTRIBUTE}trusted.overlay.", f"{_ATTRIBUTE}user.overlay.")  # those that say what a file hides
NO_RECORDS: Mapping[str, bytes] = MappingProxyType({})


class Header(msgspec.Struct, frozen=True, gc=False):
    """One entry: ``name`` and ``link`` as stored, ``size`` the bytes stored behind it."""

    name: bytes
    link: bytes
    mode: int
    size: int
    type: bytes
    block: bytes
    sparse: Mapping[str, bytes] = NO_RECORDS  # pax records GNU.sparse.*, without that prefix
    attributes: Mapping[str, bytes] = NO_RECORDS  # extended attributes of overlays, by their full names


class Bytes(Protocol):
    """Where header blocks are taken from."""

    def take(self, count: int) -> bytes:
        """``count`` bytes; fewer only at the end."""
        ...


def headers(source: Bytes, archive: str, *, must_end: bool = False) -> Iterator[Header]:
    """Every entry's header, long names and pax records applied, until the end mark.

    The caller passes over the content between two headers. ``must_end`` is for archives that no
    digest proves to be whole: one without the end mark that POSIX demands may be truncated. Global pax headers are not
    applied: container engines do not, and what they could say of every entry alike is
    nothing that is used here. Raises ``CorruptInput``.
    """
    own: dict[str, bytes] = {}
    while (block := source.take(BLOCK)) != _ZERO:
        if not block:
            if must_end:
                raise CorruptInput(f"{archive}: the archive ends without the end mark of a tar", _UNENDED)
            return
        header = _parse(block, archive)
        if header.type in _EXTENSIONS:
            own |= _extended(source, header, archive)
        elif own:
            yield _refined(header, own, archive)
            own = {}
        else:
            yield header
    if source.take(BLOCK) not in (_ZERO, b""):
        raise CorruptInput(f"{archive}: a block of zeros, then more: container engines refuse such an archive", _REMEDY)


def _parse(block: bytes, archive: str) -> Header:
    if len(block) < BLOCK:
        raise CorruptInput(f"{archive}: the archive ends in the middle of a header", _REMEDY)
    stored_name, stored_mode, stored_size, checksum, kind, link, magic, prefix = _FIELDS(block)
    if ((zlib.adler32(block) & 0xFFFF) - _expected(checksum)) % 65521 and not _is_signed_sum(block, checksum):
        raise CorruptInput(f"{archive}: not a tar archive, or damaged (header checksum)", _REMEDY)
    name = stored_name.partition(b"\0")[0]
    if magic == b"ustar\0" and prefix[0]:
        name = prefix.partition(b"\0")[0] + b"/" + name
    if kind == b"\0":
        kind = b"5" if name.endswith(b"/") else b"0"  # before POSIX a slash marked directories
    size = 0 if kind in _HEADER_ONLY else _value(stored_size)
    mode = _value(stored_mode)
    if size < 0 or mode < 0:
        raise _unusable(min(size, mode), archive)
    return Header(name, link.partition(b"\0")[0] if link[0] else b"", mode & 0o7777, size, kind, block)


_REMEDY = "the file is truncated or damaged; write or download it again"
_UNENDED = "it is truncated; get it again, or append 1024 zero bytes if its writer leaves the mark out"
_MALFORMED, _IMPOSSIBLE = -1, -2


@lru_cache(1 << 14)
def _expected(stored: bytes) -> int:
    """What Adler-32's low half, a byte sum modulo 65521 at the speed of C, is for the block with this checksum.

    The checksum's own field counts as blanks.
    """
    number = -1 if stored[0] & 0x80 else _value(stored)
    return number - len(stored) * 0x20 + (zlib.adler32(stored) & 0xFFFF)


def _is_signed_sum(block: bytes, stored: bytes) -> bool:
    """Whether the checksum is one of signed characters, as some old systems summed them."""
    signed = sum(byte - 256 if byte > 127 else byte for byte in block[:148] + block[156:]) + len(stored) * 0x20
    return not stored[0] & 0x80 and signed == _value(stored)


def _unusable(value: int, archive: str) -> CorruptInput:
    what = "states an impossible size" if value == _IMPOSSIBLE else "holds a malformed number"
    return CorruptInput(f"{archive}: a header {what}", _REMEDY)


@lru_cache(1 << 14)  # modes, small sizes and checksums come again and again
def _value(field: bytes) -> int:
    """An octal field, or GNU's base-256 for what does not fit."""
    if field[0] & 0x80:
        value = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
        return _IMPOSSIBLE if field[0] & 0x40 or value >> 63 else value
    digits = field.partition(b"\0")[0].strip()
    if not digits.isdigit():  # int() would take signs, prefixes and underscores
        return _MALFORMED if digits else 0
    try:
        return int(digits, 8)
    except ValueError:
        return _MALFORMED


def _extended(source: Bytes, header: Header, archive: str) -> dict[str, bytes]:
    """What an extension header says of the entry after it."""
    data = _extension(source, header, archive)
    if header.type in (b"x", b"X"):
        return _pax_records(data, archive)
    if header.type == b"g":
        _pax_records(data, archive)
        return {}
    return {"path" if header.type == b"L" else "linkpath": data.partition(b"\0")[0]}


def _extension(source: Bytes, header: Header, archive: str) -> bytes:
    if header.size > _EXTENSION_BYTES:
        raise CorruptInput(f"{archive}: an extension header of {header.size:,} bytes", "this is not a usable layer")
    data = source.take(-(-header.size // BLOCK) * BLOCK)
    if len(data) < header.size:
        raise CorruptInput(f"{archive}: the archive ends in the middle of a header", _REMEDY)
    return data[: header.size]


def _pax_records(data: bytes, archive: str) -> dict[str, bytes]:
    """``<length> <key>=<value>\\n`` records that are used; sparse 0.0's repeated pairs are joined like a 0.1 map."""
    records: dict[str, bytes] = {}
    pairs: list[bytes] = []
    at = 0
    while at < len(data) and data[at] != 0:
        space = data.find(b" ", at, at + 20)
        length = data[at:space]
        end = at + int(length) if space > at and length.isdigit() else -1
        if not space < end <= len(data):
            raise CorruptInput(f"{archive}: a malformed pax header", _REMEDY)
        key, _, value = data[space + 1 : end - 1].partition(b"=")
        name = key.decode("utf-8", "replace")
        if name in ("GNU.sparse.offset", "GNU.sparse.numbytes"):
            pairs.append(value)
        elif name in _USED or name.startswith(_OVERLAY):
            records[name] = value
        at = end
    if pairs:
        records["GNU.sparse.map"] = b",".join(pairs)
    return records


def _refined(header: Header, records: dict[str, bytes], archive: str) -> Header:
    sparse = _below("GNU.sparse.", records)
    size = header.size
    if "size" in records and header.type not in _HEADER_ONLY:
        if not records["size"].isdigit() or len(records["size"]) > 19:
            raise CorruptInput(f"{archive}: a pax header states an impossible size", _REMEDY)
        size = int(records["size"])
    return msgspec.structs.replace(
        header,
        name=sparse.get("name") or records.get("path") or header.name,
        link=records.get("linkpath") or header.link,
        size=size,
        sparse=sparse,
        attributes=_below(_ATTRIBUTE, records),
    )


def _below(prefix: str, records: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name.removeprefix(prefix): value for name, value in records.items() if name.startswith(prefix)}
