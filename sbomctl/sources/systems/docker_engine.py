"""Images in the data-root of a Docker, Moby or balena engine, wherever the root keeps it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import ClassVar

import msgspec

from sbomctl.errors import InputError
from sbomctl.filesystems.subtree import Names
from sbomctl.model import Image, Layer, Role, path_text
from sbomctl.sources.base import OpenImage, OpenLayer
from sbomctl.sources.file_system import FileSystemLayer
from sbomctl.sources.systems._engine_settings import stated_data_roots
from sbomctl.sources.systems._engine_store import OWN_CHANGES, EngineStore, StoredImage
from sbomctl.sources.systems.base import Here, Inside, System

_PLACES = ("var/lib/docker", "var/lib/balena-engine", "var/lib/balena", "mnt/data/docker")
_ON_A_PARTITION = ("", "docker", "balena", "lib/docker", "var/lib/docker")  # of data, mounted somewhere
_DATABASE = b"imagedb"


class DockerEngine(System):
    """The store of an engine."""

    name: ClassVar[str] = "Docker Engine"
    about: ClassVar[str] = "images in a data-root (overlay2, fuse-overlayfs, aufs, vfs, btrfs), changed containers"
    signs: ClassVar[tuple[str, ...]] = tuple(f"{place}/image/" for place in _PLACES)

    def inside(self, here: Here) -> Inside | None:
        """Every image that is no mere step of another, and every container that changed something."""
        found = Inside()
        for path, names in here.led_to(_data_roots(here)):
            for driver in names.listed(b"image"):
                if names.ref(b"image/%s/%s" % (driver, _DATABASE)) is not None:
                    place = here.at(path) or here.request.target
                    store = EngineStore(names, path_text(driver), place, here.request.limits)
                    StoreContents(here, path, store, found).gather()
        return found if found.inner or found.problems or found.left_out else None


def _data_roots(here: Here) -> list[str]:
    """Where a data-root may be, as paths of the tree, each once."""
    if not here.is_root:
        return [*_ON_A_PARTITION]
    inside = (here.below(path) for path in dict.fromkeys((*stated_data_roots(here), *_PLACES)))
    return [path for path in inside if path is not None]


class StoreContents:
    """What one store holds, gathered."""

    def __init__(self, here: Here, path: str, store: EngineStore, inside: Inside) -> None:
        self.here, self.path, self.store, self.inside = here, path, store, inside
        self.driver = store.driver

    def gather(self, images: Collection[str] = (), containers: Collection[str] = ()) -> None:
        """Add images, changed containers and problems; one that cannot be read does not keep the others back.

        ``images`` and ``containers`` are those that the caller has already.
        """
        if not self.store.can_be_read:
            self._problem(f"the images of its storage driver {self.driver} are not read here")
            return
        known: dict[str, StoredImage] = {}
        for image, name in self._wanted():
            if image in images:
                continue
            try:
                known[image] = stored = self.store.image(image)
                self.inside.inner.append(self._opened(stored, name, list(self.store.opened(stored))))
            except InputError as error:
                self._problem(f"the image {name} cannot be read: {error}")
        self._containers(known, containers)
        if unused := self.store.unused():
            self._problem(
                f"{len(unused)} directories of {self.driver} belong to no image and no container; "
                "what is in them is not in this result (docker builder prune removes them)"
            )
        home = [part for part in (self.path, self.driver) if part]
        self.inside.left_out.add("/".join(home))

    def _wanted(self) -> Iterator[tuple[str, str]]:
        """Each image with its first name; of those without a name only what no other was built on."""
        try:
            names: dict[str, str] = {}
            for reference, image in self.store.references().items():
                names.setdefault(image, reference)
            ids = self.store.ids()
            parents = {self.store.parent(image) for image in ids}
        except InputError as error:
            self._problem(str(error))
            return
        for image in sorted({*ids, *names}, key=lambda image: (image not in names, names.get(image, image))):
            if image in names or image not in parents:
                yield image, names.get(image, image[7:19])

    def _containers(self, known: dict[str, StoredImage], done: Collection[str]) -> None:
        mixed = 0
        for container in self.store.containers():
            if container in done:
                continue
            try:
                about = self.store.container(container)
                own = next((piece for piece in self.store.changes(container) if piece.says == OWN_CHANGES), None)
                if own is None or not Names(own.tree).listed(b""):
                    continue
                if not self.store.keeps_changes_apart:
                    mixed += 1
                    continue
                stored = known.get(about.image) or self.store.image(about.image)
                layers = list(self.store.opened(stored))
                info = Layer(len(layers), created_by=own.says)
                layers.append(FileSystemLayer(info, own, f"{self.store.place}: container {container[:12]}"))
                self.inside.inner.append(self._opened(stored, about.name.strip("/") or container[:12], layers))
            except InputError as error:
                self._problem(f"the container {container[:12]} cannot be read: {error}")
        if mixed:
            self._problem(f"what {mixed} containers changed is not told: {self.driver} mixes it with their images")

    def _opened(self, stored: StoredImage, name: str, layers: list[OpenLayer]) -> OpenImage:
        request = msgspec.structs.replace(self.here.inner(name, self.path), role=Role.CONTAINER)
        image = Image(
            stored.id,
            request.name,
            request.role,
            f"{request.target}:{name}",
            stored.config.platform,
            tuple(layer.info for layer in layers),
            labels=tuple(sorted(((stored.config.config and stored.config.config.labels) or {}).items())),
            created=stored.config.created or "",
        )
        return OpenImage(image, layers, stored.problems)

    def _problem(self, reason: str) -> None:
        self.inside.problems.append(f"{self.store.place}: {reason}")
