"""Images saved before Docker 1.10: a chain of layers, each with a JSON document that names its parent.

Docker image specification v1. There are no digests: nothing here can be verified.
"""

from __future__ import annotations

import hashlib
from functools import partial

from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.model import Image, Layer, Platform
from sbomctl.sources.archive import Archive
from sbomctl.sources.base import OpenImage, Request
from sbomctl.sources.docker_choice import full_name
from sbomctl.sources.documents import V1Image, decode, decode_config, read_document
from sbomctl.sources.image_config import StoredLayer, open_layer
from sbomctl.sources.platforms import listed, may_satisfy

_MAX_LAYERS = 1000


def open_v1(archive: Archive, reference: str, request: Request) -> OpenImage:
    """The image that ``repositories`` and the reference name; raises ``InputError``.

    Its id is the digest of the topmost document, which holds the config: the ids of this
    format were random numbers.
    """
    top = _top(archive, reference, request)
    chain, document = _chain(archive, top, request)
    config = chain[-1][1]
    platform = Platform(config.os or "", config.architecture or "")
    if request.platform and not may_satisfy(platform, request.platform):
        raise UnsupportedInput(
            f"{archive.place}: no image for {request.platform}; there is {listed([platform])}",
            "choose this one with --platform",
        )
    layers = tuple(Layer(index, created_by=_step(image)) for index, (_, image) in enumerate(chain))
    image = Image(
        id="sha256:" + hashlib.sha256(document).hexdigest(),
        name=request.name,
        role=request.role,
        target=request.target,
        platform=platform,
        layers=layers,
        labels=tuple(sorted(((config.config and config.config.labels) or {}).items())),
        created=config.created or "",
    )
    opened = [open_layer(info, _stored(archive, name)) for info, (name, _) in zip(layers, chain, strict=True)]
    return OpenImage(image, opened)


def _top(archive: Archive, reference: str, request: Request) -> str:
    place = f"{archive.place}: repositories"
    document = read_document(archive, "repositories", request.limits)
    repositories = decode(document, dict[str, dict[str, str]], place)
    tops = {f"{name}:{tag}": top for name, tags in sorted(repositories.items()) for tag, top in sorted(tags.items())}
    chosen = {top for name, top in tops.items() if not reference or full_name(name) == full_name(reference)}
    if len(chosen) == 1:
        return chosen.pop()
    wanted = f"no image {reference!r} in it" if reference else f"holds {len(chosen)} images"
    raise UnsupportedInput(f"{archive.place}: {wanted}", f"choose one with PATH:NAME:TAG; it has: {', '.join(tops)}")


def _chain(archive: Archive, top: str, request: Request) -> tuple[list[tuple[str, V1Image]], bytes]:
    """Layer ids with their documents, lowest first, and the bytes of the topmost document."""
    chain: list[tuple[str, V1Image]] = []
    seen: set[str] = set()
    name, first = top, b""
    while name:
        if name in seen or len(seen) == _MAX_LAYERS:
            raise CorruptInput(f"{archive.place}: the layer {name} is its own ancestor", "save the image again")
        seen.add(name)
        document = read_document(archive, f"{name}/json", request.limits)
        first = first or document
        image = decode_config(document, V1Image, f"{archive.place}: {name}/json")
        chain.append((name, image))
        name = image.parent or ""
    return chain[::-1], first


def _stored(archive: Archive, name: str) -> StoredLayer:
    member = f"{name}/layer.tar"
    size = archive.size(member)
    if size is None:
        raise CorruptInput(f"{archive.place}: {member} is missing", "the archive is incomplete; save it again")
    return StoredLayer(f"{archive.place}: {member}", partial(archive.open, member), size, where=archive.where(member))


def _step(image: V1Image) -> str:
    command = image.container_config.cmd if image.container_config else None
    return command if isinstance(command, str) else " ".join(command or ())
