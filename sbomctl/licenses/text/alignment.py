"""Where a text lies in a file, and how the two differ there."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from sbomctl.licenses.text.found import Found
from sbomctl.licenses.text.index import Index

_FOUND = 0.4  # share of a text's runs that must be in one place
_OPEN = 0.4  # share of the words before the first, or behind the last, run in common that must be the same
_HOLE = 14  # words in between that are counted as one insertion

Pair = tuple[int, int]  # the same run of words: position in the file, in the text


@dataclass(frozen=True, slots=True)
class Trace:
    """Runs in common that lie as they do in a text."""

    which: int
    pairs: Sequence[Pair]
    start: int
    end: int
    promise: float  # words that the text may explain


def traces(which: int, where: Mapping[int, Sequence[int]], index: Index) -> Iterator[Trace]:
    """The places of one text: runs in common with about the same offset, and more of them behind an insertion."""
    by_offset = _by_offset(*index.places(which), where)
    runs = index.runs_of[which]
    needed = _FOUND * runs
    if sum(map(len, by_offset.values())) < needed:
        return
    length = index.bounds(which)
    for pieces in _together(_pieces(by_offset, length), length):
        if len(pieces) < needed:
            continue
        count = len({position for _, position in pieces})
        if count >= needed:
            share = min(1.0, count / runs)
            yield Trace(which, pieces, pieces[0][0], pieces[-1][0] + 1, length * (1.3 * share - 0.3))


def _by_offset(
    runs: Iterable[int], positions: Iterable[int], where: Mapping[int, Sequence[int]]
) -> dict[int, list[int]]:
    """Where the runs of a text are in the file, by how much further on than in the text."""
    found: dict[int, list[int]] = {}
    get, offset_get = where.get, found.get
    for run, position in zip(runs, positions, strict=True):
        if (places := get(run)) is not None:
            for at in places:
                if (same_offset := offset_get(at - position)) is None:
                    found[at - position] = [at]
                else:
                    same_offset.append(at)
    return found


def _pieces(by_offset: Mapping[int, Sequence[int]], length: int) -> list[list[Pair]]:
    """Runs in common whose offsets differ by a few words only, in the order of the file."""
    far = max(4, min(30, length // 16))
    offsets = sorted(by_offset)
    cuts = [at for at, (one, other) in enumerate(pairwise(offsets), 1) if other - one > far]
    pieces = []
    for begin, finish in pairwise([0, *cuts, len(offsets)]):
        piece = [(at, at - offset) for offset in offsets[begin:finish] for at in by_offset[offset]]
        if finish - begin > 1:
            piece.sort()
        pieces.append(piece)
    pieces.sort()
    return pieces


def _together(pieces: Iterable[list[Pair]], length: int) -> Iterator[list[Pair]]:
    """Pieces of one occurrence, in the order of the text: each goes on behind what the one before had."""
    far = max(20, min(150, length // 2))
    whole: list[Pair] = []
    for piece in pieces:
        if not whole:
            whole = piece
            continue
        (end, last), (start, first) = whole[-1], piece[0]
        shift = (start - first) - (end - last)
        if start > end and first > last and abs(shift) <= far and start - end <= far + (first - last):
            whole = whole + piece
        elif len(piece) > len(whole) or start - whole[0][0] > length:
            if len(whole) > 1:
                yield whole
            whole = piece
        # else: a few runs that the text has elsewhere too
    if whole:
        yield whole


def same(trace: Trace, numbers: array[int], index: Index) -> Found | None:
    """The place, if all words there are the same as in the text."""
    text, title = index.text(trace.which), index.titles[trace.which]
    at, position = trace.pairs[0]
    start = at - position + title
    if start < 0 or len(text) == title or numbers[start : start + len(text) - title] != text[title:]:
        return None
    if numbers[start - title : start] == text[:title]:
        start -= title
    return Found(trace.which, start, at - position + len(text), len(text), {}, {})


def compare(trace: Trace, numbers: Sequence[int], packed: array[int], index: Index) -> Found:
    """How the text differs from the words of the file at its place; ``packed`` are ``numbers`` too."""
    which, pairs = trace.which, trace.pairs
    text, title = index.text(which), index.titles[which]
    start, first = pairs[0]
    end, last = pairs[-1]
    while start and first and numbers[start - 1] == text[first - 1]:
        start, first = start - 1, first - 1
    while end < len(numbers) and last < len(text) and numbers[end] == text[last]:
        end, last = end + 1, last + 1
    if first > title and start:
        start -= _open_end(numbers[max(0, start - (first - title)) : start], text[title:first])
    if last < len(text) and end < len(numbers):
        end += _open_end(numbers[end : end + len(text) - last], text[last:])
    if holes := tuple(_holes(pairs, numbers, text)):
        return _differing(index, which, packed[start:end].tobytes(), tuple((a - start, b - start) for a, b in holes)).moved(start)
    return _differing(index, which, packed[start:end].tobytes()).moved(start)


@lru_cache(maxsize=2048)
def _differing(index: Index, which: int, words: bytes, holes: tuple[Pair, ...] = ()) -> Found:
    """The place of a text in words that are nothing else; many files have the same words there."""
    numbers = memoryview(words).cast("H")
    here = Counter(numbers)
    for begin, finish in holes:
        here.subtract(numbers[begin:finish])
    there = index.counted(which)
    missing = _surplus(there, here)
    if missing:
        for number in index.text(which)[: index.titles[which]]:
            if missing.get(number):
                missing[number] -= 1
    return Found(
        which, 0, len(numbers), index.bounds(which), _spelled(missing, index), _spelled(_surplus(here, there), index), holes
    )


def _surplus(some: Mapping[int, int], others: Mapping[int, int]) -> dict[int, int]:
    get = others.get
    return {number: count - less for number, count in some.items() if (less := get(number, 0)) < count}


def _spelled(counts: Mapping[int, int], index: Index) -> dict[str, int]:
    return {index.names[number] or "?": count for number, count in counts.items() if count}


def _open_end(words: Sequence[int], expected: Sequence[int]) -> int:
    """How many words before the first or behind the last run in common belong to it: all, or none."""
    if sum(map(set(expected).__contains__, words)) < _OPEN * len(words):
        return 0
    common = (Counter(words) & Counter(expected)).total()
    return len(words) if _OPEN * len(words) <= common else 0


def _holes(pairs: Sequence[Pair], numbers: Sequence[int], text: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Places inside where the file has a good many words more than the text."""
    (at, position), (end, last) = pairs[0], pairs[-1]
    if (end - at) - (last - position) < _HOLE:
        return
    for (at, position), (later, further) in pairwise(pairs):
        if (later - at) - (further - position) < _HOLE or further <= position:
            continue
        begin, known = at, position
        while begin < later and known < further and numbers[begin] == text[known]:
            begin, known = begin + 1, known + 1
        finish = later - (further - known) if further - known < later - begin else later
        if finish - begin >= _HOLE:
            yield begin, finish
