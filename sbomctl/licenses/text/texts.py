"""Known texts in a file: all of them, each with its place and how it differs."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress

from sbomctl.licenses.text.alignment import Trace, compare, may_lie, promise, same, traces
from sbomctl.licenses.text.found import PLAIN, Found, acceptable, earned
from sbomctl.licenses.text.index import Index
from sbomctl.licenses.text.words import Words

_NOMINATED = 0.4  # share of a text's runs that must be in the file
_AT_ONCE = 10  # texts compared in one round, the most promising first
_LOWEST = 0.5  # likeness below which a place has nothing to do with a text
_WORSE = 0.75  # share of the promise of the best found so far in a place below which the rest is not compared
_LONGEST = 20_000  # words of a text; more than any


def find(words: Words, index: Index) -> list[Found]:
    """Every known text that a good part of is in one place, the best explanation of each place; in file order.

    Round by round the most promising texts are compared and what they explain is taken out,
    so that several texts of a file are found, and one text as often as it is there.
    """
    unexplained = _Unexplained(words.solid, index)
    taken, far = _Spans(), list[Found]()
    while nominees := _nominees(unexplained):
        found = list(_compared(nominees, unexplained))
        far += [one for one in found if not one.is_near and one.likeness >= _LOWEST]
        fitting, others = _judged(found, unexplained)
        far += others
        unexplained.take_out(_best(fitting, unexplained, taken))
    for one in sorted(far, key=_by_score):
        taken.add(one)
    return sorted(taken.all(), key=lambda one: (one.start, one.end))


class _Unexplained:
    """The words of a file, and what of them no text that was found explains."""

    def __init__(self, words: Sequence[str], index: Index) -> None:
        self.index = index
        self._words = words
        self.numbers = numbers = index.numbers(words)
        self.packed = array("H", numbers)  # faster to compare, slower to count
        self._runs = index.known_runs(self.packed)
        #: Where each run is that some text has.
        self.where: dict[int, list[int]] = {}
        where, get = self.where, self.where.get
        for at, run in enumerate(self._runs):
            if run is not None:
                if (places := get(run)) is None:
                    where[run] = [at]
                else:
                    places.append(at)
        self._left = bytearray(b"\1") * len(numbers)  # 0 where a word is explained
        #: How many of its runs are there, of each text that has enough of them and was not compared.
        self.counts = dict(index.nominated(where, _NOMINATED)) if where else {}
        #: Those of which all runs behind the title are there: what is not may be nowhere word by word.
        self.whole = {one for one, count in self.counts.items() if count >= index.runs_of[one] - index.titles[one]}

    def take_out(self, found: Iterable[Found]) -> None:
        """Forgets what is explained, unless no text is left that it matters for."""
        if not self.counts:
            return
        left, where = self._left, self.where
        runs: set[int | None] = set()
        for one in found:
            left[one.start : one.end] = bytes(one.end - one.start)
            runs.update(self._runs[one.start : one.end])
            for begin, finish in one.holes:
                left[begin:finish] = b"\1" * (finish - begin)
        lost = []
        for run in where.keys() & runs:
            places = where[run]
            if len(places) > 1 and (places := [at for at in places if left[at]]):
                where[run] = places
            elif not (places and left[places[0]]):
                del where[run]
                lost.append(run)
        if lost:
            self._count_again(lost)

    def _count_again(self, lost: Sequence[int]) -> None:
        """Leaves the texts that still have enough runs; mostly most are lost, and what is left is counted sooner."""
        runs_of, there = self.index.runs_of, len(self.where)
        possible = {which: count for which, count in self.counts.items() if there >= _NOMINATED * runs_of[which]}
        if possible and len(lost) > there:
            counts = self.index.texts_with(self.where)
            possible = {which: counts[which] for which in possible}
        elif possible:
            counts = self.index.texts_with(lost)
            possible = {which: count - counts[which] for which, count in possible.items()}
        self.counts = {which: count for which, count in possible.items() if count >= _NOMINATED * runs_of[which]}

    def outside(self, places: Iterable[Found]) -> Collection[int | None]:
        """The runs that are neither explained nor in some places only."""
        left = self._left[:]
        for one in places:
            left[one.start : one.end] = bytes(one.end - one.start)
        return set(compress(self._runs, left))

    def here(self, one: Found) -> Collection[str]:
        """The words of a place."""
        return _Here(self._words[one.start : one.end], self.numbers[one.start : one.end], self.index)


class _Here(Collection[str]):
    """Words of a place, in which a number is found sooner than a word."""

    def __init__(self, words: Sequence[str], numbers: Sequence[int], index: Index) -> None:
        self._words, self._numbers, self._index = words, numbers, index
        self._different: frozenset[int] = frozenset()

    def __contains__(self, word: object) -> bool:
        self._different = self._different or frozenset(self._numbers)  # hardly anything is asked of most texts
        return self._index.vocabulary.get(str(word), -1) in self._different

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __len__(self) -> int:
        return len(self._words)


def _by_score(one: Found) -> tuple[float, int, int]:
    return -one.score, one.start, one.which


@dataclass(slots=True)
class _Spans:
    """Places that do not overlap, but for a little at their ends."""

    starts: list[tuple[int, int]] = field(default_factory=list)  # start, index in ``found``
    found: list[Found] = field(default_factory=list)

    def add(self, one: Found) -> bool:
        """Adds a place unless it overlaps another."""
        if any(not _apart(one, other) for other in self.near(one.start, one.end)):
            return False
        insort(self.starts, (one.start, len(self.found)))
        self.found.append(one)
        return True

    def near(self, start: int, end: int) -> list[Found]:
        """The places that may overlap with one."""
        if not self.starts:
            return []
        at = bisect_left(self.starts, (start, -1))
        upto = bisect_left(self.starts, (end, -1), at)
        return [self.found[which] for _, which in self.starts[max(0, at - 3) : upto]]

    def all(self) -> list[Found]:
        """All of them, in no order."""
        return self.found


def _nominees(unexplained: _Unexplained) -> dict[int, int]:
    """The texts that promise to explain most, the best first, and their counts; each is one once, so this ends."""
    promising = []
    index, counts = unexplained.index, unexplained.counts
    for which, count in counts.items():
        share = count / index.runs_of[which]
        promising.append((-index.bounds(which) * (1.5 * share - 0.5), which))
    return {which: counts.pop(which) for _, which in sorted(promising)[:_AT_ONCE]}


def _compared(nominees: Mapping[int, int], unexplained: _Unexplained) -> Iterator[Found]:
    """The places of the nominees, but those that another explains perfectly or far better."""
    best = _Spans()
    rest = []
    for trace in _traced(unexplained.whole.intersection(nominees), unexplained):
        if verbatim := same(trace, unexplained.packed, unexplained.index):
            best.add(verbatim)
            yield verbatim
        else:
            rest.append(trace)
    rest += _traced(_elsewhere(nominees, best.all(), unexplained), unexplained)
    for trace in sorted(rest, key=_by_promise):
        rivals = [one for one in best.near(trace.start, trace.end) if one.start < trace.end and trace.start < one.end]
        if any((one.is_same and trace.promise <= one.score) or trace.promise < _WORSE * one.score for one in rivals):
            continue
        found = compare(trace, unexplained.numbers, unexplained.packed, unexplained.index)
        if found.is_same or (found.is_near and not rivals):
            best.add(found)
        yield found


def _elsewhere(nominees: Mapping[int, int], verbatim: Sequence[Found], unexplained: _Unexplained) -> Iterator[int]:
    """The other ``nominees`` that are worth a look: that promise more than a place, or may have one outside of it.

    Most are like a text that is there word by word, ``verbatim``, and are nowhere else.
    """
    index = unexplained.index
    ordered = sorted(verbatim, key=_by_score)
    scores = [-one.score for one in ordered]
    outside: dict[int, Collection[int | None]] = {}  # of so many of them
    for which, count in nominees.items():
        if which in unexplained.whole:
            continue
        better = bisect_right(scores, -promise(which, count, index))
        if better and better not in outside:
            outside[better] = unexplained.outside(ordered[:better])
        if not better or may_lie(which, outside[better], index):
            yield which


def _traced(some: Iterable[int], unexplained: _Unexplained) -> list[Trace]:
    """The places of some texts, the most promising first."""
    found: list[Trace] = []
    for which in some:
        found += traces(which, unexplained.where, len(unexplained.numbers), unexplained.index)
    return sorted(found, key=_by_promise)


def _by_promise(one: Trace) -> tuple[float, int, int]:
    return -one.promise, one.start, one.which


def _judged(found: Iterable[Found], unexplained: _Unexplained) -> tuple[list[Found], list[Found]]:
    """Those that may be the text, the best first; and those that are nearly it, but for words that say otherwise.

    The latter are no more than like it: what nothing else explains is stated as unknown.
    """
    fitting: list[Found] = []
    others: list[Found] = []
    for one in found:
        if one.is_near:
            (fitting if acceptable(one, unexplained.here(one), unexplained.index) else others).append(one)
    for one in others:
        one.is_near = False
    return sorted(fitting, key=_by_score), others


def _best(near: Sequence[Found], unexplained: _Unexplained, taken: _Spans) -> list[Found]:
    """The best of those that overlap; what is new is added to ``taken``."""
    index = unexplained.index
    plain = sorted((one for one in near if index.ids[one.which][0] in PLAIN), key=lambda one: one.start)
    starts = [one.start for one in plain]
    new = []
    for one in near:
        around = plain[bisect_left(starts, one.start - _LONGEST // 40) : bisect_left(starts, one.end)]
        chosen = one if one.is_same else earned(one, [other for other in around if not _apart(one, other)], index)
        if taken.add(chosen):
            new.append(chosen)
    return new


def _apart(one: Found, other: Found) -> bool:
    common = min(one.end, other.end) - max(one.start, other.start)
    return common <= 0.2 * min(one.end - one.start, other.end - other.start)
