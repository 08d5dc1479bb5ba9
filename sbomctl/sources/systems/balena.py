"""balenaOS: the root is a container of an engine whose store lies in the root partition (meta-balena, hostapp)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from sbomctl.errors import InputError
from sbomctl.filesystems.base import Damaged
from sbomctl.filesystems.subtree import Names
from sbomctl.filesystems.walk import content
from sbomctl.model import path_text
from sbomctl.sources.file_system import Piece
from sbomctl.sources.systems._engine_store import EngineStore
from sbomctl.sources.systems.base import Here, Inside, Root, System
from sbomctl.sources.systems.docker_engine import StoreContents

_ENGINES = (b"balena", b"docker")
_CONTAINER = re.compile(rb"(?:.*/)?hostapps/([0-9a-f]{64})/?")
_COUNTER = re.compile(rb"\s*([0-9]{1,9})\s*")
_EXTENSION = "overlay"  # the value of a label of containers that are merged on top
_MOUNTED = "mnt/sysroot/active"


class Balena(System):
    """A hostapp root partition."""

    name: ClassVar[str] = "balenaOS"
    about: ClassVar[str] = "the hostapp that /current names, its layers as the root; of two slots the one that starts"
    signs: ClassVar[tuple[str, ...]] = ("hostapps/",)

    def root(self, here: Here) -> Root | None:
        """The layers of the hostapp with its extensions on top, then the partition itself."""
        container = _current(here.names)
        if not container:
            return None
        for engine in _ENGINES:
            store = _store(here, engine)
            if store is not None:
                return _root(here, engine, store, container)
        return None


def _root(here: Here, engine: bytes, store: EngineStore, container: str) -> Root:
    pieces: list[Piece] = []
    problems: list[str] = []
    used = [container, *_extensions(store, container, problems)]
    images = set()
    for one in used:
        try:
            image = store.image(store.container(one).image)
            images.add(image.id)
            pieces += [*store.pieces(image), *store.changes(one)]
        except InputError as error:
            problems.append(f"the hostapp {one[:12]} cannot be read: {error}")
    rest = Inside()
    path = path_text(engine)
    StoreContents(here, path, store, rest).gather(frozenset(images), frozenset(used))
    left_out = frozenset(one.encode() for one in (*rest.left_out, f"{path}/image"))
    pieces.append(Piece(here.tree, _MOUNTED, f"{path_text(engine)} root partition", left_out=left_out))
    return Root(pieces, rest.inner, (*problems, *rest.problems), _rank(here.names))


def _current(names: Names) -> str:
    """The id of the container that ``/current`` leads to; "" where there is none."""
    node = names.node(b"current")
    try:
        found = _CONTAINER.fullmatch(node.target()) if node is not None else None
    except Damaged:
        return ""
    return found[1].decode() if found else ""


def _store(here: Here, engine: bytes) -> EngineStore | None:
    tree = here.names.subtree(engine)
    if tree is None:
        return None
    names = Names(tree)
    drivers = [driver for driver in names.listed(b"image") if names.ref(b"image/%s/layerdb/mounts" % driver)]
    if not drivers:
        return None
    store = EngineStore(names, path_text(drivers[0]), path_text(engine), here.request.limits)
    return store if store.can_be_read else None


def _extensions(store: EngineStore, hostapp: str, problems: list[str]) -> Iterator[str]:
    for container in store.containers():
        try:
            if container != hostapp and _EXTENSION in store.container(container).labels():
                yield container
        except InputError as error:
            problems.append(f"the container {container[:12]} cannot be read: {error}")


def _rank(names: Names) -> int:
    """The higher counter of two slots is that of the one that starts."""
    node = names.node(b"counter")
    found = _COUNTER.fullmatch(content(node, 64)) if node is not None else None
    return int(found[1]) if found else 0
