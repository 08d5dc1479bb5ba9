"""Sparse files in tar archives: where their pieces belong (GNU tar manual, "Storing Sparse Files")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sbomctl.errors import CorruptInput
from sbomctl.sources._tar_header import BLOCK, Bytes, Header

_HOLE = memoryview(bytes(1 << 20))
_MAX_PIECES = 1 << 20
Map = tuple[tuple[int, int], ...]  # (offset, bytes) of each stored piece, ascending


def sparse_map(header: Header, source: Bytes, archive: str) -> tuple[Map, int, int] | None:
    """The pieces, the real size and how many stored bytes the map itself took; None if not sparse.

    Takes the map from ``source`` where it precedes the content. Raises ``CorruptInput``.
    """
    try:
        if header.type == b"S":
            pieces, size = _old_gnu(header, source)
            taken = 0
        elif header.sparse.get("major") == b"1":
            size = int(header.sparse.get("realsize", b"x"))
            pieces, taken = _leading(source, header.size)
        elif "map" in header.sparse:
            size = int(header.sparse.get("size") or header.sparse.get("realsize", b"x"))
            pieces, taken = _pairs([int(n) for n in header.sparse["map"].split(b",")]), 0
        else:
            return None
        _check(pieces, size, header.size - taken)
    except ValueError as error:
        raise CorruptInput(f"{archive}: a malformed sparse file", "write the archive again without --sparse") from error
    return pieces, size, taken


def expand(stored: Iterable[memoryview], pieces: Map, size: int) -> Iterator[memoryview]:
    """The content with its holes as zeros, in blocks of at most 1 MiB."""
    blocks = iter(stored)
    block = memoryview(b"")
    at = 0
    for offset, length in pieces:
        yield from _zeros(offset - at)
        at = offset + length
        left = length
        while left:
            block = block or next(blocks)
            piece, block = block[:left], block[left:]
            left -= len(piece)
            yield piece
    yield from _zeros(size - at)


def _zeros(count: int) -> Iterator[memoryview]:
    while count > 0:
        yield _HOLE[:count]
        count -= len(_HOLE)


def _old_gnu(header: Header, source: Bytes) -> tuple[Map, int]:
    numbers = _octals(header.block[386:482])
    more = header.block[482]
    while more:
        block = source.take(BLOCK)
        if len(block) < BLOCK or len(numbers) > 2 * _MAX_PIECES:
            raise ValueError("sparse map")
        numbers += _octals(block[:504])
        more = block[504]
    return _pairs(numbers), _octals(header.block[483:495])[0]


def _octals(data: bytes) -> list[int]:
    numbers = []
    for at in range(0, len(data), 12):
        raw = data[at : at + 12]
        if not raw[0]:
            break
        numbers.append(int.from_bytes(raw[1:], "big") if raw[0] & 0x80 else int(raw.strip(b" \0") or b"0", 8))
    return numbers


def _leading(source: Bytes, stored: int) -> tuple[Map, int]:
    """Format 1.0: decimal lines (count, then offset and size of each) padded to whole blocks."""
    lines: list[bytes] = []
    rest = b""
    taken, wanted = 0, 1
    while len(lines) < wanted:
        block = source.take(BLOCK)
        if len(block) < BLOCK or taken >= stored or len(rest) > BLOCK:
            raise ValueError("sparse map")
        taken += BLOCK
        *whole, rest = (rest + block).split(b"\n")
        lines += whole
        if lines:
            wanted = 1 + 2 * int(lines[0])
        if not 0 < wanted <= 2 * _MAX_PIECES:
            raise ValueError("sparse map")
    return _pairs([int(line) for line in lines[1:wanted]]), taken


def _pairs(numbers: list[int]) -> Map:
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _check(pieces: Map, size: int, stored: int) -> None:
    at = 0
    for offset, length in pieces:
        if offset < at or length < 0:
            raise ValueError("overlapping pieces")
        at = offset + length
    if at > size or sum(length for _, length in pieces) > stored:
        raise ValueError("pieces beyond the file")
