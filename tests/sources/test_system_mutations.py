"""Every system on damaged input: each file of a store changed or gone ends in problems, never in an exception."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from conftest import layer_tar
from image_builder import Layout, archive, docker_files, request
from system_builder import Sysroot, containerd, debian, engine, ostree_tree, run, squashfs, write
from test_system_pantavisor import Storage

from sbomctl.errors import InputError
from sbomctl.filesystems.base import Blob, Node
from sbomctl.filesystems.walk import walk
from sbomctl.sources._disk_layout import arranged_tree
from sbomctl.sources._host_tree import HostTree
from sbomctl.sources.base import Limits

ROUNDS = 25
LIMITS = Limits(members=20_000, layer_bytes=64 << 20, document_bytes=1 << 20)


class Changed(Node):
    """A node whose content is something else."""

    def __init__(self, node: Node, data: bytes) -> None:
        super().__init__(node.key, node.mode, len(data), node.links)
        self._node, self._data = node, data

    def pread(self, offset: int, size: int) -> bytes:
        return self._data[offset : offset + size]

    def target(self) -> bytes:
        return self._data

    def device(self) -> int:
        return self._node.device()

    def attribute(self, name: bytes) -> bytes | None:
        return self._node.attribute(name)


class ChangedTree:
    """A tree in which one file has other content."""

    label = uuid = kind = ""
    notes = faults = ()
    root = 0

    def __init__(self, tree: HostTree, path: bytes, data: bytes) -> None:
        self._tree, self._data = tree, data
        self._number = next(number for number, one in tree._paths.items() if one.endswith(b"/" + path))

    def node(self, ref: int) -> Node:
        node = self._tree.node(ref)
        return Changed(node, self._data) if ref == self._number else node


def docker(folder: Path) -> Path:
    root = debian(folder / "root")
    with engine(folder / "run", root / "var/lib/docker") as docker_engine:
        docker_engine.load(debian(folder / "app", "app"), "base:1")
        docker_engine("create", "--name", "box", "base:1", "/bin/sh")
    return root


def balena(folder: Path) -> Path:
    docker(folder)
    system = folder / "root/var/lib/docker"
    (folder / "sys").mkdir()
    system.rename(folder / "sys/balena")
    (container,) = (folder / "sys/balena/containers").iterdir()
    (folder / "sys/current").symlink_to(f"hostapps/{container.name}")
    return folder / "sys"


def k3s(folder: Path) -> Path:
    root = debian(folder / "root")
    layers = [layer_tar(debian(folder / "app", "app"))]
    saved = write(folder, {"app.tar": archive(docker_files("app:1", layers, architecture="amd64"))}) / "app.tar"
    with containerd(folder / "run", root / "var/lib/containerd") as ctr:
        ctr("images", "import", saved)
    layout = Layout()
    layout.done(layout.image(layers))
    write(root, {f"var/sota/reset-apps/{name}": data for name, data in layout.files.items()})
    home = "var/lib/rancher/k3s/agent/images"
    return write(root, {f"{home}/a.tar": saved.read_bytes(), f"{home}/b.tar": archive(layout.files)})


def podman(folder: Path) -> Path:
    root = debian(folder / "root")
    saved = (
        write(folder, {"app.tar": archive(docker_files("app:1", [layer_tar(debian(folder / "app", "app"))]))})
        / "app.tar"
    )
    store = root / "var/lib/containers/storage"
    with tempfile.TemporaryDirectory(prefix="podman-") as place:  # of pytest's own the names are too long for Podman
        run("podman", "--root", store, "--runroot", place, "--storage-driver", "vfs", "load", "-i", saved)
    return root


def snaps(folder: Path) -> Path:
    tree = write(folder / "snap", {"meta/snap.yaml": "name: hello\nversion: 1\ntype: base\n"})
    made = squashfs(tree, folder / "hello_1.snap")
    files = {"snaps/hello_1.snap": made.read_bytes(), "systems/1/model": "base: hello\n"}
    return write(folder / "seed", files)


def pantavisor(folder: Path) -> Path:
    storage = Storage(folder / "storage")
    web = squashfs(debian(folder / "web", "web"), folder / "web.squashfs")
    start, source = {"root-volume": "root.squashfs"}, {"docker_name": "web"}
    storage.revision(1, {"web/root.squashfs": web, "web/run.json": start, "web/src.json": source})
    storage.revision(2, {"web/root.squashfs": web, "web/run.json": start, "bsp/run.json": {"modules": "a"}})
    return write(storage.path, {"boot/uboot.txt": "pv_rev=1\n"})


def sysroot(folder: Path) -> Path:
    made = Sysroot(folder / "sysroot")
    try:
        made.deploy(ostree_tree(folder / "old", "old"))
        made.deploy(ostree_tree(folder / "new", "new"))
    finally:
        made.release()
    return made.path


MAKERS = (docker, balena, k3s, podman, snaps, pantavisor, sysroot)


@pytest.fixture(scope="module", params=MAKERS, ids=lambda maker: maker.__name__)
def root(request, tmp_path_factory) -> Path:
    return request.param(tmp_path_factory.mktemp(request.param.__name__))


def mutated(rnd: random.Random, data: bytes) -> bytes:
    kind = rnd.randrange(5)
    at = rnd.randrange(len(data)) if data else 0
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + bytes([rnd.randrange(256)]) + data[at + 1 :]
    if kind == 2:
        return (
            data[:at]
            + rnd.choice([b"\xff" * 8, b"\0" * 8, b"../../", b"[" * 5000, b'{"a":' * 3000, b"9" * 40])
            + data[at:]
        )
    if kind == 3:
        return rnd.choice([b"", b"{}", b"[]", b"null", b'""', b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"hsqs" + bytes(200)])
    return data[at:] + data[:at]


def read(root: Path, path: bytes = b"", data: bytes | None = None) -> tuple[int, int]:
    """How many images and entries there are; reads all of them."""
    tree = HostTree(str(root).encode())
    list(walk(tree, LIMITS.members))
    whole: Blob | object = tree if data is None else ChangedTree(tree, path, data)
    found = arranged_tree(whole, "input", request("input", limits=LIMITS)).opened(request("input"), "input")
    entries = 0
    for image in found.unfolded():
        for layer in image.layers:
            for member in layer.members(LIMITS):
                entries += sum(1 for _ in member.chunks())
            layer.digests()
    return len(list(found.unfolded())), entries


def test_damaged_stores(root):
    images, entries = read(root)
    assert entries
    paths = [found.path for found in walk(HostTree(str(root).encode()), LIMITS.members) if _matters(found.node)]
    rnd = random.Random(root.name)
    for _ in range(ROUNDS):
        path = rnd.choice(paths)
        node = next(found.node for found in walk(HostTree(str(root).encode()), LIMITS.members) if found.path == path)
        content = node.pread(0, node.size) if node.mode & 0o170000 == 0o100000 else node.target()
        try:
            less, _ = read(root, path, mutated(rnd, content))
        except InputError:
            continue
        assert less <= images + 1


def _matters(node: Node | None) -> bool:
    return node is not None and node.mode & 0o170000 in (0o100000, 0o120000)
