"""Read every layer of the product once."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence

from sbomctl.engine.pool import run
from sbomctl.layers.harvest import Advance, Harvest, Wanted, harvest
from sbomctl.sources.base import Limits, OpenImage, OpenLayer


class _Stopped(Exception):
    """Another layer failed, or the user pressed Ctrl-C."""


def read_layers(
    images: Sequence[OpenImage], wanted: Wanted, limits: Limits, jobs: int, advance: Advance | None = None
) -> list[list[Harvest]]:
    """The harvests of each image's layers, in order; a layer that several images share is read once.

    Layers are the same when their diff_ids are, which reading verifies. ``advance`` is
    called from several threads. Raises ``InputError``.
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
        return harvest(layer, wanted, limits, advance=pass_on)

    done = dict(zip(unique, run(jobs or _processors(), read, list(unique.values()), stop.set), strict=True))
    return [[done[_key(number, layer)] for layer in image.layers] for number, image in enumerate(images)]


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _key(image: int, layer: OpenLayer) -> str:
    changeset = "changeset" if layer.changeset else "plain"
    return f"{changeset} {layer.info.diff_id}" if layer.info.diff_id else f"{image} {layer.info.index}"
