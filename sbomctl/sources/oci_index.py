"""Which image of a layout is meant: indexes followed to manifests, one chosen by name and platform.

OCI image-spec 1.1, image-index.md. Rule for errors: what only looking into the layout can
tell (no such tag, several platforms) is an ``InputError``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.model import Platform
from sbomctl.sources.base import Limits
from sbomctl.sources.documents import (
    Config,
    Descriptor,
    Files,
    Index,
    Manifest,
    decode,
    decode_config,
    find_blob,
    read_blob,
)
from sbomctl.sources.platforms import listed, may_satisfy, satisfies

T = TypeVar("T")

REF_NAME = "org.opencontainers.image.ref.name"
_CONTAINERD_NAME = "io.containerd.image.name"
_ATTESTATION = "vnd.docker.reference.type"  # BuildKit: provenance beside the image, platform unknown/unknown
_MAX_DOCUMENTS = 4096

INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
CONFIGS = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")


class Candidate(msgspec.Struct, frozen=True):
    """An image in the layout and all that identifies it."""

    digest: str
    manifest: Manifest
    config: Descriptor
    names: tuple[str, ...]
    platform: Platform

    def __str__(self) -> str:
        shown = self.names[0] if self.names else f"@{self.digest}"
        return f"{str(self.platform) or 'unknown platform'} ({shown})"


class Found(msgspec.Struct):
    """What a walk through the indexes met."""

    images: dict[str, Candidate] = {}  # by manifest digest
    absent: list[Descriptor] = []  # listed, but their manifest is not stored here
    other: list[str] = []  # media types of what is no image

    def platforms(self) -> str:
        """Every platform listed, for messages."""
        elsewhere = [descriptor.platform or Platform() for descriptor in self.absent]
        return listed([candidate.platform for candidate in self.images.values()] + elsewhere)


def find_images(files: Files, top: Sequence[Descriptor], reference: str, limits: Limits) -> Found:
    """Every image below the descriptors of ``index.json``; with a reference only what it names.

    A reference is a tag, which names top-level descriptors, or ``@DIGEST``, which names a
    manifest or index at any depth. Nested indexes are followed, each once. Raises ``InputError``.
    """
    digest = reference[1:] if reference.startswith("@") else ""
    walk = _Walk(files, limits)
    queue = deque((descriptor, names_of(descriptor), not digest) for descriptor in _tagged(files, top, reference))
    seen: set[tuple[str, tuple[str, ...], bool]] = set()
    while queue:
        descriptor, names, chosen = queue.popleft()
        chosen = chosen or descriptor.digest == digest
        visit = (descriptor.digest, names, chosen)
        if visit in seen or is_attestation(descriptor):
            continue
        seen.add(visit)
        if len(seen) > _MAX_DOCUMENTS:
            raise CorruptInput(f"{files.place}: more than {_MAX_DOCUMENTS} manifests", "this is no usable image")
        queue.extend((below, names, chosen) for below in walk.visit(descriptor, names, chosen=chosen))
    found = walk.found
    if digest and not (found.images or found.absent or found.other):
        raise UnsupportedInput(f"{files.place}: nothing in it has the digest {digest}", "check the digest")
    return found


class _Walk:
    """Reads what descriptors point to and keeps what was found."""

    def __init__(self, files: Files, limits: Limits) -> None:
        self._files = files
        self._limits = limits
        self.found = Found()

    def visit(self, descriptor: Descriptor, names: tuple[str, ...], *, chosen: bool) -> Sequence[Descriptor]:
        """What an index lists; anything else is noted when it is ``chosen``."""
        kind, data = self._read(descriptor)
        if kind == "index":
            return self._decoded(data, Index, descriptor).manifests or ()
        if not chosen:
            return ()
        if kind == "manifest":
            self._note(descriptor, names, self._decoded(data, Manifest, descriptor))
        elif kind == "absent":
            self.found.absent.append(descriptor)
        else:
            self.found.other.append(kind)
        return ()

    def _read(self, descriptor: Descriptor) -> tuple[str, bytes]:
        """``index`` or ``manifest`` with its content; ``absent`` or a media type without."""
        if descriptor.media_type and descriptor.media_type not in INDEXES + MANIFESTS:
            return descriptor.media_type, b""
        if find_blob(self._files, descriptor) is None:
            return "absent", b""
        data = read_blob(self._files, descriptor, self._limits)
        if descriptor.media_type:
            return ("index" if descriptor.media_type in INDEXES else "manifest"), data
        return ("index" if self._decoded(data, Index, descriptor).manifests else "manifest"), data

    def _decoded(self, data: bytes, kind: type[T], descriptor: Descriptor) -> T:
        return decode(data, kind, f"{self._files.place}: {descriptor.digest}")

    def _note(self, descriptor: Descriptor, names: tuple[str, ...], manifest: Manifest) -> None:
        if manifest.config is None or manifest.config.media_type not in CONFIGS:
            self.found.other.append(manifest.config.media_type if manifest.config else "a manifest without config")
            return
        known = self.found.images.get(descriptor.digest)
        names = tuple(sorted({*names, *(known.names if known else ())}))
        platform = descriptor.platform or self._stated(manifest.config)
        self.found.images[descriptor.digest] = Candidate(descriptor.digest, manifest, manifest.config, names, platform)

    def _stated(self, config: Descriptor) -> Platform:
        data = read_blob(self._files, config, self._limits)
        return decode_config(data, Config, f"{self._files.place}: {config.digest}").platform


def _tagged(files: Files, top: Sequence[Descriptor], reference: str) -> Sequence[Descriptor]:
    """The top-level descriptors that a tag names; all of them without one."""
    if not reference or reference.startswith("@"):
        return top
    tagged = [descriptor for descriptor in top if reference in names_of(descriptor)]
    if not tagged:
        names = sorted({name for descriptor in top for name in names_of(descriptor)})
        raise UnsupportedInput(
            f"{files.place}: nothing in it is named {reference!r}",
            f"it has: {', '.join(names)}" if names else "nothing in it has a name; leave the name out",
        )
    return tagged


def names_of(descriptor: Descriptor) -> tuple[str, ...]:
    """What the image may be called: its annotations, and the tag alone where they hold a whole reference."""
    annotations = descriptor.annotations or {}
    whole = {annotations.get(REF_NAME, ""), annotations.get(_CONTAINERD_NAME, "")}
    tags = {name.rpartition(":")[2] for name in whole if "/" not in name.rpartition(":")[2]}
    return tuple(sorted((whole | tags) - {""}))


def contradiction(stated: Platform, listed_as: Platform) -> tuple[str, ...]:
    """What is wrong when an index lists another platform than the config states."""
    if may_satisfy(stated, listed_as):
        return ()
    return (f"the index lists the image for {listed_as}, its config says {stated}",)


def is_attestation(descriptor: Descriptor) -> bool:
    """Whether it is a statement about an image and no image."""
    return (descriptor.annotations or {}).get(_ATTESTATION) == "attestation-manifest"


def choose(files: Files, found: Found, wanted: Platform | None) -> Candidate:
    """The one image that was meant; raises ``InputError`` that lists what there is."""
    fitting = [c for c in found.images.values() if wanted is None or satisfies(c.platform, wanted)]
    if len(fitting) == 1:
        return fitting[0]
    if not found.images:
        raise _no_image(files, found)
    if fitting:
        several = "; ".join(sorted(map(str, fitting)))
        raise UnsupportedInput(
            f"{files.place}: holds {len(fitting)} images: {several}",
            "choose one: --platform or platform: in the product file, or PATH:TAG, or PATH@DIGEST",
        )
    absent = [d for d in found.absent if d.platform and wanted and satisfies(d.platform, wanted)]
    if absent:
        raise CorruptInput(
            f"{files.place}: {wanted} is listed ({absent[0].digest}), but not stored here",
            "save or copy the image again with all platforms",
        )
    raise UnsupportedInput(
        f"{files.place}: no image for {wanted}; there is {found.platforms()}", "choose one of these with --platform"
    )


def _no_image(files: Files, found: Found) -> Exception:
    if found.absent:
        first = found.absent[0].digest
        return CorruptInput(
            f"{files.place}: the manifest {first} is missing", "the layout is incomplete; copy it again"
        )
    if found.other:
        kinds = ", ".join(sorted(set(found.other)))
        return UnsupportedInput(f"{files.place}: holds no container image, but {kinds}", "name an image")
    return UnsupportedInput(
        f"{files.place}: index.json names no image", "if docker save wrote it, read it as docker-archive:"
    )
