"""The store of a Docker or balena engine: images, their layers, and containers with what they changed.

Laid out by moby's packages image, layer and daemon/graphdriver: ``image/DRIVER/{repositories.json,imagedb,layerdb}``
says what there is, ``DRIVER/ID`` holds the files of each layer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import msgspec

from sbomctl.errors import CorruptInput
from sbomctl.filesystems.subtree import Names, Subtree
from sbomctl.model import Layer
from sbomctl.sources._tar_split import split_layer
from sbomctl.sources.base import Limits, OpenLayer
from sbomctl.sources.blob_file import TreeFiles
from sbomctl.sources.documents import Config, decode, decode_config, read_document, verify
from sbomctl.sources.file_system import FileSystemLayer, Piece
from sbomctl.sources.image_config import build_steps

_HOMES = {  # where a storage driver keeps the files of a layer
    "overlay2": "overlay2/{}/diff",
    "fuse-overlayfs": "fuse-overlayfs/{}/diff",
    "aufs": "aufs/diff/{}",
    "overlay": "overlay/{}/root",
    "vfs": "vfs/dir/{}",
    "btrfs": "btrfs/subvolumes/{}",
}
_OVERLAYS = ("overlay2", "fuse-overlayfs")  # of these the files alone say what they hide
_DIFFERENCES = (*_OVERLAYS, "aufs")
_HEX = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[0-9a-zA-Z][0-9a-zA-Z_-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
OWN_CHANGES = "changes of the container"
_MOST_IMAGES = 4096
_MOST_LAYERS = 1024
_AGAIN = "the store of the engine is damaged or incomplete; write or download the image again"


class _Repositories(msgspec.Struct, frozen=True, rename="pascal"):
    repositories: dict[str, dict[str, str]] | None = None


class Settings(msgspec.Struct, frozen=True, rename="pascal"):
    """What a container was started with."""

    labels: dict[str, str] | None = None


class Container(msgspec.Struct, frozen=True, rename="pascal"):
    """``config.v2.json``, as far as it is read."""

    name: str = ""
    image: str = ""
    config: Settings | None = None

    def labels(self) -> tuple[str, ...]:
        """The values of its labels."""
        return tuple(((self.config and self.config.labels) or {}).values())


class StoredImage(msgspec.Struct, frozen=True):
    """An image of the store: its config as stored and understood."""

    id: str  # "sha256:<hex>", verified
    document: bytes
    config: Config
    layers: tuple[Layer, ...]
    problems: tuple[str, ...]


class EngineStore:
    """One data-root, read by the names and digests in it. What it gives raises ``InputError``."""

    def __init__(self, names: Names, driver: str, place: str, limits: Limits) -> None:
        self.place, self.driver, self.limits = place, driver, limits
        self.names = names
        self.files = TreeFiles(names, place)
        self.used: set[str] = set()  # directories of the driver that some image or container has
        self._home = f"image/{driver}"
        self._layers: dict[str, OpenLayer] = {}  # by chain: images that share one read it once

    @property
    def can_be_read(self) -> bool:
        """Whether this storage driver keeps files, and where is known."""
        return self.driver in _HOMES

    @property
    def keeps_changes_apart(self) -> bool:
        """Whether the directory of a container holds only what differs from its image."""
        return self.driver in _DIFFERENCES

    def references(self) -> dict[str, str]:
        """Image ids by the names they have, digests left out where there is a tag."""
        path = f"{self._home}/repositories.json"
        if self.files.size(path) is None:
            return {}
        data = decode(read_document(self.files, path, self.limits), _Repositories, f"{self.place}: {path}")
        found = {ref: image for refs in (data.repositories or {}).values() for ref, image in refs.items()}
        tagged = {image for ref, image in found.items() if "@" not in ref}
        return {ref: image for ref, image in sorted(found.items()) if "@" not in ref or image not in tagged}

    def ids(self) -> list[str]:
        """Every image, also those without a name."""
        found = [name.decode("ascii", "replace") for name in self.names.listed(self._path("imagedb/content/sha256"))]
        if len(found) > _MOST_IMAGES:
            raise CorruptInput(f"{self.place}: more than {_MOST_IMAGES} images", "this is no usable store")
        return ["sha256:" + name for name in found if _HEX.fullmatch(name)]

    def parent(self, image: str) -> str:
        """The image that this one was built on here; "" = none."""
        return self._text(f"imagedb/metadata/sha256/{image.removeprefix('sha256:')}/parent")

    def image(self, image: str) -> StoredImage:
        """An image by its id; the config is verified."""
        if not _DIGEST.fullmatch(image):
            raise CorruptInput(f"{self.place}: {image[:100]!r} is no image id", _AGAIN)
        path = f"{self._home}/imagedb/content/sha256/{image[7:]}"
        place = f"{self.place}: {path}"
        document = read_document(self.files, path, self.limits)
        verify(document, image, place)
        config = decode_config(document, Config, place)
        diff_ids = (config.rootfs and config.rootfs.diff_ids) or ()
        if len(diff_ids) > _MOST_LAYERS or not all(_DIGEST.fullmatch(one) for one in diff_ids):
            raise CorruptInput(f"{place}: its layers cannot be verified", _AGAIN)
        steps, problems = build_steps(config.history or (), len(diff_ids))
        layers = tuple(
            Layer(n, one, created_by=step) for n, (one, step) in enumerate(zip(diff_ids, steps, strict=True))
        )
        return StoredImage(image, document, config, layers, problems)

    def opened(self, image: StoredImage) -> Iterator[OpenLayer]:
        """The layers of an image; verified when they are read, but for those without their tar-split file."""
        chain = ""
        for info in image.layers:
            chain = info.diff_id if not chain else _digest(f"{chain} {info.diff_id}")
            if chain not in self._layers:
                self._layers[chain] = self._layer(chain, info)
            yield self._layers[chain]

    def pieces(self, image: StoredImage) -> Iterator[Piece]:
        """The layers of an image as they are unpacked, for those who look into them."""
        chain = ""
        for info in image.layers:
            chain = info.diff_id if not chain else _digest(f"{chain} {info.diff_id}")
            tree = self._directory(self._cache_id(chain))
            yield Piece(tree, "", info.created_by or f"layer {info.diff_id[:19]}", changes=True)

    def containers(self) -> list[str]:
        """The ids of all containers."""
        found = [name.decode("ascii", "replace") for name in self.names.listed(b"containers")]
        return [name for name in found if _HEX.fullmatch(name)]

    def container(self, container: str) -> Container:
        """What a container is made of."""
        path = f"containers/{container}/config.v2.json"
        return decode(read_document(self.files, path, self.limits), Container, f"{self.place}: {path}")

    def changes(self, container: str) -> list[Piece]:
        """What a container has on top of its image: the mount points that the engine made, then its own changes."""
        mount = self._text(f"layerdb/mounts/{container}/mount-id")
        pieces = []
        for name, says in ((f"{mount}-init", "mount points of the container"), (mount, OWN_CHANGES)):
            if _NAME.fullmatch(name) and self.names.ref(self._home_of(name).encode()) is not None:
                pieces.append(Piece(self._directory(name), "", says, changes=True))
        return pieces

    def unused(self) -> list[str]:
        """Directories with files that are of no image and no container, once all of those were asked for."""
        above, _, below = _HOMES[self.driver].partition("{}")
        names = [name.decode("ascii", "replace") for name in self.names.listed(above.encode())]
        return [
            name
            for name in names
            if name != "l" and name not in self.used and self.names.listed(f"{above}{name}{below}".encode())
        ]

    def _layer(self, chain: str, info: Layer) -> OpenLayer:
        cache_id = self._cache_id(chain)
        tree = self._directory(cache_id)
        split = self.names.node(self._path(f"layerdb/sha256/{chain[7:]}/tar-split.json.gz"))
        name = f"{self.place}: {self._home_of(cache_id)}"
        if split is not None:
            return split_layer(info, split, Names(tree), name)
        if self.driver not in _OVERLAYS:
            raise CorruptInput(f"{name}: its tar-split file is missing", _AGAIN)
        return FileSystemLayer(msgspec.structs.replace(info, diff_id=""), Piece(tree, changes=True), name)

    def _cache_id(self, chain: str) -> str:
        name = self._text(f"layerdb/sha256/{chain[7:]}/cache-id")
        if not _NAME.fullmatch(name):
            raise CorruptInput(f"{self.place}: the layer {chain} is missing", _AGAIN)
        return name

    def _directory(self, name: str) -> Subtree:
        self.used.add(name)
        tree = self.names.subtree(self._home_of(name).encode())
        if tree is None:
            raise CorruptInput(f"{self.place}: {self._home_of(name)} is missing", _AGAIN)
        return tree

    def _home_of(self, name: str) -> str:
        return _HOMES[self.driver].format(name)

    def _path(self, path: str) -> bytes:
        return f"{self._home}/{path}".encode()

    def _text(self, path: str) -> str:
        """A file with one word; "" where there is none."""
        if self.files.size(f"{self._home}/{path}") is None:
            return ""
        return read_document(self.files, f"{self._home}/{path}", self.limits).decode("ascii", "replace").strip()


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
