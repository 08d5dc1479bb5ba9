"""The JSON documents of images, as far as they are read here.

OCI image-spec 1.1: image-index.md, manifest.md, config.md, descriptor.md. Docker image
specification v1 (``<id>/json``, ``repositories``) and v1.2 (``manifest.json``).
What Go programs write for nothing is ``null``, hence the many ``| None``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Hashable
from typing import BinaryIO, Protocol, TypeVar, cast

import msgspec

from sbomctl.errors import CorruptInput, DigestMismatch, UnsupportedInput
from sbomctl.model import Platform, well_formed
from sbomctl.sources.base import Limits

T = TypeVar("T")

_DIGEST = re.compile(r"(sha256):([0-9a-f]{64})|(sha512):([0-9a-f]{128})")
_DAMAGED = "it was changed or damaged after it was built; get it again from a place you trust"


class Descriptor(msgspec.Struct, frozen=True, rename="camel"):
    """A pointer to a blob and what is promised of it; ``size`` in bytes."""

    digest: str
    size: int
    media_type: str = ""
    platform: Platform | None = None
    annotations: dict[str, str] | None = None
    urls: tuple[str, ...] | None = None


class Index(msgspec.Struct, frozen=True):
    """An image index or Docker manifest list."""

    manifests: tuple[Descriptor, ...] | None = None


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """An image manifest; ``config`` is None in what only looks like one."""

    config: Descriptor | None = None
    layers: tuple[Descriptor, ...] | None = None


class Layout(msgspec.Struct, frozen=True, rename="camel"):
    """The ``oci-layout`` file (image-layout.md)."""

    image_layout_version: str


class RootFs(msgspec.Struct, frozen=True):
    """The layers as the config promises them, lowest first."""

    diff_ids: tuple[str, ...] | None = None


class Step(msgspec.Struct, frozen=True):
    """A build step; an empty one made no layer."""

    created_by: str | None = None
    empty_layer: bool | None = None


class Settings(msgspec.Struct, frozen=True):
    """How containers of the image start; only the labels matter here."""

    labels: dict[str, str] | None = None
    cmd: tuple[str, ...] | str | None = None


class Config(msgspec.Struct, frozen=True):
    """An image config, of OCI or Docker."""

    os: str | None = None
    architecture: str | None = None
    variant: str | None = None
    created: str | None = None
    config: Settings | None = None
    rootfs: RootFs | None = None
    history: tuple[Step, ...] | None = None

    @property
    def platform(self) -> Platform:
        """As stated; "" where it is not."""
        return Platform(self.os or "", self.architecture or "", self.variant or "")


class SavedImage(msgspec.Struct, frozen=True, rename="pascal"):
    """One image of ``docker save``; ``layers`` are member names, ``layer_sources`` is keyed by diff_id."""

    config: str
    repo_tags: tuple[str, ...] | None = None
    layers: tuple[str, ...] | None = None
    layer_sources: dict[str, Descriptor] | None = None


SAVED_IMAGES = cast("type[tuple[SavedImage, ...] | None]", tuple[SavedImage, ...] | None)
"""The type of ``manifest.json``."""


class V1Image(msgspec.Struct, frozen=True):
    """One layer of Docker's first image format: ``<id>/json``."""

    parent: str | None = None
    os: str | None = None
    architecture: str | None = None
    created: str | None = None
    config: Settings | None = None
    container_config: Settings | None = None


class Files(Protocol):
    """Named files that belong together: an archive's members, a layout's directory."""

    place: str  # what messages call it

    def size(self, name: str) -> int | None:
        """Bytes; None when there is no such file."""
        ...

    def open(self, name: str) -> BinaryIO:
        """The content from its start; raises ``InputError``."""
        ...

    def where(self, name: str) -> Hashable | None:
        """Where its bytes are, the same for the same bytes only; None where that is not known."""
        ...


def decode(data: bytes, kind: type[T], place: str) -> T:
    """``data`` as a document; raises ``CorruptInput`` with the path of what is wrong in it."""
    try:
        try:
            return msgspec.json.decode(data, type=kind)
        except (msgspec.MsgspecError, ValueError):
            return msgspec.json.decode(well_formed(data), type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise CorruptInput(f"{place}: not the document it should be: {error}", _DAMAGED) from error


def decode_config(data: bytes, kind: type[T], place: str) -> T:
    """A config by Go's rule for names, by which Docker reads it: case does not matter.

    Microsoft's base images say ``rootfS``. The keys of labels are left as they are.
    """
    whole = _folded(decode(data, dict[str, object], place))
    for key in _CONFIG_OBJECTS & whole.keys():
        if isinstance(whole[key], dict):
            whole[key] = _folded(cast("dict[str, object]", whole[key]))
    try:
        return msgspec.convert(whole, kind)
    except msgspec.ValidationError as error:
        raise CorruptInput(f"{place}: not the document it should be: {error}", _DAMAGED) from error


_CONFIG_OBJECTS = frozenset(("config", "container_config", "rootfs"))


def _folded(document: dict[str, object]) -> dict[str, object]:
    return {key.lower(): value for key, value in document.items()}


def read_document(files: Files, name: str, limits: Limits) -> bytes:
    """The whole of a small file; raises ``CorruptInput`` when it is absent or over its bound."""
    size = files.size(name)
    place = f"{files.place}: {name}"
    if size is None:
        raise CorruptInput(f"{place} is missing", "the archive is incomplete; write it again")
    if size > limits.document_bytes:
        raise CorruptInput(f"{place}: {size:,} bytes are too many for a document", "this is no usable image")
    with files.open(name) as file:
        data = file.read(size + 1)
    if len(data) != size:
        raise CorruptInput(f"{place}: {len(data):,} bytes where {size:,} should be", _DAMAGED)
    return data


def blob_name(digest: str, place: str) -> str:
    """Where an image layout keeps a blob; raises ``CorruptInput`` and ``UnsupportedInput``."""
    if not _DIGEST.fullmatch(digest):
        algorithm = digest.partition(":")[0]
        if algorithm in ("sha256", "sha512") or not re.fullmatch(r"[a-z0-9]+([+._-][a-z0-9]+)*", algorithm):
            raise CorruptInput(f"{place}: {digest[:150]!r} is no digest", _DAMAGED)
        raise UnsupportedInput(
            f"{place}: digests by {algorithm!r} cannot be verified", "store the image with sha256 digests"
        )
    return "blobs/" + digest.replace(":", "/")


def find_blob(files: Files, wanted: Descriptor) -> str | None:
    """The name of a blob whose size is as promised; None when it is absent; raises ``InputError``."""
    name = blob_name(wanted.digest, files.place)
    size = files.size(name)
    if size is not None and size != wanted.size:
        message = f"{files.place}: {name} has {size:,} bytes, but the image promises {wanted.size:,}"
        raise CorruptInput(message, _DAMAGED)
    return name if size is not None else None


def read_blob(files: Files, wanted: Descriptor, limits: Limits) -> bytes:
    """A document by its descriptor, size and digest verified; raises ``InputError``."""
    name = find_blob(files, wanted) or blob_name(wanted.digest, files.place)
    data = read_document(files, name, limits)
    verify(data, wanted.digest, f"{files.place}: {name}")
    return data


def verify(data: bytes, digest: str, place: str) -> None:
    """Raise ``DigestMismatch`` unless ``data`` has ``digest``, by sha256 or sha512."""
    algorithm = digest.partition(":")[0]
    found = f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"
    if found != digest:
        raise DigestMismatch(f"{place}: the content is {found}, but the image promises {digest}", _DAMAGED)
