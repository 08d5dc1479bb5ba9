"""From an image's config and its stored layers to an image that can be read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import BinaryIO

import msgspec

from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.model import Image, Layer
from sbomctl.sources.base import Digests, Limits, OpenImage, OpenLayer, Request, Stored
from sbomctl.sources.documents import Config, Step
from sbomctl.sources.tar import TarLayer, TarMember

_DIFF_ID = re.compile(r"sha256:[0-9a-f]{64}")


class StoredLayer(msgspec.Struct, frozen=True):
    """Where a layer's bytes are, or why they are not; ``place`` is what messages call it."""

    place: str
    open_raw: Callable[[], BinaryIO]
    size: int = 0  # bytes as stored
    digest: str = ""
    media_type: str = ""
    missing: str = ""
    remote: bool = False  # as ``base.Stored.remote``
    where: Hashable | None = None  # as ``base.Stored.where``


class MissingLayer:
    """A layer without content; its ``info.missing`` says why.

    It states no diff_id, so that it is never taken for the same layer of another image
    that has its content.
    """

    changeset = True
    has_diff_id = True

    def __init__(self, info: Layer) -> None:
        self.info = msgspec.structs.replace(info, diff_id="")

    def members(self, limits: Limits) -> Iterator[TarMember]:  # noqa: ARG002 - protocol
        """Nothing."""
        return iter(())

    def digests(self) -> Digests:
        """Nothing was proved."""
        return Digests("", 0)

    def stored(self) -> Stored | None:
        """Nothing."""
        return None


def open_image(
    request: Request, document: bytes, config: Config, stored: Sequence[StoredLayer], place: str, syft_target: str = ""
) -> OpenImage:
    """The image that ``config``, read from the bytes ``document``, describes.

    Raises ``CorruptInput`` when config and manifest disagree on the number of layers.
    """
    diff_ids = _diff_ids(config, place)
    if len(diff_ids) != len(stored):
        raise CorruptInput(
            f"{place}: the config promises {len(diff_ids)} layers, the manifest {len(stored)}",
            "the image was put together wrongly; build or save it again",
        )
    steps, problems = build_steps(config.history or (), len(stored))
    layers = tuple(
        Layer(index, diff_id, layer.digest, layer.media_type, created_by=step, missing=layer.missing)
        for index, (diff_id, layer, step) in enumerate(zip(diff_ids, stored, steps, strict=True))
    )
    problems += tuple(
        f"layer {info.index} ({info.digest or info.diff_id}): {info.missing}" for info in layers if info.missing
    )
    image = Image(
        id="sha256:" + hashlib.sha256(document).hexdigest(),
        name=request.name,
        role=request.role,
        target=request.target,
        platform=config.platform,
        layers=layers,
        labels=tuple(sorted(((config.config and config.config.labels) or {}).items())),
        created=config.created or "",
    )
    opened = [open_layer(info, layer) for info, layer in zip(layers, stored, strict=True)]
    return OpenImage(image, opened, problems, syft_target)


def open_layer(info: Layer, stored: StoredLayer) -> OpenLayer:
    """A layer to read; an empty file is none, because even an empty tar has an end mark."""
    if stored.missing:
        return MissingLayer(info)
    if not stored.size:
        raise CorruptInput(f"{stored.place} is empty", "the archive is incomplete; write it again")
    return TarLayer(info, stored.open_raw, changeset=True, name=stored.place, remote=stored.remote, where=stored.where)


def _diff_ids(config: Config, place: str) -> tuple[str, ...]:
    diff_ids = (config.rootfs and config.rootfs.diff_ids) or ()
    for diff_id in diff_ids:
        if not _DIFF_ID.fullmatch(diff_id):
            raise UnsupportedInput(
                f"{place}: the diff_id {diff_id[:150]!r} cannot be verified", "only sha256 digests are used for layers"
            )
    return diff_ids


def build_steps(history: Sequence[Step], count: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The build step of each of ``count`` layers, and what was wrong with the history.

    History is optional (OCI config.md); one that does not fit the layers is not used at all.
    """
    steps = tuple(step.created_by or "" for step in history if not step.empty_layer)
    if not history or len(steps) == count:
        return steps or ("",) * count, ()
    problem = f"the history names {len(steps)} layers, the image has {count}; build steps are left out"
    return ("",) * count, (problem,)
