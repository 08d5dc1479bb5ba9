"""Where a text lies in a file, and how the two differ there."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from sbomctl.licenses.text.found import Found
from sbomctl.licenses.text.index import Index, Places

_FOUND = 0.4  # share of a text's runs that must be in one place
_OPEN = 0.4  # share of the words before the first, or behind the last, run in common that must be the same
_PART = 1 << 16  # words of a file that are looked at together
_BITS = 20  # for the position in a text; the longest have 20,000 words
_POSITION = (1 << _BITS) - 1
_CODE = (1 << _BITS) + 1  # times a place, less its offset: the place and, in the low bits, the position
_HOLE = 14  # words in between that are counted as one insertion

Pair = tuple[int, int]  # the same run of words: position in the file, in the text


class Trace(NamedTuple):
    """Runs in common that lie as they do in a text."""

    which: int
    pairs: Sequence[Pair]  # the first and the last, and all between unless they are as far apart as in the text
    start: int
    end: int
    promise: float  # words that the text may explain


def traces(which: int, where: Mapping[int, Sequence[int]], words: int, index: Index) -> Iterator[Trace]:
    """The places of one text: runs in common with about the same offset, and more of them behind an insertion.

    ``where`` has the places of each run in a file of so many ``words``.
    """
    runs, length = index.runs_of[which], index.bounds(which)
    needed = _FOUND * runs
    pieces = _pieces(_by_offset(index.places(which), where, words), length)
    if sum(map(len, pieces)) < needed:
        return
    for whole in _together(pieces, length):
        if len(whole) < needed:
            continue
        count = len({code & _POSITION for code in whole})
        if count >= needed:
            pairs = [_pair(whole[0]), _pair(whole[-1])]
            if _inserted(pairs) >= _HOLE:
                pairs = [(code >> _BITS, code & _POSITION) for code in whole]
            yield Trace(which, pairs, pairs[0][0], pairs[-1][0] + 1, promise(which, count, index))


def promise(which: int, count: int, index: Index) -> float:
    """How many words a text may explain in a place with so many of its runs."""
    return index.bounds(which) * (1.3 * min(1.0, count / index.runs_of[which]) - 0.3)


def may_lie(which: int, runs: Collection[int | None], index: Index) -> bool:
    """Whether a text has enough of its runs among some for a place."""
    return sum(map(runs.__contains__, index.places(which).runs)) >= _FOUND * index.runs_of[which]


def _pair(code: int) -> Pair:
    return code >> _BITS, code & _POSITION


def _by_offset(places: Places, where: Mapping[int, Sequence[int]], words: int) -> Iterator[dict[int, list[int]]]:
    """Where the runs of a text are in the file, by how much further on than in the text.

    A part of a long file after the other, in the order of those offsets: what does not fit the memory nearest
    to the processor takes far longer than in proportion.
    """
    found = zip(map(where.get, places.runs), places.positions, strict=True)
    if words <= _PART:
        yield _offsets(found)
        return
    some = [(at, position) for at, position in found if at]
    for start in range(-max([position for _, position in some], default=0), words, _PART):
        limits = [(bisect_left(at, start + shift), bisect_left(at, start + shift + _PART)) for at, shift in some]
        yield _offsets([(at[i:j], shift) for (at, shift), (i, j) in zip(some, limits, strict=True) if i < j])


def _offsets(found: Iterable[tuple[Sequence[int] | None, int]]) -> dict[int, list[int]]:
    by_offset: dict[int, list[int]] = defaultdict(list)
    for places, position in found:
        if places:
            for at in places:
                by_offset[at - position].append(at)
    return by_offset


def _pieces(parts: Iterable[Mapping[int, Sequence[int]]], length: int) -> list[list[int]]:
    """Runs in common whose offsets differ by a few words only, in the order of the file.

    Each run as one number, the place in the file in its high bits: millions of pairs would keep the collector
    of garbage busy.
    """
    far = max(4, min(30, length // 16))
    pieces: list[list[int]] = []
    piece: list[int] = []
    last, is_mixed = -1 << 62, False
    for by_offset in parts:
        for offset in sorted(by_offset):
            some = [at * _CODE - offset for at in by_offset[offset]]
            if offset - last <= far:
                piece += some
                is_mixed = True
            else:
                if is_mixed:
                    piece.sort()
                piece = some
                pieces.append(piece)
                is_mixed = False
            last = offset
    if is_mixed:
        piece.sort()
    pieces.sort()
    return pieces


def _together(pieces: Iterable[list[int]], length: int) -> Iterator[list[int]]:
    """Pieces of one occurrence, in the order of the text: each goes on behind what the one before had."""
    far = max(20, min(150, length // 2))
    whole: list[int] = []
    for piece in pieces:
        if not whole:
            whole = piece
            continue
        (end, last), (start, first) = _pair(whole[-1]), _pair(piece[0])
        shift = (start - first) - (end - last)
        if start > end and first > last and abs(shift) <= far and start - end <= far + (first - last):
            whole = whole + piece
        elif len(piece) > len(whole) or start - (whole[0] >> _BITS) > length:
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
        return _differing(
            index, which, packed[start:end].tobytes(), tuple((a - start, b - start) for a, b in holes)
        ).moved(start)
    return _differing(index, which, packed[start:end].tobytes()).moved(start)


@lru_cache(maxsize=2048)
def _differing(index: Index, which: int, words: bytes, holes: tuple[Pair, ...] = ()) -> Found:
    """The place of a text in words that are nothing else; many files have the same words there."""
    numbers = array("H", words).tolist()
    for begin, finish in reversed(holes):
        del numbers[begin:finish]
    balance = Counter(index.owed(which))  # below zero what the place lacks, above what the text does
    balance.update(numbers)
    for number in index.text(which)[: index.titles[which]]:
        if balance[number] < 0:
            balance[number] += 1
    names = index.names
    missing = {names[number]: -count for number, count in balance.items() if count < 0}
    extra = {names[number] or "?": count for number, count in balance.items() if count > 0}
    return Found(which, 0, len(words) // 2, index.bounds(which), missing, extra, holes)


def _open_end(words: Sequence[int], expected: Sequence[int]) -> int:
    """How many words before the first or behind the last run in common belong to it: all, or none."""
    known, enough = set(expected), _OPEN * len(words)
    if sum(map(known.__contains__, words)) < enough:
        return 0
    if len(known.intersection(words)) >= enough:  # without counting what is there several times
        return len(words)
    return len(words) if (Counter(words) & Counter(expected)).total() >= enough else 0


def _inserted(pairs: Sequence[Pair]) -> int:
    """How many words more the file has between the first and the last run in common."""
    (at, position), (end, last) = pairs[0], pairs[-1]
    return (end - at) - (last - position)


def _holes(pairs: Sequence[Pair], numbers: Sequence[int], text: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Places inside where the file has a good many words more than the text."""
    if _inserted(pairs) < _HOLE:
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
