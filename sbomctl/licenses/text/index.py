"""An index of known texts: which run of four words stands where in which text."""

from __future__ import annotations

import hashlib
import json
import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from sbomctl.licenses.text.source import KnownText, edition, known_texts
from sbomctl.licenses.text.words import words_of

_VERSION = 8  # goes up when an index of the same texts would differ
_RUN = 4  # words
_MOST_TEXTS = 140  # a run that more texts share says nothing
_SHORT, _MEDIUM = 150, 700  # words: of longer texts only a part of the runs is kept
_FEW = 5  # texts
_MAGIC = b"sbomctl-license-index"
_LENGTHS = "words", "bounds", "keys", "offsets", "postings"
_TYPES = "HIQII"


class Place(NamedTuple):
    """A run of a text: its key and the position of its first word."""

    key: int
    position: int


class Index:
    """Known texts as numbered words, and the texts of each run."""

    def __init__(self, header: dict[str, list[object]], arrays: Sequence[array[int]]) -> None:
        self._words, self._bounds, self._keys, self._offsets, self._postings = arrays
        self._header = header
        self.ids: list[tuple[str, ...]] = [tuple(map(str, ids)) for ids in header["ids"]]  # type: ignore[call-overload]
        self.is_exception: list[bool] = [bool(flag) for flag in header["exceptions"]]
        self.titles: list[int] = [int(str(count)) for count in header["titles"]]
        self.runs_of: list[int] = [int(str(count)) for count in header["runs"]]
        self.vocabulary = {str(word): number for number, word in enumerate(header["vocabulary"], 1)}
        self.names: list[str] = ["", *map(str, header["vocabulary"])]
        self.number = dict(zip(self._keys, range(len(self._keys)), strict=True))

    def numbers(self, words: Sequence[str]) -> list[int]:
        """The numbers of ``words``; 0 where no known text has the word."""
        get = self.vocabulary.get
        return [get(word, 0) for word in words]

    def text(self, which: int) -> Sequence[int]:
        """The words of a text."""
        return self._words[self._bounds[which] : self._bounds[which + 1]]

    def bounds(self, which: int) -> int:
        """How many words a text has."""
        return self._bounds[which + 1] - self._bounds[which]

    @lru_cache(maxsize=1024)  # noqa: B019 - there is one index in a process
    def counted(self, which: int) -> Mapping[int, int]:
        """How often a text has each of its words."""
        return Counter(self.text(which))

    @lru_cache(maxsize=1024)  # noqa: B019 - there is one index in a process
    def own_names(self, which: int) -> frozenset[str]:
        """The words of a text that few others have: mostly names."""
        rare = self._rare()
        return frozenset(self.names[number] for number in set(self.text(which)) if number in rare)

    @lru_cache(maxsize=1)  # noqa: B019 - there is one index in a process
    def _rare(self) -> frozenset[int]:
        count: Counter[int] = Counter()
        for which in range(len(self.ids)):
            count.update(set(self.text(which)))
        return frozenset(number for number, texts in count.items() if texts <= _FEW)

    def texts_with(self, run: int) -> array[int]:
        """The texts that have a run, given by its number."""
        return self._postings[self._offsets[run] : self._offsets[run + 1]]

    @lru_cache(maxsize=1024)  # noqa: B019 - there is one index in a process
    def places(self, which: int) -> list[Place]:
        """The runs of a text that are in the index, in its order."""
        known = self.number
        keys = runs(self.text(which))
        step = _step(len(self.text(which)))
        return [Place(key, at) for at, key in enumerate(keys) if key in known and _sampled(key, step)]

    def dump(self) -> bytes:
        """The index as bytes, with its digest; the same texts give the same bytes."""
        arrays = (self._words, self._bounds, self._keys, self._offsets, self._postings)
        lengths = {name: len(one) for name, one in zip(_LENGTHS, arrays, strict=True)}
        header = json.dumps({**self._header, "lengths": lengths}, separators=(",", ":"), sort_keys=True).encode()
        body = len(header).to_bytes(8, "little") + header + b"".join(one.tobytes() for one in arrays)
        return _MAGIC + hashlib.sha256(body).digest() + body


def runs(numbers: Sequence[int]) -> list[int]:
    """The keys of all runs, one for each first word; with 0 in it a key is in no index."""
    return [
        a << 48 | b << 32 | c << 16 | d
        for a, b, c, d in zip(numbers, numbers[1:], numbers[2:], numbers[3:], strict=False)
    ]


def build(texts: Iterable[KnownText]) -> Index:
    """An index of ``texts``."""
    known = list(texts)
    split = [words_of(one.text) for one in known]
    vocabulary = sorted({word for words in split for word in words.solid})
    if len(vocabulary) >= 1 << 16:
        raise ValueError(f"{len(vocabulary)} different words do not fit 16 bits")
    number = {word: index for index, word in enumerate(vocabulary, 1)}
    words, bounds, titles = array("H"), array("I", [0]), []
    texts_of: dict[int, list[int]] = {}
    for which, one in enumerate(split):
        numbers = [number[word] for word in one.solid]
        words.extend(numbers)
        bounds.append(len(words))
        titles.append(_title(one.lines, one.solid_starts))
        step = _step(len(numbers))
        for key in {key for key in runs(numbers) if _sampled(key, step)}:
            texts_of.setdefault(key, []).append(which)
    counts = [0] * len(known)
    keys, offsets, postings = array("Q"), array("I", [0]), array("I")
    for key, holders in sorted(texts_of.items()):
        if len(holders) <= _MOST_TEXTS:
            keys.append(key)
            postings.extend(holders)
            offsets.append(len(postings))
            for which in holders:
                counts[which] += 1
    header: dict[str, list[object]] = {
        "ids": [list(one.ids) for one in known],
        "exceptions": [one.is_exception for one in known],
        "titles": list(titles),
        "runs": list(counts),
        "vocabulary": list(vocabulary),
    }
    return Index(header, (words, bounds, keys, offsets, postings))


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
    for name, code in zip(_LENGTHS, _TYPES, strict=True):
        one = array(code)
        start, end = end, end + header["lengths"][name] * one.itemsize
        one.frombytes(body[start:end])
        arrays.append(one)
    return Index(header, arrays)


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
    path = cache / f"license-index-{key}"
    try:
        found = parse(path.read_bytes())
    except OSError:
        found = None
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
    except OSError:
        return
