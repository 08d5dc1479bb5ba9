"""Stores that Podman wrote: every image in them is one of its own."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import layer_tar, missing, tool
from image_builder import TWO_LAYERS, archive, docker_files, opened
from system_builder import debian, ext4, listed, packages, scan, write

APP = "registry.example/team/app:1"
STORE = "var/lib/containers/storage"


@pytest.fixture(scope="module", params=["overlay", "vfs"])
def root(request, tmp_path_factory) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="podman-") as place:  # of pytest's own the names are too long for Podman
        yield stored(request, tmp_path_factory, place)


def stored(request, tmp_path_factory, place: str) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    root = debian(folder / "root")
    layers = [layer_tar(debian(folder / "app", "app")), *TWO_LAYERS]
    for name, count in ((APP, 3), ("registry.example/base:2", 1)):
        (folder / "image.tar").write_bytes(archive(docker_files(name, layers[:count], architecture="amd64")))
        words = ["--root", root / STORE, "--runroot", place, "--storage-driver", request.param]
        done = subprocess.run(
            [tool("podman"), *words, "load", "-i", folder / "image.tar"], capture_output=True, check=False
        )
        if done.returncode:
            missing(f"podman cannot store an image here: {done.stderr.decode()[-200:]}")
    if request.param == "overlay":
        subprocess.run(
            [tool("podman"), *words, "create", "--name", "box", APP, "/bin/sh"], check=True, capture_output=True
        )
    return root


def reasons(found) -> list[str]:
    return [problem.reason for inventory in found.values() for problem in inventory.problems]


def test_every_image_is_one_inside(root, tmp_path):
    image = ext4(root, tmp_path / "root.ext4", size=32)
    found = scan(f"ext:{image}")
    assert {name: packages(one) for name, one in found.items()} == {
        "os": ["edge 1.0-1"],
        f"os/{APP}": ["app 1.0-1"],
        "os/registry.example/base:2": ["app 1.0-1"],
    }
    assert reasons(found) == []
    (tmp_path / "saved.tar").write_bytes(
        archive(docker_files(APP, [layer_tar(root.parent / "app"), *TWO_LAYERS], architecture="amd64"))
    )
    with opened(f"ext:{image}") as os, opened(f"docker-archive:{tmp_path / 'saved.tar'}") as saved:
        base, app = os.inner
        assert app.layers[0] is base.layers[0]
        assert app.image.id == saved.image.id
        assert listed(app) == listed(saved)
        assert [layer.created_by for layer in app.image.layers] == ["step 0", "step 1", "step 2"]


@pytest.mark.parametrize(
    ("pattern", "content", "reason"),
    [
        ("*-images/images.json", b"{", "not the document it should be"),
        ("*-layers/layers.json", b"[]", "is missing"),
        ("*-images/images.json", b"[]", "layers that were not read belong to no image"),
        ("*-images/*/=*", b"{}", "the content is sha256:"),
        ("*-layers/*.tar-split.gz", None, "tar-split file of the layer"),
    ],
)
def test_a_damaged_store_is_told(root, tmp_path, pattern, content, reason):
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-a", root, copy], check=True)
    for path in (copy / STORE).glob(pattern):
        path.unlink()
        if content is not None:
            path.write_bytes(content)
    found = scan(f"ext:{ext4(copy, tmp_path / 'root.ext4', size=32)}")
    assert packages(found["os"]) == ["edge 1.0-1"]
    assert any(reason in one for one in reasons(found)), reasons(found)


def test_layers_of_another_image_are_not_taken_for_its_own(root, tmp_path):
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-a", root, copy], check=True)
    (listed_at,) = (copy / STORE).glob("*-images/images.json")
    images = json.loads(listed_at.read_bytes())
    layer = {name: one["layer"] for one in images for name in one["names"]}
    for one in images:
        if APP in one["names"]:
            one["layer"] = layer["registry.example/base:2"]
    listed_at.write_text(json.dumps(images))
    found = scan(f"ext:{ext4(copy, tmp_path / 'root.ext4', size=32)}")
    assert sorted(found) == ["os", "os/registry.example/base:2"]
    told = (
        f"the image {APP} cannot be read: var/lib/containers/storage: its layers are not those that its config promises"
    )
    assert any(told in one for one in reasons(found)), reasons(found)


@pytest.mark.parametrize("root", ["overlay"], indirect=True)
def test_what_a_container_changed_is_an_image_of_its_own(root, tmp_path):
    """Of vfs there is no such test: it keeps the files of the image with those of the container."""
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-a", root, copy], check=True)
    store = copy / STORE
    newest = max((store / "overlay").glob("*/lower"), key=lambda path: len(path.read_text())).parent
    (newest / "diff").chmod(0o755)  # who is not root may not write there
    write(newest / "diff", {"opt/tool": "#!/bin/sh\n"})
    found = scan(f"ext:{ext4(copy, tmp_path / 'root.ext4', size=32)}")
    assert "os/box" in found
    assert found["os/box"].image.layers[-1].created_by == "changes of the container"
