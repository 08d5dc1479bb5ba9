"""Layers of images inside an image: what keeps one from being read does not keep the others from it."""

from __future__ import annotations

from collections.abc import Iterator

from sbomctl.errors import InputError
from sbomctl.sources.base import Digests, Limits, Member, OpenLayer, Stored


class TolerantLayer:
    """A layer whose errors are its fault; it ends where it cannot be read any further."""

    def __init__(self, layer: OpenLayer) -> None:
        self.info = layer.info
        self.changeset = layer.changeset
        self.has_diff_id = layer.has_diff_id
        self._layer = layer
        self._fault = ""

    def members(self, limits: Limits) -> Iterator[Member]:
        """See ``sources.base.OpenLayer``."""
        self._fault = ""
        try:
            yield from self._layer.members(limits)
        except InputError as error:
            self._fault = str(error)

    def digests(self) -> Digests:
        """What was proved; a layer that could not be read has no digest."""
        return Digests("", 0, self._fault) if self._fault else self._layer.digests()

    def stored(self) -> Stored | None:
        """Nothing: what is kept of a layer from scan to scan must not depend on a fault."""
        return None
