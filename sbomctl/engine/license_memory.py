"""What detectors said of the license files of a layer: for the other images that have it, and for later scans.

A result is a function of the file's bytes, of what counts of its name, and of what decides the detectors
(``licenses.deciding``): found by all of these, one that is remembered is the one that reading would give.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from sbomctl.engine.license_results import Result, Results, Task
from sbomctl.layers.harvest import Harvest
from sbomctl.layers.store import Store
from sbomctl.licenses.base import FileLicenses

_log = logging.getLogger(__name__)
_FORMAT = 2  # of what is kept in a store
_MAX_BYTES = 64 << 20  # kept of one layer; what is beyond is read anew
# Detector, name, what it says, and the texts in that, each once: there their numbers stand for them.
_Said = list[tuple[str, str, FileLicenses | None, list[str]]]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Said).decode


class LicenseMemory:
    """The results of layers, by their diff_ids; of a layer without one nothing is remembered.

    ``images`` are the layers of each image that will be read: what no other has is forgotten with its image,
    but kept in ``store`` if there is one. A store that cannot be read or written costs time only.
    """

    def __init__(self, store: Store | None, images: Iterable[Sequence[str]], *, compares: bool = True) -> None:
        """``compares``: whether the detectors compare texts with those of licenses."""
        self._store = store
        self._compares = compares
        self._uses = Counter(diff_id for layers in images for diff_id in {*layers} - {""})
        self._layers: dict[str, _Layer] = {}

    def remembers(self, diff_id: str) -> bool:
        """Whether the results of this layer are known, or somebody will ask for them again."""
        return bool(diff_id) and (self._store is not None or diff_id in self._layers or self._uses[diff_id] > 1)

    def recall(self, diff_id: str, sha256: str) -> Results:
        """What is known of the content with this digest; the caller does not change it."""
        return self._layer(diff_id).of(sha256)

    def remember(self, diff_id: str, sha256: str, results: Results) -> None:
        """Add what was said of a content."""
        self._layer(diff_id).add(sha256, results)

    def leave(self, layers: Iterable[str]) -> None:
        """An image with these layers has been read: keep what is new, forget what no other image has."""
        for diff_id in {*layers} - {""}:
            known = self._layers.get(diff_id)
            if known and known.has_grown and (name := self._name(diff_id)):
                self._save(name, diff_id, known)
            self._uses[diff_id] -= 1
            if self._uses[diff_id] <= 0:
                self._layers.pop(diff_id, None)

    def _layer(self, diff_id: str) -> _Layer:
        if diff_id not in self._layers:
            name = self._name(diff_id)
            kept = self._store.load(name) if self._store and name else None
            self._layers[diff_id] = _Layer(kept.blobs if kept and kept.diff_id == diff_id else {})
        return self._layers[diff_id]

    def _save(self, name: str, diff_id: str, known: _Layer) -> None:
        """In the form of a harvest, whose every part the store checks; its blobs are the results by content."""
        if self._store:
            self._store.save(name, Harvest(diff_id, size=0, changeset=False, entries={}, blobs=known.packed()))
            known.has_grown = False

    def _name(self, diff_id: str) -> str:
        """Under what the store has the results of a layer; "" where what decides them cannot be told."""
        from sbomctl.licenses.deciding import deciding  # reads what is installed: only where something is kept

        decides = deciding() if self._store else ""
        key = _encode(("licenses", _FORMAT, decides, self._compares, diff_id))
        return hashlib.sha256(key).hexdigest() if decides else ""


class Recollection:
    """A memory for one image with these layers, lowest first; without one nothing is remembered."""

    def __init__(self, memory: LicenseMemory | None, layers: Sequence[str]) -> None:
        self._memory = memory
        self._layers = layers
        self._homes = frozenset(diff_id for diff_id in layers if memory and memory.remembers(diff_id))
        self._digests: dict[bytes, str] = {}

    @property
    def works(self) -> bool:
        """Whether anything may be remembered."""
        return bool(self._homes)

    def recall(self, task: Task) -> Results | None:
        """What the task would give; None where not all of that is known."""
        home = self._home(task)
        return task.recalled(self._memory.recall(home, self._digest(task))) if self._memory and home else None

    def remember(self, task: Task, results: Results) -> None:
        """What the task gave."""
        home = self._home(task)
        if self._memory and home:
            self._memory.remember(home, self._digest(task), results)

    def leave(self) -> None:
        """The image has been read."""
        if self._memory:
            self._memory.leave(self._layers)

    def _home(self, task: Task) -> str:
        home = self._layers[task.layer] if task.layer < len(self._layers) else ""
        return home if home in self._homes else ""

    def _digest(self, task: Task) -> str:
        if task.data not in self._digests:
            self._digests[task.data] = hashlib.sha256(task.data).hexdigest()
        return self._digests[task.data]


class _Layer:
    """The results of one layer by the SHA-256 (hex) of the content; unpacked when they are asked for."""

    def __init__(self, packed: dict[str, bytes]) -> None:
        self.has_grown = False
        self._packed = packed
        self._known: dict[str, Results] = {}

    def of(self, sha256: str) -> Results:
        if sha256 not in self._known:
            self._known[sha256] = _unpacked(self._packed.get(sha256, b""))
        return self._known[sha256]

    def add(self, sha256: str, results: Results) -> None:
        known = self.of(sha256)
        if not results.keys() <= known.keys():
            known.update(results)
            self.has_grown = True

    def packed(self) -> dict[str, bytes]:
        """As much as may be kept."""
        kept: dict[str, bytes] = {}
        left = _MAX_BYTES
        for sha256 in sorted(self._packed.keys() | self._known.keys()):
            data = _packed(self._known[sha256]) if sha256 in self._known else self._packed[sha256]
            left -= len(data)
            if data and left >= 0:
                kept[sha256] = data
        return kept


def _packed(results: Results) -> bytes:
    """b"" for nothing, and for what has no form in UTF-8."""
    try:
        return _encode([(*key, *_numbered(result)) for key, result in sorted(results.items())]) if results else b""
    except UnicodeEncodeError:
        return b""


def _numbered(result: Result | None) -> tuple[FileLicenses | None, list[str]]:
    """With numbers in place of texts: many statements of one file have the same."""
    if result is None:
        return None, []
    texts = sorted(result.digests)
    numbers = {text: str(number) for number, text in enumerate(texts)} | {"": ""}
    return _with_texts(result.licenses, numbers.__getitem__), texts


def _with_texts(licenses: FileLicenses, of: Callable[[str], str]) -> FileLicenses:
    statements = tuple(
        msgspec.structs.replace(one, text=of(one.text)) if one.text else one for one in licenses.statements
    )
    return msgspec.structs.replace(licenses, statements=statements, notice=of(licenses.notice))


def _unpacked(data: bytes) -> Results:
    try:
        said = _decode(data) if data else []
        return {(detector, name): _lettered(licenses, texts) for detector, name, licenses, texts in said}
    except (msgspec.DecodeError, ValueError, IndexError) as error:
        # The store vouches for the bytes, not for what they mean.
        _log.debug("results of a license file are not used: %s", error)
        return {}


def _lettered(licenses: FileLicenses | None, texts: list[str]) -> Result | None:
    if licenses is None:
        return None
    return Result.of(_with_texts(licenses, lambda number: texts[int(number)] if number else ""))
