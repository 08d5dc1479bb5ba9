"""Known texts in a file: all of them, each with its place and how it differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from sbomctl.licenses.text.found import PLAIN, Found, acceptable, earned
from sbomctl.licenses.text.index import Index, runs
from sbomctl.licenses.text.words import Words

_NOMINATED = 0.4  # share of a text's runs that must be in the file
_FOUND = 0.4  # share of them that must be in one place
_OPEN = 0.4  # share of the words before the first, or behind the last, run in common that must be the same
_HOLE = 14  # words in between that are counted as one insertion
_LOWEST = 0.5  # likeness below which a place has nothing to do with a text


def find(words: Words, index: Index) -> list[Found]:
    """Every known text that a good part of is in one place, the best explanation of each place; in file order."""
    numbers = index.numbers(words.solid)
    where = _where(numbers, index)
    found = [one for which in _nominees(where, index) for one in _occurrences(which, numbers, where, index)]
    found.sort(key=lambda one: (-one.score, one.start, one.which))
    return sorted(_best(found, numbers, index), key=lambda one: (one.start, one.end))


def _where(numbers: Sequence[int], index: Index) -> dict[int, list[int]]:
    """Where in the file each run is that some text has."""
    known = index.number
    where: dict[int, list[int]] = {}
    for at, key in enumerate(runs(numbers)):
        if key in known:
            where.setdefault(key, []).append(at)
    return where


def _nominees(where: dict[int, list[int]], index: Index) -> list[int]:
    counts: Counter[int] = Counter()
    for key in where:
        counts.update(index.texts_with(index.number[key]))
    return [which for which, count in counts.items() if count >= _NOMINATED * index.runs_of[which]]


def _occurrences(which: int, numbers: Sequence[int], where: dict[int, list[int]], index: Index) -> Iterator[Found]:
    """The places of one text: runs in common with about the same offset, and more of them behind an insertion."""
    pairs = [
        (at - place.position, at, place.position) for place in index.places(which) for at in where.get(place.key, ())
    ]
    pairs.sort()
    length = index.bounds(which)
    needed = _FOUND * index.runs_of[which]
    for pieces in _together(_pieces(pairs, length), length):
        if len({position for _, position in pieces}) >= needed:
            yield _occurrence(which, pieces, numbers, index)


def _pieces(pairs: Sequence[tuple[int, int, int]], length: int) -> Iterator[list[tuple[int, int]]]:
    """Runs in common whose offsets differ by a few words only; those of a kind that stand alone are chance."""
    far = max(4, min(30, length // 16))
    piece: list[tuple[int, int]] = []
    before = 0
    for offset, at, position in pairs:
        if piece and (offset - before > far):
            yield sorted(piece)
            piece = []
        piece.append((at, position))
        before = offset
    if piece:
        yield sorted(piece)


def _together(pieces: Iterable[list[tuple[int, int]]], length: int) -> Iterator[list[tuple[int, int]]]:
    """Pieces of one occurrence, in the order of the text: each goes on behind what the one before had."""
    far = max(20, min(150, length // 2))
    whole: list[tuple[int, int]] = []
    for piece in sorted(pieces):
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


def _occurrence(which: int, pairs: Sequence[tuple[int, int]], numbers: Sequence[int], index: Index) -> Found:
    text, title = index.text(which), index.titles[which]
    start, first = pairs[0]
    end, last = pairs[-1]
    while start and first and numbers[start - 1] == text[first - 1]:
        start, first = start - 1, first - 1
    while end < len(numbers) and last < len(text) and numbers[end] == text[last]:
        end, last = end + 1, last + 1
    start -= _open_end(numbers[max(0, start - max(0, first - title)) : start], text[title:first])
    end += _open_end(numbers[end : end + len(text) - last], text[last:])
    holes = tuple(_holes(pairs, numbers, text))
    here, there = Counter(numbers[start:end]), Counter(text)
    for hole in holes:
        here -= Counter(numbers[hole[0] : hole[1]])
    missing = there - here - Counter(text[:title])
    extra = here - there
    name = index.names
    return Found(
        which,
        start,
        end,
        len(text),
        tuple(name[number] for number in missing.elements()),
        tuple(name[number] or "?" for number in extra.elements()),
        holes,
    )


def _open_end(words: Sequence[int], expected: Sequence[int]) -> int:
    """How many words before the first or behind the last run in common belong to it: all, or none."""
    common = (Counter(words) & Counter(expected)).total()
    return len(words) if _OPEN * len(words) <= common else 0


def _holes(pairs: Sequence[tuple[int, int]], numbers: Sequence[int], text: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Places inside where the file has a good many words more than the text."""
    for (at, position), (later, further) in pairwise(pairs):
        added = (later - at) - (further - position)
        if added < _HOLE or further <= position:
            continue
        begin, known = at, position
        while begin < later and known < further and numbers[begin] == text[known]:
            begin, known = begin + 1, known + 1
        finish = later - (further - known) if further - known < later - begin else later
        if finish - begin >= _HOLE:
            yield begin, finish


def _best(found: Sequence[Found], numbers: Sequence[int], index: Index) -> list[Found]:
    """The best of those that overlap."""
    taken: list[Found] = []
    near = [one for one in found if one.is_near and acceptable(one, _here(one, numbers, index), index)]
    far = [one for one in found if not one.is_near and one.likeness >= _LOWEST]
    plain = [one for one in near if index.ids[one.which][0] in PLAIN]
    for one in near:
        if all(_apart(one, other) for other in taken):
            taken.append(earned(one, [other for other in plain if not _apart(one, other)], index))
    for one in far:
        if all(_apart(one, other) for other in taken):
            taken.append(one)
    return taken


def _here(one: Found, numbers: Sequence[int], index: Index) -> frozenset[str]:
    return frozenset(index.names[number] for number in set(numbers[one.start : one.end]))


def _apart(one: Found, other: Found) -> bool:
    common = min(one.end, other.end) - max(one.start, other.start)
    return common <= 0.2 * min(one.end - one.start, other.end - other.start)
