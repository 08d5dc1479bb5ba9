"""Which source reads a target: by its scheme, or by looking at it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePath

import msgspec

from sbomctl.errors import ConfigError, CorruptInput, InputError, SbomctlError, UnsupportedInput
from sbomctl.sources import SOURCES
from sbomctl.sources.base import OpenImage, Request, Source
from sbomctl.sources.host_file import exists, open_regular, split_reference

_SCHEME = re.compile(r"([a-z][a-z0-9]*(?:-[a-z0-9]+)*):(.*)", re.DOTALL)

_ELSEWHERE = frozenset(("oci", "file", "docker-daemon", "containers-storage", "podman", "singularity"))
"""Schemes of other tools that would pass for the name of an image when a path follows."""

_ENGINES = frozenset(("docker", "registry"))
"""Schemes behind which the name of an image stands, not a path; recorded as the source completes it."""


def find_source(target: str, sources: Mapping[str, Source] = SOURCES) -> tuple[Source, str]:
    """The source that reads ``target``, and the target without its scheme.

    A known ``scheme:`` decides. Without one the sources are asked in the order of the
    registry. Raises ``ConfigError`` for an unknown scheme, ``InputError`` when nothing fits.
    """
    if not target:
        raise ConfigError("the target is empty", f"name an image; schemes are: {', '.join(sources)}")
    scheme, rest = _split(target)
    if scheme in sources:
        if not rest:
            raise ConfigError(f"{target!r} names nothing", f"write {scheme}:PATH or {scheme}:NAME")
        return sources[scheme], rest
    foreign = scheme in _ELSEWHERE and exists(rest)
    fitting = next((source for source in sources.values() if not foreign and source.accepts(target)), None)
    if fitting is not None:
        return fitting, target
    if foreign or (scheme and not exists(split_reference(target)[0])):
        raise ConfigError(f"unknown scheme {scheme!r} in {target!r}", f"schemes are: {', '.join(sources)}")
    raise _nothing_fits(target, tuple(sources))


def _split(target: str) -> tuple[str, str]:
    found = _SCHEME.fullmatch(target)
    return (found.group(1), found.group(2)) if found else ("", "")


def _nothing_fits(target: str, schemes: Sequence[str]) -> InputError:
    path = split_reference(target)[0]
    tried = f"tried: {', '.join(schemes)}"
    if not exists(path):
        return UnsupportedInput(
            f"{target!r} is no file, no directory and no image name", f"check the spelling, or name the kind; {tried}"
        )
    with open_regular(path, path) as file:
        if not file.read(1):
            return CorruptInput(f"{path} is empty", "write or download it again")
    return UnsupportedInput(
        f"{path}: neither a tar archive nor anything else that is read here",
        f"name a saved image, an image layout or a tar of a root filesystem; {tried}",
    )


@contextmanager
def open_target(request: Request) -> Iterator[OpenImage]:
    """The image that ``request.target``, with or without scheme, leads to; raises ``SbomctlError``.

    Its layers can be read until the context ends. Its target names the source that read it
    and the file, not the folders before the file: where an image lies on the machine that
    scans it is no fact of the product, and the same image must give the same document.
    """
    source, rest = find_source(request.target)
    with source.open(msgspec.structs.replace(request, target=rest)) as opened:
        yield _placed(opened, _recorded(source, opened.image.target if source.scheme in _ENGINES else rest))


def _placed(opened: OpenImage, target: str) -> OpenImage:
    """The image with the target that documents show; what is inside it comes behind an exclamation mark."""
    inner = tuple(_placed(image, f"{target}!{image.image.target}") for image in opened.inner)
    return msgspec.structs.replace(opened, image=msgspec.structs.replace(opened.image, target=target), inner=inner)


def recorded(target: str) -> str:
    """How a document names ``target``: its scheme and the file without folders, or the name of an image."""
    try:
        return _recorded(*find_source(target))
    except SbomctlError:
        return PurePath(target).name or target


def _recorded(source: Source, rest: str) -> str:
    if source.scheme in _ENGINES:
        return f"{source.scheme}:{rest}"
    path, reference = split_reference(rest)
    return f"{source.scheme}:{PurePath(path).name or path}{rest.removeprefix(path) if reference else ''}"
