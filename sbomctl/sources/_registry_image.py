"""From a target to an image whose layers are streams from a registry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO, cast

import msgspec

from sbomctl.errors import InputError, SbomctlError, ToolError
from sbomctl.model import Image
from sbomctl.sources._registry_attached import attached_to
from sbomctl.sources._registry_blob import Blob
from sbomctl.sources._registry_hosts import endpoints
from sbomctl.sources._registry_http import Http
from sbomctl.sources._registry_manifest import Chosen, Documents, choose_image
from sbomctl.sources._registry_reference import Reference, parse_reference
from sbomctl.sources._registry_repository import Repository
from sbomctl.sources.base import OpenImage, Request
from sbomctl.sources.documents import Config, Descriptor, blob_name, decode_config
from sbomctl.sources.image_config import StoredLayer, open_image
from sbomctl.sources.oci_index import contradiction
from sbomctl.sources.oci_layout import why_missing


@contextmanager
def opened(request: Request) -> Iterator[OpenImage]:
    """The image that ``request.target`` names; see ``sources.base.Source``."""
    wanted = parse_reference(request.target)
    http = Http(f"registry:{wanted}")
    try:
        yield _first(wanted, http, request)
    finally:
        http.give_up()
        http.close()


def _first(wanted: Reference, http: Http, request: Request) -> OpenImage:
    """The image at the first place that has it: a mirror may lag behind or be down."""
    places = endpoints(wanted)
    for place in places[:-1]:
        try:
            return _Opening(Repository(place, http), http, wanted, request).image()
        except (ToolError, InputError) as error:
            if not _may_be_elsewhere(error):
                raise
    return _Opening(Repository(places[-1], http), http, wanted, request).image()


def _may_be_elsewhere(error: SbomctlError) -> bool:
    """Whether a mirror simply does not have it; what it has and what is wrong with that is told."""
    return isinstance(error, ToolError) or type(error) is InputError


class _Opening(msgspec.Struct, frozen=True):
    """One image in one repository."""

    repository: Repository
    http: Http
    wanted: Reference
    request: Request

    def image(self) -> OpenImage:
        limits = self.request.limits
        chosen = choose_image(
            Documents(self.repository, limits), self.wanted.digest or self.wanted.tag, self.request.platform
        )
        place = f"{self.repository.place}: {chosen.digest}"
        config = decode_config(chosen.config, Config, place)
        stored = [self._stored(layer) for layer in chosen.manifest.layers or ()]
        opened = open_image(self.request, chosen.config, config, stored, place, self._syft(chosen))
        attached, unknown = attached_to(self.repository, chosen, limits)
        target = str(self.wanted.pinned(chosen.digest))
        image: Image = msgspec.structs.replace(opened.image, target=target, attached=attached)
        problems = opened.problems + contradiction(config.platform, chosen.platform) + unknown
        return msgspec.structs.replace(opened, image=image, problems=problems, abandon=self.http.give_up)

    def _stored(self, layer: Descriptor) -> StoredLayer:
        blob_name(layer.digest, self.repository.place)  # raises for what is no digest
        missing = why_missing(layer, present=True) or why_missing(layer, present=self._is_there(layer))
        return StoredLayer(
            f"{self.repository.place}: {layer.digest}",
            partial(self._blob, layer),
            layer.size,
            layer.digest,
            layer.media_type,
            missing,
            remote=True,
        )

    def _is_there(self, layer: Descriptor) -> bool:
        """Asked only of layers that may not be distributed; of all others reading will tell."""
        if not why_missing(layer, present=False):
            return True
        answer = self.repository.ask(f"blobs/{layer.digest}", method="HEAD")
        answer.close()
        return answer.status == 200

    def _blob(self, layer: Descriptor) -> BinaryIO:
        return cast("BinaryIO", Blob(self.repository, layer.digest, layer.size, self.http))

    def _syft(self, chosen: Chosen) -> str:
        """The same manifest at the same place; whom syft can prove itself to is its own matter."""
        return f"registry:{self.repository.endpoint}@{chosen.digest}"
