"""Known texts in a file: all of them, each with its place and how it differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from sbomctl.licenses.text.found import PLAIN, Found, earned
from sbomctl.licenses.text.index import Index, runs
from sbomctl.licenses.text.words import Words

_NOMINATED = 0.4  # share of a text's runs that must be in the file
_FOUND = 0.4  # share of them that must be in one place
_HOLE = 14  # words in between that are counted as one insertion
_LOWEST = 0.5  # likeness below which a place has nothing to do with a text


def find(words: Words, index: Index) -> list[Found]:
    """Every known text that a good part of is in one place, the best explanation of each place; in file order."""
    numbers = index.numbers(words.solid)
    where = _where(numbers, index)
    found = [one for which in _nominees(where, index) for one in _occurrences(which, numbers, where, index)]
    found.sort(key=lambda one: (not one.is_near, -one.score, one.start, one.which))
    return sorted(_best(found, index), key=lambda one: (one.start, one.end))


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
    """The places of one text: runs in common that have about the same offset."""
    text = index.text(which)
    pairs = [
        (at - place.position, at, place.position) for place in index.places(which) for at in where.get(place.key, ())
    ]
    pairs.sort()
    far = max(12, len(text) // 3)
    group: list[tuple[int, int, int]] = []
    for pair in pairs:
        if group and pair[0] - group[-1][0] > far:
            yield from _occurrence(which, group, numbers, index)
            group = []
        group.append(pair)
    yield from _occurrence(which, group, numbers, index)


def _occurrence(
    which: int, group: Sequence[tuple[int, int, int]], numbers: Sequence[int], index: Index
) -> Iterator[Found]:
    if len({position for _, _, position in group}) < _FOUND * index.runs_of[which]:
        return
    text, title = index.text(which), index.titles[which]
    pairs = sorted((at, position) for _, at, position in group)
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
    missing = there - here
    if first <= title:
        missing -= Counter(text[:title])
    extra = here - there
    name = index.names
    yield Found(
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
    return len(words) if 2 * common >= len(words) else 0


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


def _best(found: Sequence[Found], index: Index) -> list[Found]:
    """The best of those that overlap."""
    taken: list[Found] = []
    for one in found:
        if one.likeness < _LOWEST or not all(_apart(one, other) for other in taken):
            continue
        plainer = [
            other for other in found if index.ids[other.which][0] in PLAIN and other.is_near and not _apart(one, other)
        ]
        taken.append(earned(one, plainer, index) if one.is_near else one)
    return taken


def _apart(one: Found, other: Found) -> bool:
    common = min(one.end, other.end) - max(one.start, other.start)
    return common <= 0.2 * min(one.end - one.start, other.end - other.start)
