"""Tar header blocks and the extension headers that refine the entry after them.

POSIX.1-2017 pax(1) "ustar" and "pax Header Block"; GNU tar manual, "Standard" and "Basic Tar Format".
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from sbomctl.errors import CorruptInput

BLOCK = 512
_ZERO = bytes(BLOCK)
_EXTENSION_BYTES = 16 << 20  # one long name or pax header
_HEADER_ONLY = frozenset((b"1", b"2", b"3", b"4", b"5", b"6"))  # whatever their size says, no content follows
_SPARSE = frozenset(f"GNU.sparse.{name}" for name in ("major", "minor", "name", "size", "realsize", "map"))
_USED = frozenset(("path", "linkpath", "size")) | _SPARSE  # of pax records; all others are passed over


@dataclass(frozen=True, slots=True)
class Header:
    """One entry: ``name`` and ``link`` as stored, ``size`` the bytes stored behind it."""

    name: bytes
    link: bytes
    mode: int
    size: int
    type: bytes
    block: bytes
    sparse: dict[str, bytes] = field(default_factory=dict)  # pax records GNU.sparse.*, without that prefix


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
        match header.type:
            case b"x" | b"X":
                own |= _pax_records(_extension(source, header, archive), archive)
            case b"g":
                _pax_records(_extension(source, header, archive), archive)
            case b"L":
                own["path"] = _extension(source, header, archive).partition(b"\0")[0]
            case b"K":
                own["linkpath"] = _extension(source, header, archive).partition(b"\0")[0]
            case _:
                yield _refined(header, own, archive) if own else header
                own = {}
    if source.take(BLOCK) not in (_ZERO, b""):
        raise CorruptInput(f"{archive}: a block of zeros, then more: container engines refuse such an archive", _REMEDY)


def _parse(block: bytes, archive: str) -> Header:
    if len(block) < BLOCK:
        raise CorruptInput(f"{archive}: the archive ends in the middle of a header", _REMEDY)
    if not _checksum_holds(block):
        raise CorruptInput(f"{archive}: not a tar archive, or damaged (header checksum)", _REMEDY)
    name = block[:100].partition(b"\0")[0]
    if block[257:263] == b"ustar\0" and block[345]:
        name = block[345:500].partition(b"\0")[0] + b"/" + name
    kind = block[156:157]
    if kind == b"\0":
        kind = b"5" if name.endswith(b"/") else b"0"  # before POSIX a slash marked directories
    size = 0 if kind in _HEADER_ONLY else _number(block[124:136], archive)
    return Header(
        name, block[157:257].partition(b"\0")[0], _number(block[100:108], archive) & 0o7777, size, kind, block
    )


_REMEDY = "the file is truncated or damaged; write or download it again"
_UNENDED = "it is truncated; get it again, or append 1024 zero bytes if its writer leaves the mark out"
_OCTAL = re.compile(rb"[0-7]*\Z")


def _checksum_holds(block: bytes) -> bool:
    """Adler-32's low half is the byte sum modulo 65521: the checksum at the speed of C."""
    stored = _checksum_field(block[148:156])
    plain_sum = (zlib.adler32(block) & 0xFFFF) - 1 - sum(block[148:156]) + 256
    if (plain_sum - stored) % 65521 == 0:
        return True
    signed = sum(byte - 256 if byte > 127 else byte for byte in block[:148] + block[156:]) + 256
    return signed == stored  # some old systems summed signed characters


def _checksum_field(field_bytes: bytes) -> int:
    digits = field_bytes.partition(b"\0")[0].strip()
    return int(digits or b"0", 8) if _OCTAL.match(digits) else -1


def _number(field_bytes: bytes, archive: str) -> int:
    """An octal field, or GNU's base-256 for what does not fit; never negative."""
    if field_bytes[0] & 0x80:
        value = int.from_bytes(bytes([field_bytes[0] & 0x7F]) + field_bytes[1:], "big")
        if field_bytes[0] & 0x40 or value >> 63:
            raise CorruptInput(f"{archive}: a header states an impossible size", _REMEDY)
        return value
    digits = field_bytes.partition(b"\0")[0].strip()
    if not _OCTAL.match(digits):  # int() would take signs, prefixes and underscores
        raise CorruptInput(f"{archive}: a header holds a malformed number", _REMEDY)
    return int(digits or b"0", 8)


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
        elif name in _USED:
            records[name] = value
        at = end
    if pairs:
        records["GNU.sparse.map"] = b",".join(pairs)
    return records


def _refined(header: Header, records: dict[str, bytes], archive: str) -> Header:
    sparse = {k.removeprefix("GNU.sparse."): v for k, v in records.items() if k.startswith("GNU.sparse.")}
    size = header.size
    if "size" in records and header.type not in _HEADER_ONLY:
        if not records["size"].isdigit() or len(records["size"]) > 19:
            raise CorruptInput(f"{archive}: a pax header states an impossible size", _REMEDY)
        size = int(records["size"])
    return replace(
        header,
        name=sparse.get("name") or records.get("path") or header.name,
        link=records.get("linkpath") or header.link,
        size=size,
        sparse=sparse,
    )
