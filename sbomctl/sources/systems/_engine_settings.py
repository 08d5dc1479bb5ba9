"""Where an engine keeps its data, as the settings of Docker say (dockerd manual, "Daemon configuration file")."""

from __future__ import annotations

import msgspec

from sbomctl.errors import InputError
from sbomctl.filesystems.walk import content, find
from sbomctl.sources.documents import decode
from sbomctl.sources.systems.base import Here

_SETTINGS = "etc/docker/daemon.json"
_SETTINGS_BYTES = 1 << 20


class _Settings(msgspec.Struct, frozen=True, rename="kebab"):
    data_root: str = ""
    graph: str = ""  # its name before 2017


def stated_data_roots(here: Here) -> list[str]:
    """The data-roots that the settings name, as paths of the image; of the tree that is the root only."""
    node = None if here.place else find(here.tree, _SETTINGS.encode())
    if node is None:
        return []
    try:
        settings = decode(content(node, _SETTINGS_BYTES), _Settings, _SETTINGS)
    except InputError:
        return []  # the engine would not start with it either
    return [path for path in (settings.data_root.strip("/"), settings.graph.strip("/")) if path]
