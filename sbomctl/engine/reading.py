"""Read every layer of the product once."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence

from sbomctl.engine.pool import run
from sbomctl.layers.harvest import Advance, Harvest, harvest
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

    Layers are the same when their diff_ids are, which reading verifies. One whose harvest
    ``store`` has is only hashed. ``advance`` is called from several threads. Raises ``InputError``.
    """
    unique: dict[str, OpenLayer] = {}
    for number, image in enumerate(images):
        for layer in image.layers:
            unique.setdefault(_key(number, layer), layer)
    stop = threading.Event()

    def pass_on(amount: int) -> None:
        if stop.is_set():
            raise _Stopped
        if advance is not None:
            advance(amount)

    def read(layer: OpenLayer) -> Harvest:
        if store is None:
            return harvest(layer, wanted, limits, advance=pass_on)
        return _from_store(store, layer, wanted, limits, pass_on)

    done = dict(zip(unique, run(jobs or _processors(), read, list(unique.values()), stop.set), strict=True))
    return [[done[_key(number, layer)] for layer in image.layers] for number, image in enumerate(images)]


def _from_store(store: Store, layer: OpenLayer, wanted: Gate, limits: Limits, advance: Advance) -> Harvest:
    """The harvest of ``layer``, kept from an earlier scan or for the next.

    In any doubt the layer is read, so that what is wrong with it is told as it is without a store.
    """
    stored = layer.stored()
    if stored is None:
        return harvest(layer, wanted, limits, advance=advance)
    key = key_of(layer, stored.promised, wanted.patterns, limits)
    known = store.load(key)
    if known is not None and layer.info.diff_id in ("", known.diff_id) and is_as_promised(stored, advance):
        return known
    fresh = harvest(layer, wanted, limits, advance=advance)
    store.save(key, fresh)
    return fresh


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


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _key(image: int, layer: OpenLayer) -> str:
    changeset = "changeset" if layer.changeset else "plain"
    return f"{changeset} {layer.info.diff_id}" if layer.info.diff_id else f"{image} {layer.info.index}"
