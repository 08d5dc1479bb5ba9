"""The view of random stacks of layers, against what a real engine makes of the same archive.

Left to the model in ``unpacked.py``, because engines differ among themselves there or from OCI layer.md:

* A directory that a whiteout of its own layer removes first: overlay2 shows the old content
  again. Whiteouts "MUST hide" all of it, so we hide it.
* A whiteout behind the file that it names: Docker removes the new file. Whiteouts "MUST only
  apply to resources in lower/parent layers", so we keep it.
* Entries below a symbolic link of a lower layer: overlay2, which unpacks each layer by itself,
  makes a directory of the link; containerd and vfs follow it, as unpacking "as a regular tar
  archive" does, and so do we.
* Hard links to files of lower layers: overlay2 cannot load them.
* Two members of one name, and a member in the place of a directory of its own layer: Docker refuses both.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import subprocess
import tarfile
from contextlib import contextmanager
from uuid import uuid4

import pytest
from conftest import missing, tar_of, tool
from test_overlay_oracle import layer, shown
from unpacked import Directory, Member, Refused, at, listing, unpack

from sbomctl.engine import read_layers
from sbomctl.layers.patterns import Gate
from sbomctl.layers.stack import Stack
from sbomctl.model import Role
from sbomctl.sources.base import Limits, Request
from sbomctl.sources.detect import open_target

SEEDS = range(12)
STACKS = 2  # of each seed; all are loaded at once
ROOT = "r"  # an engine adds files of its own beside it
NAMES = ("a", "b", "c")
TARGETS = ("a", "../b", "/r/c", "/r/a/b", "gone", "../../..")


def random_layers(seed: int) -> tuple[list[list[Member]], Directory]:
    """Layers of one image as engines write them: whiteouts first, directories before what is in them."""
    chance = random.Random(seed)
    tree = Directory()
    layers = []
    for _ in range(chance.randint(2, 5)):
        members: list[Member] = [(ROOT, "dir", None)]
        for member in sorted((_member(chance) for _ in range(11)), key=lambda one: "opaque whiteout".find(one[1]) < 0):
            if member[1] == "hard":
                files = [name for name, kind, _ in members if kind == "file"]
                member = (member[0], "hard", chance.choice(files or ["gone"]))  # noqa: PLW2901
            if _plain(tree, members, member):
                members += [(member[0], "dir", None), member] if member[1] == "opaque" else [member]
        tree = unpack(tree, members)
        layers.append(members)
    return layers, tree


def _member(chance: random.Random) -> Member:
    path = "/".join((ROOT, *chance.choices(NAMES, k=chance.randint(1, 3))))
    kind = chance.choice(("file", "file", "file", "dir", "sym", "hard", "whiteout", "opaque"))
    values = {"file": f"{chance.random()}".encode(), "sym": chance.choice(TARGETS)}
    return (path, kind, values.get(kind))


def _plain(tree: Directory, members: list[Member], member: Member) -> bool:
    """Whether every engine agrees on the member; see above."""
    name, kind, value = member
    try:
        after = unpack(tree, members)
        unpack(tree, [*members, member])
    except Refused:
        return False
    own = {path: kind for path, kind, _ in members}
    parents = [name.split("/")[:depth] for depth in range(1, name.count("/") + 1)]
    if any(not isinstance(at(one, path), Directory | None) for one in (tree, after) for path in parents):
        return False
    removed = [path for path, kind in own.items() if kind == "whiteout"]
    if (name in own and name not in removed) or any(name.startswith(path + "/") for path in removed):
        return False
    if kind != "dir" and any(path.startswith(name + "/") for path in own):
        return False
    if kind == "opaque":
        return isinstance(at(after, name.split("/")), Directory)
    if kind == "whiteout":
        return at(after, name.split("/")) is not None
    return not (kind == "dir" and name in removed) and not (kind == "hard" and own.get(value) != "file")


def run(*command: str) -> bytes:
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def archive_of(images: dict[str, list[bytes]]) -> bytes:
    """What docker save would write of several images."""
    files: dict[str, bytes] = {}
    saved = []
    for name, layers in images.items():
        document = {"os": "linux", "architecture": "amd64", "config": {"Labels": {"name": name}}}
        document["rootfs"] = {"type": "layers", "diff_ids": [f"sha256:{sha256(one)}" for one in layers]}
        names = [f"{sha256(one)}/layer.tar" for one in layers]
        config = json.dumps(document).encode()
        files |= {**dict(zip(names, layers, strict=True)), f"{sha256(config)}.json": config}
        saved.append({"Config": f"{sha256(config)}.json", "RepoTags": [name], "Layers": names})
    return tar_of({**files, "manifest.json": json.dumps(saved)})


@pytest.fixture(scope="module")
def engine() -> str:
    """The docker client, with an engine behind it."""
    docker = tool("docker")
    if subprocess.run([docker, "info"], capture_output=True, check=False, timeout=60).returncode:
        missing(f"no container engine answers at DOCKER_HOST={os.environ.get('DOCKER_HOST', '')}")
    return docker


@pytest.fixture(scope="module")
def loaded(engine, tmp_path_factory):
    """The archive, loaded, with the layers and the model of each image by its name."""
    tag = f"sbomctl-test-{uuid4().hex[:12]}"
    stacks = {f"{tag}:{seed}-{one}": random_layers(seed * STACKS + one) for seed in SEEDS for one in range(STACKS)}
    path = tmp_path_factory.mktemp("oracle") / "images.tar"
    path.write_bytes(archive_of({name: [layer(members) for members in layers] for name, (layers, _) in stacks.items()}))
    try:
        run(engine, "load", "--quiet", "--input", str(path))
        yield path, stacks
    finally:
        subprocess.run([engine, "rmi", "--force", *stacks], capture_output=True, check=False, timeout=120)


@contextmanager
def container(docker: str, image: str):
    made = run(docker, "create", image, "nothing").decode().strip()
    try:
        yield made
    finally:
        run(docker, "rm", made)


def exported(docker: str, image: str) -> dict[str, tuple[str, object]]:
    """What a container of the image would see below ``ROOT``."""
    out: dict[str, tuple[str, object]] = {}
    with container(docker, image) as made:
        data = run(docker, "export", made)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for info in tar:
            path = info.name.rstrip("/")
            if info.isdir():
                out[path] = ("directory", "")
            elif info.issym():
                out[path] = ("symlink", info.linkname)
            elif info.isfile():
                out[path] = ("regular", tar.extractfile(info).read())
            elif info.islnk():
                out[path] = out[info.linkname]
    return {path: value for path, value in out.items() if path == ROOT or path.startswith(ROOT + "/")}


def viewed(path, image: str) -> dict[str, tuple[str, object]]:
    with open_target(Request(f"docker-archive:{path}:{image}", "image", Role.CONTAINER)) as opened:
        (harvests,) = read_layers([opened], Gate(("**/*",)), Limits(), jobs=1)
    return shown(Stack(image, harvests).view())


@pytest.mark.parametrize("seed", SEEDS)
def test_the_view_is_what_the_engine_shows(engine, loaded, seed):
    path, stacks = loaded
    mine = {name: stack for name, stack in stacks.items() if name.rpartition(":")[2].startswith(f"{seed}-")}
    assert len(mine) == STACKS
    for name, (layers, tree) in mine.items():
        view = viewed(path, name)
        assert view == listing(tree), layers
        real = exported(engine, name)
        implied = {one for one in real.keys() - view.keys() if at(tree, one.split("/")).implied}
        assert view == {one: value for one, value in real.items() if one not in implied}, layers
