"""Read every layer of the product once, and verify every copy of it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Sequence

import msgspec

from sbomctl.engine.pool import processors, run
from sbomctl.layers.harvest import Advance, Harvest, harvest, harvest_some
from sbomctl.layers.patterns import Gate
from sbomctl.layers.store import Store, key_of
from sbomctl.sources.base import Limits, OpenImage, OpenLayer, Stored

_CHUNK = 1 << 20


class _Stopped(Exception):
    """Another layer failed, or the user pressed Ctrl-C."""


def read_layers(
    images: Sequence[OpenImage],
    wanted: Gate,
    limits: Limits,
    jobs: int,
    advance: Advance | None = None,
    store: Store | None = None,
) -> list[list[Harvest]]:
    """The harvests of each image's layers, in order; a layer that several images share is read once.

    Layers are the same when their diff_ids are; of each copy that is verified. One whose
    harvest ``store`` has is only hashed; one that is remote not even fetched. ``advance`` is
    called from several threads. Raises ``InputError``, and ``ToolError`` for what is remote.
    """
    unique: dict[str, OpenLayer] = {}
    copies: list[tuple[OpenLayer, OpenLayer]] = []
    for number, image in enumerate(images):
        for layer in image.layers:
            first = unique.setdefault(_key(number, layer), layer)
            if first is not layer:
                copies.append((layer, first))
    stop = threading.Event()

    def pass_on(amount: int) -> None:
        if stop.is_set():
            raise _Stopped
        if advance is not None:
            advance(amount)

    def cancel() -> None:
        stop.set()
        for image in images:
            image.abandon()

    reader = _Reader(wanted, limits, pass_on, store)
    done = dict(zip(unique, run(jobs or processors(), reader.read, list(unique.values()), cancel), strict=True))
    run(jobs or processors(), reader.verify, copies, cancel)
    return [[done[_key(number, layer)] for layer in image.layers] for number, image in enumerate(images)]


class _Reader(msgspec.Struct, frozen=True):
    """Reads layers, or hashes them where that is enough.

    In any doubt a layer is read, so that what is wrong with it is told in one way only.
    """

    wanted: Gate
    limits: Limits
    advance: Advance
    store: Store | None

    def read(self, layer: OpenLayer) -> Harvest:
        """The harvest of a layer, which an earlier scan may have kept; it is kept for the next."""
        stored = layer.stored() if self.store else None
        if self.store is None or stored is None:
            return self._harvest(layer)
        key = key_of(layer, stored.promised, (*self.wanted.bounds, self.wanted.heads), self.limits)
        known = self.store.load(key)
        if known is not None and layer.info.diff_id in ("", known.diff_id) and _holds(stored, self.advance):
            return known
        fresh = self._harvest(layer)
        self.store.save(key, fresh)
        return fresh

    def verify(self, copy: tuple[OpenLayer, OpenLayer]) -> None:
        """Raise ``InputError`` unless a layer is what its image promises.

        One that lies where the other does, and of which the same is promised, is the other, which was read: an
        archive may hold many images. A link may give one blob the name of two digests.
        Where it promises the same bytes as the other, their digest is enough; else (another compression)
        only reading shows that the content is the same.
        """
        layer, other = copy
        stored, known = layer.stored(), other.stored()
        if stored is None or known is None or stored.promised != known.promised:
            self.read(layer)
        elif (stored.where is None or stored.where != known.where) and not _holds(stored, self.advance):
            self._harvest(layer)

    def _harvest(self, layer: OpenLayer) -> Harvest:
        wanted = self.wanted
        return harvest(layer, wanted, self.limits, max_file=wanted.most, heads=wanted.heads, advance=self.advance)


def read_again(layer: OpenLayer, paths: Collection[str], limits: Limits, store: Store | None) -> Harvest:
    """The harvest of ``paths``, regular files that the layer must have, with their content.

    ``store`` keeps it where reading it once more would mean to fetch it once more.
    """
    stored = layer.stored() if store else None
    if store is None or stored is None or not stored.remote:
        return harvest_some(layer, paths, limits)
    key = key_of(layer, stored.promised, ("only", *sorted(paths)), limits)
    known = store.load(key)
    if known is None or layer.info.diff_id not in ("", known.diff_id):
        known = harvest_some(layer, paths, limits)
        store.save(key, known)
    return known


def _holds(stored: Stored, advance: Advance) -> bool:
    """Whether what was read of bytes with the promised digest may stand for these.

    A copy here is hashed first: it may be damaged. Of what is remote there is no copy: the
    digest is the only name it is asked for by, and nothing is kept, or passes for read, whose
    bytes did not have the digest then (``TarLayer.members``). So there is nothing to fetch.
    """
    return stored.remote or is_as_promised(stored, advance)


def is_as_promised(stored: Stored, advance: Advance) -> bool:
    """Whether the stored bytes, hashed now, have the digest that the image promises."""
    digest = hashlib.new(stored.promised.partition(":")[0])
    try:
        with stored.open_raw() as raw:
            while piece := raw.read(_CHUNK):
                digest.update(piece)
                advance(len(piece))
    except OSError:
        return False
    return f"{digest.name}:{digest.hexdigest()}" == stored.promised


def _key(image: int, layer: OpenLayer) -> str:
    changeset = "changeset" if layer.changeset else "plain"
    return f"{changeset} {layer.info.diff_id}" if layer.info.diff_id else f"{image} {layer.info.index}"
