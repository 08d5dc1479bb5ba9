"""Known texts in a file: all of them, each with its place and how it differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sbomctl.licenses.text.index import Index, runs
from sbomctl.licenses.text.words import Words

_NOMINATED = 0.4  # share of a text's runs that must be in the file
_FOUND = 0.4  # share of them that must be in one place
_OPEN_ENDS = 60  # words before the first and after the last run in common
_FREE = frozenset(
    "all rights reserved copyright copyrights holder holders author authors contributor contributors name names "
    "organization company inc the his its their year yyyy software program".split(" ")
)


@dataclass(frozen=True, slots=True)
class Found:
    """A text and the words of a file that look like it."""

    which: int  # in the index
    start: int  # index of the first word
    end: int  # after the last one
    length: int  # words of the text itself
    missing: tuple[str, ...]  # words of the text that the file lacks
    extra: tuple[str, ...]  # words of the file that the text lacks

    @property
    def coverage(self) -> float:
        """Share of the text that is there."""
        return 1 - len(self.missing) / self.length

    @property
    def score(self) -> float:
        """How well the text explains the place: words in common, less what differs."""
        lacking = sum(0.3 if word in _FREE else 1.5 for word in self.missing)
        added = sum(0.2 if word in _FREE else 1.0 for word in self.extra)
        return self.length - len(self.missing) - lacking - added

    @property
    def likeness(self) -> float:
        """From 1, the same words, to 0."""
        lacking = sum(0.2 if word in _FREE else 1.0 for word in self.missing)
        added = sum(0.2 if word in _FREE else 1.0 for word in self.extra)
        return 1 - (lacking + added) / self.length


def find(words: Words, index: Index) -> list[Found]:
    """Every known text that a good part of is in one place, the best explanation of each place; in file order."""
    numbers = index.numbers(words.solid)
    where = _where(numbers, index)
    found = [one for which in _nominees(where, index) for one in _occurrences(which, numbers, where, index)]
    found.sort(key=lambda one: (-one.score, one.start, one.which))
    return sorted(_best(found), key=lambda one: (one.start, one.end))


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
    far = max(40, len(text) // 3)
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
    text = index.text(which)
    title = index.titles[which]
    start, first = min((at, position) for _, at, position in group)
    end, last = max((at, position) for _, at, position in group)
    while start and first and numbers[start - 1] == text[first - 1]:
        start, first = start - 1, first - 1
    while end < len(numbers) and last < len(text) and numbers[end] == text[last]:
        end, last = end + 1, last + 1
    if first > title:  # words before: other ones, or none
        start = max(0, start - min(first - title, _OPEN_ENDS))
    end = min(len(numbers), end + min(len(text) - last, _OPEN_ENDS))
    here, there = Counter(numbers[start:end]), Counter(text)
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
    )


def _best(found: Sequence[Found]) -> list[Found]:
    """The best of those that overlap."""
    taken: list[Found] = []
    for one in found:
        if one.likeness < 0.4:
            continue
        if all(_apart(one, other) for other in taken):
            taken.append(one)
    return taken


def _apart(one: Found, other: Found) -> bool:
    common = min(one.end, other.end) - max(one.start, other.start)
    return common <= 0.2 * min(one.end - one.start, other.end - other.start)
