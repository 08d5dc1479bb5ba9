"""Saved images that an engine loads when the device starts: what k3s and RKE2 keep for places without network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import ClassVar

import msgspec

from sbomctl.errors import CorruptInput, InputError
from sbomctl.filesystems._spool import compression, spooled
from sbomctl.filesystems.base import Blob, Damaged
from sbomctl.model import Role, path_text
from sbomctl.sources._tolerant import TolerantLayer
from sbomctl.sources.archive import Archive
from sbomctl.sources.base import OpenImage, Request
from sbomctl.sources.docker_archive import MANIFEST, open_all
from sbomctl.sources.documents import Index, decode, read_document
from sbomctl.sources.oci_index import find_images
from sbomctl.sources.oci_layout import open_candidate
from sbomctl.sources.systems.base import Here, Inside, System

_PLACES = ("var/lib/rancher/k3s/agent/images", "var/lib/rancher/rke2/agent/images")
_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".tar.bz2", ".tbz", ".tar.xz", ".tar.lz4")
_INDEX = "index.json"


class SavedImages(System):
    """Archives of images in a root."""

    name: ClassVar[str] = "k3s, RKE2 without network"
    about: ClassVar[str] = "archives of docker save and OCI in agent/images, plain or compressed"
    signs: ClassVar[tuple[str, ...]] = tuple(f"{place}/" for place in _PLACES)

    def inside(self, here: Here) -> Inside | None:
        """Every image of every archive."""
        found = Inside()
        for place in (below for one in _PLACES if (below := here.below(one)) is not None):
            for name in here.names.listed(place.encode()):
                path = f"{place}/{path_text(name)}"
                node = here.names.node(place.encode() + b"/" + name)
                if node is None or not path.endswith(_SUFFIXES):
                    continue
                try:
                    found.inner += images_in(node, here.at(path), partial(here.inner, path=path))
                    found.left_out.add(path)
                except (InputError, Damaged) as error:
                    found.problems.append(f"{here.at(path)}: the images in it cannot be read: {error}")
        return found if found.inner or found.problems else None


def images_in(blob: Blob, place: str, request_of: Callable[[str], Request]) -> list[OpenImage]:
    """Every image of an archive, compressed or not, asked for by its name; raises ``InputError`` and ``Damaged``.

    ``place`` is what messages call the archive.
    """
    plain = spooled(blob) if compression(blob.pread(0, 6)) else blob
    archive = Archive(plain, place)

    def of_container(name: str) -> Request:
        request = msgspec.structs.replace(request_of(name), role=Role.CONTAINER)
        return msgspec.structs.replace(request, target=f"{request.target}:{name}")

    saved = archive.size(MANIFEST) is not None
    images = list(open_all(archive, of_container) if saved else _of_layout(archive, of_container))
    if not images:
        raise CorruptInput(f"{place}: no image of those that it lists is in it", "write the archive again")
    return [msgspec.structs.replace(image, layers=[TolerantLayer(layer) for layer in image.layers]) for image in images]


def _of_layout(archive: Archive, request_of: Callable[[str], Request]) -> Iterator[OpenImage]:
    limits = request_of("").limits
    index = decode(read_document(archive, _INDEX, limits), Index, f"{archive.place}: {_INDEX}")
    for candidate in find_images(archive, index.manifests or (), "", limits).images.values():
        yield open_candidate(archive, candidate, request_of(next(iter(candidate.names), candidate.digest[7:19])))
