"""Apps that Foundries.io's microPlatform brings for a factory reset: a store of blobs (composeapp)."""

from __future__ import annotations

import re
from typing import ClassVar

from sbomctl.filesystems.walk import content, find, listing
from sbomctl.sources.systems._content_store import gather
from sbomctl.sources.systems.base import Here, Inside, System

_STORES = ("var/sota/reset-apps",)
_PROJECTS = "var/sota/compose-apps"
_COMPOSE = b"docker-compose.yml"
_COMPOSE_BYTES = 1 << 20
_IMAGE = re.compile(rb"image:[ \t]*[\"']?([\w./:-]{1,300})@(sha256:[0-9a-f]{64})")


class ComposeApps(System):
    """A store of apps."""

    name: ClassVar[str] = "Linux microPlatform"
    about: ClassVar[str] = "images of the apps in var/sota/reset-apps, named as their compose files name them"
    signs: ClassVar[tuple[str, ...]] = tuple(f"{place}/blobs/" for place in _STORES)

    def inside(self, here: Here) -> Inside | None:
        """Every image of the store."""
        found = Inside()
        for path, names in here.led_to(below for store in _STORES if (below := here.below(store)) is not None):
            if names.listed(b"blobs/sha256"):
                gather(here, path, names, _called(here), found, apps=True)
                found.left_out.add(f"{path}/blobs")
        return found if found.left_out else None


def _called(here: Here) -> dict[str, str]:
    """The names that compose files use, by digest."""
    called: dict[str, str] = {}
    projects = (here.below(_PROJECTS) or "").encode()
    for project in listing(here.tree, projects) if projects else ():
        node = find(here.tree, b"%s/%s/%s" % (projects, project, _COMPOSE))
        for image in _IMAGE.finditer(content(node, _COMPOSE_BYTES) if node else b""):
            called.setdefault(image[2].decode(), image[1].decode())
    return called
