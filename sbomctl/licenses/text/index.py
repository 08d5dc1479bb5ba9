"""An index of known texts: which run of four words stands where in which text."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import accumulate, chain, compress, pairwise, repeat
from math import ceil
from pathlib import Path
from typing import NamedTuple

from sbomctl.licenses.text.source import KnownText, edition, known_texts
from sbomctl.licenses.text.words import Words, words_of

_VERSION = 11  # goes up when an index of the same texts would differ
_RUN = 4  # words
_MOST_TEXTS = 140  # a run that more texts share says nothing
_SHORT, _MEDIUM = 150, 700  # words: of longer texts only a part of the runs is kept
_FEW = 5  # texts
_MANY = 16  # texts
_MAGIC = b"sbomctl-license-index"
_FILE = "license-index-"
_UNUSED = 24 * 60 * 60  # seconds
_HIGHEST = 1 << 15  # bit of a count; no text has as many runs
_LITTLE = sys.byteorder == "little"


class _Arrays(NamedTuple):
    """The numbers of an index as they are kept in a file."""

    words: array[int]  # of all texts, one behind the other
    bounds: array[int]  # where each text begins in ``words``
    keys: array[int]  # of the runs, sorted: the number of a run is its place here
    groups: array[int]  # of the runs: those of one group are in the same texts
    offsets: array[int]  # where each group begins in ``texts``
    texts: array[int]
    place_bounds: array[int]  # where each text begins in ``runs`` and ``positions``
    runs: array[int]  # that a text has, in its order
    positions: array[int]  # of their first words
    rare: array[int]  # words that few texts have


_TYPES = _Arrays(*(array(code) for code in "HIQIIIIIIH"))


class Places(NamedTuple):
    """The runs of a text that are in the index, in its order: their numbers and the positions of their first words."""

    runs: array[int]
    positions: array[int]


class Index:
    """Known texts as numbered words, and the texts of each run."""

    def __init__(self, header: dict[str, list[object]], arrays: _Arrays) -> None:
        self._arrays = arrays
        self._words, self._bounds = arrays.words, arrays.bounds
        self._header = header
        self.ids: list[tuple[str, ...]] = [tuple(map(str, ids)) for ids in header["ids"]]  # type: ignore[call-overload]
        self.is_exception: list[bool] = [bool(flag) for flag in header["exceptions"]]
        self.titles: list[int] = [int(str(count)) for count in header["titles"]]
        self.runs_of: list[int] = [int(str(count)) for count in header["runs"]]
        self.vocabulary = {str(word): number for number, word in enumerate(header["vocabulary"], 1)}
        self.names: list[str] = ["", *map(str, header["vocabulary"])]
        groups = [tuple(arrays.texts[start:end]) for start, end in pairwise(arrays.offsets)]
        self._few = [texts if len(texts) <= _MANY else () for texts in groups]
        self._many = {group: texts for group, texts in enumerate(groups) if len(texts) > _MANY}
        self._rare = frozenset(arrays.rare)
        self._highest = _packed(array("H", [_HIGHEST]) * len(self.ids))
        self._number = dict(zip(arrays.keys, range(len(arrays.keys)), strict=True))

    def numbers(self, words: Sequence[str]) -> list[int]:
        """The numbers of ``words``; 0 where no known text has the word."""
        return list(map(self.vocabulary.get, words, repeat(0)))

    def known_runs(self, numbers: Sequence[int]) -> list[int | None]:
        """The number of the run that begins at each word; None where no text has it."""
        return list(map(self._number.get, runs(numbers)))

    def text(self, which: int) -> array[int]:
        """The words of a text."""
        return self._words[self._bounds[which] : self._bounds[which + 1]]

    def bounds(self, which: int) -> int:
        """How many words a text has."""
        return self._bounds[which + 1] - self._bounds[which]

    @lru_cache(maxsize=1024)  # noqa: B019 - there is one index in a process
    def owed(self, which: int) -> Mapping[int, int]:
        """How often a text has each of its words, below zero: what a place adds to it is how they differ."""
        return {number: -count for number, count in Counter(self.text(which)).items()}

    def below_title(self, which: int, word: str) -> int:
        """How often a text has ``word`` behind its title, which need not be there."""
        return self.text(which)[self.titles[which] :].count(self.vocabulary.get(word, 0))

    @lru_cache(maxsize=1024)  # noqa: B019 - there is one index in a process
    def own_names(self, which: int) -> frozenset[str]:
        """The words of a text that few others have: mostly names."""
        return frozenset(self.names[number] for number in set(self.text(which)) if number in self._rare)

    def texts_with(self, some: Iterable[int]) -> array[int]:
        """How many of some runs, given by their numbers, each text has.

        The texts of a group that has many are counted all at once, each in its 16 bits of a long number:
        no text has as many runs as do not fit.
        """
        groups = list(map(self._arrays.groups.__getitem__, some))
        many = 0
        for group, count in Counter(filter(self._many.__contains__, groups)).items():
            many += self._lanes(group) if count == 1 else count * self._lanes(group)
        counts = _unpacked(many, len(self.ids))
        for which, count in Counter(chain.from_iterable(map(self._few.__getitem__, groups))).items():
            counts[which] += count
        return counts

    def nominated(self, some: Iterable[int], share: float) -> Iterator[tuple[int, int]]:
        """Each text that has at least a share of its runs among some runs, and how many it has there."""
        counts = self.texts_with(some)
        reached = (_packed(counts) + self._lacking(share)) & self._highest
        for which in compress(range(len(counts)), _unpacked(reached, len(counts))):
            yield which, counts[which]

    @lru_cache(maxsize=1)  # noqa: B019 - there is one index in a process
    def _lacking(self, share: float) -> int:
        """What added to the counts of all texts sets the highest bit of each that is at least a share, and one."""
        return _packed(array("H", [_HIGHEST - max(1, ceil(share * runs)) for runs in self.runs_of]))

    @lru_cache(maxsize=8192)  # noqa: B019 - there is one index in a process
    def _lanes(self, group: int) -> int:
        lanes = bytearray(2 * len(self.ids))
        for which in self._many[group]:
            lanes[2 * which] = 1
        return int.from_bytes(lanes, "little")

    @lru_cache(maxsize=1024)  # noqa: B019 - there is one index in a process
    def places(self, which: int) -> Places:
        """The runs of a text that are in the index."""
        start, end = self._arrays.place_bounds[which : which + 2]
        return Places(self._arrays.runs[start:end], self._arrays.positions[start:end])

    @lru_cache(maxsize=1024)  # noqa: B019 - there is one index in a process
    def versions(self, which: int) -> frozenset[str]:
        """What follows the word "version" in a text."""
        version = self.vocabulary.get("version", 0)
        return frozenset(self.names[after] for word, after in pairwise(self.text(which)) if word == version)

    def dump(self) -> bytes:
        """The index as bytes, with its digest; the same texts give the same bytes."""
        lengths = {name: len(one) for name, one in self._arrays._asdict().items()}
        header = json.dumps({**self._header, "lengths": lengths}, separators=(",", ":"), sort_keys=True).encode()
        body = len(header).to_bytes(8, "little") + header + b"".join(one.tobytes() for one in self._arrays)
        return _MAGIC + hashlib.sha256(body).digest() + body


def _packed(counts: array[int]) -> int:
    """The counts of all texts as one long number, each in 16 bits of it, the first one lowest."""
    return int.from_bytes((counts if _LITTLE else counts[::-1]).tobytes(), sys.byteorder)


def _unpacked(packed: int, texts: int) -> array[int]:
    counts = array("H")
    counts.frombytes(packed.to_bytes(2 * texts, sys.byteorder))
    return counts if _LITTLE else counts[::-1]


def runs(numbers: Sequence[int]) -> list[int]:
    """The keys of all runs, one for each first word: its four words of 16 bits each, the first one highest.

    The words are laid out in memory so that each key is a number there.
    """
    words = array("H", numbers)
    if _LITTLE:
        words.reverse()
    data = memoryview(words.tobytes())
    keys = [0] * max(0, len(words) - _RUN + 1)
    for first in range(min(_RUN, len(keys))):
        here = data[2 * first :]
        keys[first::_RUN] = here[: len(here) // 8 * 8].cast("Q").tolist()
    return keys[::-1] if _LITTLE else keys


def build(texts: Iterable[KnownText]) -> Index:
    """An index of ``texts``."""
    known = list(texts)
    split = [words_of(one.text) for one in known]
    vocabulary = sorted({word for words in split for word in words.solid})
    if len(vocabulary) >= 1 << 16:
        raise ValueError(f"{len(vocabulary)} different words do not fit 16 bits")
    number = {word: index for index, word in enumerate(vocabulary, 1)}
    words, bounds, titles = array("H"), array("I", [0]), []
    sampled: list[list[tuple[int, int]]] = []  # key and position, of each text
    texts_of: dict[int, list[int]] = {}
    for which, one in enumerate(split):
        numbers = [number[word] for word in one.solid]
        words.extend(numbers)
        bounds.append(len(words))
        titles.append(_title(one.lines, one.solid_starts))
        step = _step(len(numbers))
        sampled.append([(key, at) for at, key in enumerate(runs(numbers)) if step == 1 or _sampled(key, step)])
        for key in {key for key, _ in sampled[-1]}:
            texts_of.setdefault(key, []).append(which)
    telling = {key: tuple(some) for key, some in sorted(texts_of.items()) if len(some) <= _MOST_TEXTS}
    counts = Counter(chain.from_iterable(telling.values()))
    header: dict[str, list[object]] = {
        "ids": [list(one.ids) for one in known],
        "exceptions": [one.is_exception for one in known],
        "titles": list(titles),
        "runs": [counts[which] for which in range(len(known))],
        "vocabulary": list(vocabulary),
    }
    keys = array("Q", telling)
    rare = array("H", _rare(split, number))
    placed = (*_grouped(telling.values()), *_placed(sampled, keys), rare)
    return Index(header, _Arrays(words, bounds, keys, *placed))


def _rare(split: Iterable[Words], number: Mapping[str, int]) -> list[int]:
    """The numbers of the words that few texts have."""
    count = Counter(chain.from_iterable(set(words.solid) for words in split))
    return sorted(number[word] for word, texts in count.items() if texts <= _FEW)


def _grouped(texts: Iterable[tuple[int, ...]]) -> Iterator[array[int]]:
    """The groups, their bounds and texts; there are ten times as many runs as groups."""
    groups: dict[tuple[int, ...], int] = {}
    yield array("I", [groups.setdefault(some, len(groups)) for some in texts])
    yield array("I", accumulate(map(len, groups), initial=0))
    yield array("I", chain.from_iterable(groups))


def _placed(sampled: Iterable[Sequence[tuple[int, int]]], keys: Sequence[int]) -> Iterator[array[int]]:
    """The bounds, runs and positions of the places of all texts."""
    number = dict(zip(keys, range(len(keys)), strict=True))
    places = [[(number[key], at) for key, at in some if key in number] for some in sampled]
    yield array("I", accumulate(map(len, places), initial=0))
    yield array("I", [run for some in places for run, _ in some])
    yield array("I", [at for some in places for _, at in some])


def _step(length: int) -> int:
    return 1 if length <= _SHORT else 2 if length <= _MEDIUM else 10


def _sampled(key: int, step: int) -> bool:
    return (key ^ key >> 16 ^ key >> 32 ^ key >> 48) % step == 0


def _title(lines: Sequence[str], starts: Sequence[int]) -> int:
    """How many words a title before the text has; it need not be there (SPDX 2.3 B.11)."""
    seen = 0
    for at, line in enumerate(lines[:6]):
        upto = starts[at + 1] if at + 1 < len(starts) else starts[at]
        if not line.strip():
            if upto:
                return seen if seen <= 14 else 0  # longer ones are no titles
            continue
        seen = upto
    return 0


def parse(data: bytes) -> Index | None:
    """The index that :meth:`Index.dump` wrote; None when the bytes are damaged."""
    size = len(_MAGIC)
    body = memoryview(data)[size + 32 :]
    if data[:size] != _MAGIC or hashlib.sha256(body).digest() != data[size : size + 32]:
        return None
    end = 8 + int.from_bytes(body[:8], "little")
    header = json.loads(bytes(body[8:end]))
    arrays = []
    for name, empty in _TYPES._asdict().items():
        one = empty[:]
        start, end = end, end + header["lengths"][name] * one.itemsize
        one.frombytes(body[start:end])
        arrays.append(one)
    return Index(header, _Arrays(*arrays))


_kept_in: list[Path] = []


def keep_in(directory: Path) -> None:
    """Have :func:`load` keep the index in ``directory``, which nobody else may write to."""
    _kept_in[:] = [directory]


def load(cache: Path | None = None) -> Index:
    """The index of the installed texts, from ``cache`` if it lies there; else it is made and put there.

    Without ``cache`` the directory of :func:`keep_in` counts; without that too it is made anew
    in each process. The name of the file is made of the versions of texts and code. What
    cannot be read or written costs only time.
    """
    return _loaded(cache or next(iter(_kept_in), None))


@lru_cache(maxsize=1)
def _loaded(cache: Path | None) -> Index:
    if cache is None:
        return build(known_texts())
    key = hashlib.sha256(f"{edition()} {_VERSION} {sys.byteorder}".encode()).hexdigest()[:16]
    path = cache / f"{_FILE}{key}"
    try:
        found = parse(path.read_bytes())
    except OSError:
        found = None
    else:
        with suppress(OSError):
            os.utime(path)  # it is in use: see ``_drop_others``
    if found is None:
        found = build(known_texts())
        _keep(path, found.dump())
    return found


def _keep(path: Path, data: bytes) -> None:
    """Written beside and moved into place, so that nobody reads half of it."""
    part = path.with_name(f"{path.name}.{hashlib.sha256(data).hexdigest()[:8]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
        _drop_others(path)
    except OSError:
        return


def _drop_others(path: Path) -> None:
    """Remove the indexes of other versions beside ``path`` that nobody has used for long; raises ``OSError``.

    Every use touches its index, and an installation of another version may take turns with this one.
    Whoever is reading one has it in memory, or reads it to its end.
    """
    now = path.stat().st_mtime
    for other in path.parent.glob(f"{_FILE}*"):
        if other != path and other.lstat().st_mtime < now - _UNUSED:
            other.unlink(missing_ok=True)
