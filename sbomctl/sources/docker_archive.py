"""What ``docker save`` writes, in all the layouts it has had.

* before 1.10: ``repositories`` and per layer ``<id>/json`` with its parent and ``<id>/layer.tar``;
* 1.10 to 24: ``manifest.json`` names the config and the layers of each image;
* since 25: the same, with all files below ``blobs/`` and an OCI index beside it.

Docker image specification v1 and v1.2, "Combined Image JSON + Filesystem Changeset Format".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import ClassVar

import msgspec

from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.sources.archive import Archive, archive_at
from sbomctl.sources.base import OpenImage, Request
from sbomctl.sources.docker_choice import choose
from sbomctl.sources.docker_v1 import open_v1
from sbomctl.sources.documents import SAVED_IMAGES, Config, SavedImage, decode, decode_config, read_document, verify
from sbomctl.sources.host_file import split_reference
from sbomctl.sources.image_config import StoredLayer, open_image
from sbomctl.sources.oci_layout import why_missing
from sbomctl.sources.tar_kind import TarKind, kind_of

MANIFEST = "manifest.json"
_HEX = re.compile(r"[0-9a-f]{64}")
_BLOBS = "blobs/sha256/"


class DockerArchive:
    """``docker-archive:PATH[:NAME[:TAG] | @DIGEST | @INDEX]``."""

    scheme: ClassVar[str] = "docker-archive"
    about: ClassVar[str] = "tar file written by docker save or podman save"

    def accepts(self, target: str) -> bool:
        """Whether the target is a tar with ``manifest.json`` or ``repositories``."""
        return kind_of(split_reference(target)[0]) is TarKind.DOCKER

    @contextmanager
    def open(self, request: Request) -> Iterator[OpenImage]:
        """The image; see ``sources.base.Source``."""
        path, reference = split_reference(request.target)
        with archive_at(path, request) as archive:
            syft = "" if archive.compressed else f"{self.scheme}:{Path(path).absolute()}"
            yield open_saved(archive, reference, request, syft)


def open_saved(archive: Archive, reference: str, request: Request, syft_target: str) -> OpenImage:
    """The image of a saved archive that reference and platform name; raises ``InputError``.

    ``syft_target`` is kept only when the archive holds no other image.
    """
    if archive.size(MANIFEST) is None:
        if archive.size("repositories") is None:
            raise UnsupportedInput(
                f"{archive.place}: no manifest.json in it, docker save did not write it", _remedy(archive)
            )
        return open_v1(archive, reference, request)
    place = f"{archive.place}: {MANIFEST}"
    images = decode(read_document(archive, MANIFEST, request.limits), SAVED_IMAGES, place) or ()
    if not images:
        raise UnsupportedInput(f"{place} names no image", "save the image again")
    saved = choose(archive, images, reference, request)
    return _open_one(archive, saved, request, syft_target if len(images) == 1 else "")


def open_all(archive: Archive, request_of: Callable[[str], Request]) -> Iterator[OpenImage]:
    """Every image of a saved archive, asked for by its first name or its number; raises ``InputError``."""
    place = f"{archive.place}: {MANIFEST}"
    images = decode(read_document(archive, MANIFEST, request_of("").limits), SAVED_IMAGES, place) or ()
    for number, saved in enumerate(images):
        yield _open_one(archive, saved, request_of(next(iter(saved.repo_tags or ()), f"@{number}")), "")


def _remedy(archive: Archive) -> str:
    return (
        "read it as oci-archive:" if archive.size("index.json") is not None else "a root filesystem is read as rootfs:"
    )


def _open_one(archive: Archive, saved: SavedImage, request: Request, syft_target: str) -> OpenImage:
    document = read_document(archive, saved.config, request.limits)
    place = f"{archive.place}: {saved.config}"
    if saved.config.startswith(_BLOBS):
        verify(document, "sha256:" + saved.config.removeprefix(_BLOBS), place)
    config = decode_config(document, Config, place)
    diff_ids = (config.rootfs and config.rootfs.diff_ids) or ()
    names = saved.layers or ()
    layers = [
        _stored(archive, saved, name, diff_ids[index] if index < len(diff_ids) else "")
        for index, name in enumerate(names)
    ]
    opened = open_image(request, document, config, layers, place, syft_target)
    return msgspec.structs.replace(opened, problems=opened.problems + _renamed(saved.config, opened.image.id))


def _renamed(name: str, found: str) -> tuple[str, ...]:
    """What is wrong when a config is called after the digest of other content.

    Outside ``blobs/`` the name promises nothing, and engines load such an archive; but
    somebody has edited it since it was saved.
    """
    promised = _HEX.search(name)
    if promised is None or found == f"sha256:{promised.group()}":
        return ()
    return (f"the config {name} was edited after it was saved: its content is {found}",)


def _stored(archive: Archive, saved: SavedImage, name: str, diff_id: str) -> StoredLayer:
    """The layer in member ``name``; below ``blobs/`` its name is its digest, elsewhere nothing is promised."""
    source = (saved.layer_sources or {}).get(diff_id)
    size = archive.size(name)
    missing = why_missing(source, present=size is not None) if source and size is None else ""
    if size is None and not missing:
        raise CorruptInput(f"{archive.place}: the layer {name} is missing", "the archive is incomplete; save it again")
    digest = "sha256:" + name.removeprefix(_BLOBS) if name.startswith(_BLOBS) else ""
    media_type = source.media_type if source and digest else ""
    place, where = f"{archive.place}: {name}", archive.where(name)
    return StoredLayer(place, partial(archive.open, name), size or 0, digest, media_type, missing, where=where)
