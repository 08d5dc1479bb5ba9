"""Images in the content store of containerd, its own or that of k3s, RKE2, MicroK8s and Docker Engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from sbomctl.filesystems.base import Damaged
from sbomctl.filesystems.subtree import Names
from sbomctl.model import path_text
from sbomctl.sources.systems._bolt import Bolt
from sbomctl.sources.systems._content_store import gather
from sbomctl.sources.systems._engine_settings import stated_data_roots
from sbomctl.sources.systems.base import Here, Inside, System

_DOCKER = "containerd/daemon"  # in the data-root of Docker Engine
_PLACES = (
    "var/lib/containerd",
    "var/lib/rancher/k3s/agent/containerd",
    "var/lib/rancher/rke2/agent/containerd",
    "var/snap/microk8s/common/var/lib/containerd",
    f"var/lib/docker/{_DOCKER}",
)
_ON_A_PARTITION = (
    "",
    "containerd",
    "lib/containerd",
    "rancher/k3s/agent/containerd",
    "lib/rancher/k3s/agent/containerd",
    *(f"{home}{_DOCKER}" for home in ("", "docker/", "lib/docker/", "var/lib/docker/")),
)
_CONTENT = "io.containerd.content.v1.content"
_NAMES = b"io.containerd.metadata.v1.bolt/meta.db"
_ACTIVE = 2  # kind of a snapshot that a container writes to


class Containerd(System):
    """A root of containerd."""

    name: ClassVar[str] = "containerd, k3s"
    about: ClassVar[str] = "images in a content store with their names; changes of containers are told"
    signs: ClassVar[tuple[str, ...]] = tuple(f"{place}/{_CONTENT}/blobs/" for place in _PLACES)

    def inside(self, here: Here) -> Inside | None:
        """Every image of every content store."""
        found = Inside()
        for root, names in here.led_to(_places(here)):
            for path, blobs in here.led_to([f"{root}/{_CONTENT}"]):
                gather(here, path, blobs, _called(here, root, names, found), found)
                found.left_out.add(f"{path}/blobs")
        return found if found.left_out else None


def _places(here: Here) -> Sequence[str]:
    """Where a content store may be, as paths of the tree, each once."""
    if not here.is_root:
        return _ON_A_PARTITION
    stated = [f"{root}/{_DOCKER}" for root in stated_data_roots(here)]
    return [below for place in dict.fromkeys((*stated, *_PLACES)) if (below := here.below(place)) is not None]


def _called(here: Here, path: str, names: Names, found: Inside) -> dict[str, str]:
    """The name of each image by its digest; and what else its directory holds."""
    called: dict[str, str] = {}
    node = names.node(_NAMES)
    try:
        for name, digest in _references(Bolt(node)) if node is not None else ():
            called.setdefault(digest, name)
    except Damaged as error:
        found.problems.append(f"{here.at(path)}: the names of its images cannot be read: {error}")
    for directory in names.listed(b""):
        if directory.startswith(b"io.containerd.snapshotter.v1."):
            _snapshots(here, path, names, directory, found)
    return called


def _references(database: Bolt) -> Iterator[tuple[str, str]]:
    """Names and digests, whole names before those that are only digests."""
    found = []
    for namespace, inner in database.items(b"v1"):
        for name, _ in database.items(b"v1", namespace, b"images") if inner is None else ():
            for key, value in database.items(b"v1", namespace, b"images", name, b"target"):
                if key == b"digest" and value is not None:
                    text = path_text(name)
                    found.append(("@" in text or text.startswith("sha256:"), text, path_text(value)))
    for _, reference, image in sorted(found):
        yield reference, image


def _snapshots(here: Here, path: str, names: Names, directory: bytes, found: Inside) -> None:
    """Snapshots are the unpacked layers once more, but for what containers changed."""
    node = names.node(directory + b"/metadata.db")
    if not names.listed(directory + b"/snapshots"):
        return
    found.left_out.add(f"{path}/{path_text(directory)}/snapshots".lstrip("/"))
    try:
        if node is None:
            raise Damaged("metadata.db is missing")
        changed = sum(_is_changed(names, directory, number) for number in _active(Bolt(node)))
    except Damaged as error:
        found.problems.append(f"{here.at(path)}: what containers changed is not known: {error}")
        return
    if changed:
        found.problems.append(f"{here.at(path)}: what {changed} containers changed is not in this result")


def _active(database: Bolt) -> Iterator[int]:
    for key, inner in database.items(b"v1", b"snapshots"):
        values = dict(database.items(b"v1", b"snapshots", key)) if inner is None else {}
        if (values.get(b"kind") or b"")[:1] == bytes([_ACTIVE]):
            yield _number(values.get(b"id") or b"")


def _number(data: bytes) -> int:
    """An unsigned number as Go's encoding/binary writes it in few bytes."""
    return sum((byte & 0x7F) << 7 * place for place, byte in enumerate(data[:10]))


def _is_changed(names: Names, directory: bytes, number: int) -> bool:
    """Whether a container may have changed something; only an overlay keeps that apart from the image, in ``fs``."""
    snapshot = directory + b"/snapshots/%d" % number
    is_overlay = names.ref(snapshot + b"/fs") is not None
    return bool(names.listed(snapshot + b"/fs")) if is_overlay else names.ref(snapshot) is not None
