"""Which image of a saved archive is meant."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sbomctl.errors import UnsupportedInput
from sbomctl.model import Platform
from sbomctl.sources.base import Request
from sbomctl.sources.documents import Config, Files, SavedImage, decode_config, read_document
from sbomctl.sources.platforms import listed, may_satisfy

_HEX = re.compile(r"[0-9a-f]{64}")


def choose(files: Files, images: Sequence[SavedImage], reference: str, request: Request) -> SavedImage:
    """The one image that reference and platform name; raises ``InputError`` that lists what there is."""
    named = tuple(image for index, image in enumerate(images) if not reference or _is(image, index, reference))
    if not named:
        raise UnsupportedInput(f"{files.place}: no image {reference!r} in it", f"it has: {_list(images)}")
    fitting = _on_platform(files, named, request) if request.platform else named
    different = {image.config: image for image in fitting}
    if len(different) > 1:
        raise UnsupportedInput(
            f"{files.place}: holds {len(different)} images: {_list(fitting)}",
            "choose one: PATH:NAME:TAG, PATH:@INDEX (the first is 0), or --platform",
        )
    return fitting[0]


def _on_platform(files: Files, images: Sequence[SavedImage], request: Request) -> tuple[SavedImage, ...]:
    wanted = request.platform or Platform()
    platforms = [_platform(files, image, request) for image in images]
    fitting = tuple(image for image, platform in zip(images, platforms, strict=True) if may_satisfy(platform, wanted))
    if not fitting:
        raise UnsupportedInput(
            f"{files.place}: no image for {wanted}; there is {listed(platforms)}", "choose one of these with --platform"
        )
    return fitting


def _platform(files: Files, image: SavedImage, request: Request) -> Platform:
    document = read_document(files, image.config, request.limits)
    return decode_config(document, Config, f"{files.place}: {image.config}").platform


def _is(image: SavedImage, index: int, reference: str) -> bool:
    if reference == f"@{index}":
        return True
    if reference.startswith("@"):
        found = _HEX.search(image.config)
        return found is not None and reference == f"@sha256:{found.group()}"
    return full_name(reference) in map(full_name, image.repo_tags or ())


def full_name(reference: str) -> str:
    """A reference with everything in it that Docker lets one leave out."""
    host, slash, rest = reference.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        host, rest = "docker.io", reference
    if host in ("docker.io", "index.docker.io") and "/" not in rest:
        rest = "library/" + rest
    tagged = rest if ":" in rest or "@" in rest else rest + ":latest"
    return f"{'docker.io' if host == 'index.docker.io' else host}/{tagged}"


def _list(images: Sequence[SavedImage]) -> str:
    return "; ".join(", ".join(image.repo_tags or ()) or f"untagged {image.config}" for image in images)
