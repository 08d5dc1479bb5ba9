"""Images of Podman, Buildah and CRI-O: containers/storage, "storage" library of the containers project.

``images.json``, ``layers.json`` and ``containers.json`` say what there is; ``DRIVER/ID/diff`` has the files of a layer.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import msgspec

from sbomctl.errors import CorruptInput, InputError
from sbomctl.filesystems.same import same_tree
from sbomctl.filesystems.subtree import Names, Subtree
from sbomctl.model import Image, Layer, Role
from sbomctl.sources._tar_split import split_layer
from sbomctl.sources.base import OpenImage, OpenLayer
from sbomctl.sources.blob_file import TreeFiles
from sbomctl.sources.documents import Config, decode, decode_config, read_document, verify
from sbomctl.sources.file_system import FileSystemLayer, Piece
from sbomctl.sources.image_config import build_steps
from sbomctl.sources.systems.base import Here, Inside, System

_PLACES = ("var/lib/containers/storage", "usr/share/containers/storage", "usr/lib/containers/storage")
_HOMES = {"overlay": "overlay/{}/diff", "vfs": "vfs/dir/{}"}
_DIFFERENCES = ("overlay",)  # drivers that keep what a container changed apart from its image
_DRIVER = re.compile(rb"([a-z0-9]{2,20})-images")
_HEX = re.compile(r"[0-9a-f]{64}")
_MOST_LAYERS = 1024
_AGAIN = "the store of the engine is damaged or incomplete; write or download the image again"


class _Stored(msgspec.Struct, frozen=True, rename="kebab"):
    """A record of any of the three lists."""

    id: str
    names: tuple[str, ...] | None = None
    layer: str = ""
    image: str = ""
    parent: str = ""
    diff_digest: str = ""

    @property
    def title(self) -> str:
        """Its first name, else the start of its id."""
        return next(iter(self.names or ()), self.id[:12])


class Podman(System):
    """A store of containers/storage."""

    name: ClassVar[str] = "Podman, CRI-O"
    about: ClassVar[str] = "images in a store of containers/storage (overlay, vfs), changed containers"
    signs: ClassVar[tuple[str, ...]] = tuple(f"{place}/overlay-images/" for place in _PLACES)

    def inside(self, here: Here) -> Inside | None:
        """Every image of every store, and every container that changed something."""
        found = Inside()
        places = (below for place in _PLACES if (below := here.below(place)) is not None)
        for path, names in here.led_to(("", "containers/storage") if not here.is_root else places):
            for name in names.listed(b""):
                if driver := _DRIVER.fullmatch(name):
                    _Store(here, path, names, driver[1].decode()).gather(found)
        return found if found.inner or found.left_out or found.problems else None


class _Store:
    def __init__(self, here: Here, path: str, names: Names, driver: str) -> None:
        self._here, self._path, self._names, self._driver = here, path, names, driver
        self._place = here.at(path) or here.request.target
        self._files = TreeFiles(names, self._place)
        self._layers: dict[str, _Stored] = {}
        self._opened: dict[str, OpenLayer] = {}  # images that share a layer read it once

    def gather(self, found: Inside) -> None:
        """Add all of it; an image that cannot be read does not keep the others back."""
        if self._driver not in _HOMES:
            found.problems.append(f"{self._place}: the images of its storage driver {self._driver} are not read here")
            return
        found.left_out.add("/".join(part for part in (self._path, self._driver) if part))
        try:
            self._layers = {one.id: one for one in self._listed("layers")}
            images = {one.id: one for one in self._listed("images")}
            containers = self._listed("containers")
        except InputError as error:
            found.problems.append(str(error))
            return
        wanted = [(one, one.title, "") for one in images.values()]
        wanted += self._changed(containers, images, found)
        for image, name, changes in sorted(wanted, key=lambda one: (one[2], one[1], one[0].id)):
            try:
                found.inner.append(self._image(image, name, changes))
            except InputError as error:
                found.problems.append(f"{self._place}: the image {name} cannot be read: {error}")
        if unused := len(self._layers.keys() - self._opened.keys() - {one.layer for one in containers}):
            found.problems.append(f"{self._place}: {unused} layers that were not read belong to no image that was read")
        if strays := self._strays():
            told = f"directories of {self._driver} that are of no layer ({strays}) were not read"
            found.problems.append(f"{self._place}: {told}")

    def _changed(
        self, containers: Sequence[_Stored], images: Mapping[str, _Stored], found: Inside
    ) -> Iterator[tuple[_Stored, str, str]]:
        """The image, name and own layer of each container that changed something."""
        mixed = 0
        for one in containers:
            image = images.get(one.image)
            if not self._has_changes(one.layer, image):
                continue
            if image is None:
                found.problems.append(f"{self._place}: the image of the container {one.title} is not in the store")
            elif self._driver in _DIFFERENCES:
                yield image, one.title, one.layer
            else:
                mixed += 1
        if mixed:
            told = f"what containers changed ({mixed}) is not told: {self._driver} mixes it with their images"
            found.problems.append(f"{self._place}: {told}")

    def _listed(self, kind: str) -> list[_Stored]:
        """The records of a list, those included that need not outlive a crash and are kept apart."""
        found: list[_Stored] = []
        for path in (f"{self._driver}-{kind}/{name}{kind}.json" for name in ("", "volatile-")):
            if self._files.size(path) is not None:
                data = read_document(self._files, path, self._here.request.limits)
                found += decode(data, list[_Stored], f"{self._place}: {path}")
        return [one for one in found if _HEX.fullmatch(one.id)]

    def _has_changes(self, layer: str, image: _Stored | None) -> bool:
        """Whether a container's own layer has files, with vfs others than its image."""
        own = self._names.subtree(self._home(layer).encode()) if _HEX.fullmatch(layer) else None
        if own is None or not Names(own).listed(b""):
            return False
        if self._driver in _DIFFERENCES or image is None:
            return True
        whole = self._names.subtree(self._home(image.layer).encode())
        return whole is None or not same_tree(own, whole, self._here.request.limits.members)

    def _strays(self) -> int:
        """How many directories have files and no record."""
        above = _HOMES[self._driver].partition("/{}")[0]
        names = (name.decode("ascii", "replace") for name in self._names.listed(above.encode()))
        return sum(bool(self._names.listed(self._home(one).encode())) for one in names if one not in self._layers)

    def _image(self, stored: _Stored, name: str, changes: str) -> OpenImage:
        config = self._config(stored)
        layers = [self._layer(one) for one in self._chain(stored.layer)]
        diff_ids = (config.rootfs and config.rootfs.diff_ids) or ()
        if [layer.info.diff_id for layer in layers if layer.info.diff_id] != list(diff_ids):
            raise CorruptInput(f"{self._place}: its layers are not those that its config promises", _AGAIN)
        if changes:
            piece = Piece(self._tree(changes), "", "changes of the container", changes=True)
            layers.append(FileSystemLayer(Layer(len(layers), created_by=piece.says), piece, self._place))
        steps, problems = build_steps(config.history or (), len(diff_ids))
        infos = [
            msgspec.structs.replace(layer.info, created_by=step) for layer, step in zip(layers, steps, strict=False)
        ]
        infos += [layer.info for layer in layers[len(infos) :]]
        request = msgspec.structs.replace(self._here.inner(name, self._path), role=Role.CONTAINER)
        labels = tuple(sorted(((config.config and config.config.labels) or {}).items()))
        target = f"{request.target}:{name}"
        image = Image(
            f"sha256:{stored.id}",
            request.name,
            request.role,
            target,
            config.platform,
            tuple(infos),
            labels=labels,
            created=config.created or "",
        )
        return OpenImage(image, layers, problems)

    def _config(self, stored: _Stored) -> Config:
        """The config, which is kept under its digest; names with a colon are in base64."""
        digest = f"sha256:{stored.id}"
        path = f"{self._driver}-images/{stored.id}/={base64.b64encode(digest.encode()).decode()}"
        document = read_document(self._files, path, self._here.request.limits)
        verify(document, digest, f"{self._place}: {path}")
        return decode_config(document, Config, f"{self._place}: {path}")

    def _chain(self, top: str) -> Iterator[_Stored]:
        """The layers of an image, the lowest first."""
        chain: list[_Stored] = []
        while top:
            if top not in self._layers or len(chain) == _MOST_LAYERS:
                raise CorruptInput(f"{self._place}: the layer {top[:64]} is missing", _AGAIN)
            chain.append(self._layers[top])
            top = chain[-1].parent
        return reversed(chain)

    def _layer(self, stored: _Stored) -> OpenLayer:
        known = self._opened.get(stored.id)
        if known is None:
            depth = sum(1 for _ in self._chain(stored.parent)) if stored.parent else 0
            info, tree = Layer(depth, stored.diff_digest), self._tree(stored.id)
            split = self._names.node(f"{self._driver}-layers/{stored.id}.tar-split.gz".encode())
            if split is None:
                raise CorruptInput(f"{self._place}: the tar-split file of the layer {stored.id} is missing", _AGAIN)
            known = split_layer(info, split, Names(tree), f"{self._place}: {self._home(stored.id)}")
            self._opened[stored.id] = known
        return known

    def _tree(self, layer: str) -> Subtree:
        tree = self._names.subtree(self._home(layer).encode()) if _HEX.fullmatch(layer) else None
        if tree is None:
            raise CorruptInput(f"{self._place}: {self._home(layer)[:100]} is missing", _AGAIN)
        return tree

    def _home(self, layer: str) -> str:
        return _HOMES[self._driver].format(layer)
