"""OCI image layouts: a directory, or the same as a tar (``skopeo copy … oci-archive:``, ``docker buildx``).

OCI image-spec 1.1, image-layout.md and layer.md.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, ClassVar

import msgspec

from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.sources.archive import archive_at
from sbomctl.sources.base import OpenImage, Request
from sbomctl.sources.documents import (
    Config,
    Descriptor,
    Files,
    Index,
    Layout,
    blob_name,
    decode,
    decode_config,
    find_blob,
    read_blob,
    read_document,
)
from sbomctl.sources.host_file import open_regular, split_reference
from sbomctl.sources.image_config import StoredLayer, open_image
from sbomctl.sources.oci_index import Candidate, choose, contradiction, find_images
from sbomctl.sources.tar_kind import TarKind, kind_of

LAYOUT = "oci-layout"


class OciArchive:
    """``oci-archive:PATH[:TAG | @DIGEST]``."""

    scheme: ClassVar[str] = "oci-archive"
    about: ClassVar[str] = "OCI image layout in a tar file"

    def accepts(self, target: str) -> bool:
        """Whether the target is a tar with an image layout and no Docker manifest."""
        return kind_of(split_reference(target)[0]) is TarKind.OCI

    @contextmanager
    def open(self, request: Request) -> Iterator[OpenImage]:
        """The image; see ``sources.base.Source``."""
        path, reference = split_reference(request.target)
        with archive_at(path, request) as archive:
            syft = "" if archive.compressed else f"{self.scheme}:{Path(path).absolute()}"
            yield open_layout(archive, reference, request, syft)


class OciDir:
    """``oci-dir:PATH[:TAG | @DIGEST]``."""

    scheme: ClassVar[str] = "oci-dir"
    about: ClassVar[str] = "OCI image layout in a directory"

    def accepts(self, target: str) -> bool:
        """Whether the target is a directory with an ``oci-layout`` file."""
        try:
            return Path(split_reference(target)[0], LAYOUT).is_file()
        except (OSError, ValueError):
            return False

    @contextmanager
    def open(self, request: Request) -> Iterator[OpenImage]:
        """The image; see ``sources.base.Source``."""
        path, reference = split_reference(request.target)
        if not Path(path).is_dir():
            raise UnsupportedInput(f"{path} is no directory", "an image layout in a tar is read with oci-archive:")
        yield open_layout(_Directory(path), reference, request, f"{self.scheme}:{Path(path).absolute()}")


class _Directory:
    """The files of a layout on disk (``documents.Files``).

    Names come from verified digests, never from paths in the image. A blob may be a link
    to elsewhere, as Bazel makes them: its digest is verified all the same.
    """

    def __init__(self, path: str) -> None:
        self.place = path

    def size(self, name: str) -> int | None:
        try:
            return Path(self.place, name).stat().st_size
        except FileNotFoundError:
            return None
        except OSError:
            return 0  # it is there; opening it tells what is wrong

    def open(self, name: str) -> BinaryIO:
        return open_regular(str(Path(self.place, name)), f"{self.place}: {name}")

    def where(self, name: str) -> Hashable | None:
        try:
            status = Path(self.place, name).stat()
        except OSError:
            return None
        return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def open_layout(files: Files, reference: str, request: Request, syft_target: str) -> OpenImage:
    """The image of a layout that reference and platform name; raises ``InputError``."""
    index = _read_index(files, request)
    found = find_images(files, index.manifests or (), reference, request.limits)
    only = not reference and len(found.images) == 1 and not found.absent
    return open_candidate(files, choose(files, found, request.platform), request, syft_target if only else "")


def open_candidate(files: Files, chosen: Candidate, request: Request, syft_target: str = "") -> OpenImage:
    """An image that ``find_images`` found; raises ``InputError``."""
    document = read_blob(files, chosen.config, request.limits)
    place = f"{files.place}: {chosen.config.digest}"
    config = decode_config(document, Config, place)
    layers = [_stored(files, layer) for layer in chosen.manifest.layers or ()]
    opened = open_image(request, document, config, layers, place, syft_target)
    return msgspec.structs.replace(opened, problems=opened.problems + contradiction(config.platform, chosen.platform))


def _read_index(files: Files, request: Request) -> Index:
    if files.size("index.json") is None:
        raise UnsupportedInput(f"{files.place}: no OCI image layout, it has no index.json", "name an image layout")
    layout = decode(read_document(files, LAYOUT, request.limits), Layout, f"{files.place}: {LAYOUT}")
    if not layout.image_layout_version.startswith("1."):
        raise UnsupportedInput(
            f"{files.place}: image layout version {layout.image_layout_version[:50]!r}", "version 1 is read"
        )
    return decode(read_document(files, "index.json", request.limits), Index, f"{files.place}: index.json")


def _stored(files: Files, layer: Descriptor) -> StoredLayer:
    name = find_blob(files, layer)
    missing = why_missing(layer, present=name is not None)
    if name is None and not missing:
        raise CorruptInput(
            f"{files.place}: the layer {layer.digest} is missing", "the image is incomplete; copy it again"
        )
    name = name or blob_name(layer.digest, files.place)
    return StoredLayer(
        f"{files.place}: {layer.digest}",
        partial(files.open, name),
        layer.size,
        layer.digest,
        layer.media_type,
        missing,
        where=files.where(name),
    )


def why_missing(layer: Descriptor, *, present: bool) -> str:
    """Why the content of a layer cannot be read; "" when it can, or should be there and is not.

    Layers that may not be distributed (layer.md, "Non-Distributable Layers") are read
    where somebody stored them all the same.
    """
    kind = layer.media_type
    if "+encrypted" in kind:
        return "the layer is encrypted; scan the image before it is encrypted"
    if kind and ".tar" not in kind:
        return f"a layer of media type {kind} is no tar"
    if not present and (".foreign." in kind or ".nondistributable." in kind):
        where = f"; its manifest names {', '.join(layer.urls)}" if layer.urls else ""
        return f"the layer may not be distributed and is not stored here{where}"
    return ""
