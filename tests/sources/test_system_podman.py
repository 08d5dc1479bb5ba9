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
    subprocess.run([tool("podman"), *words, "create", "--name", "box", APP, "/bin/sh"], check=True, capture_output=True)
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


def with_changes(root: Path, folder: Path) -> Path:
    """A copy of the root in which the container has a further file; its store."""
    copy = folder / "copy"
    subprocess.run(["cp", "-a", root, copy], check=True)
    store = copy / STORE
    (about,) = store.glob("*-containers/containers.json")
    (container,) = json.loads(about.read_text())
    homes = [store / home.format(container["layer"]) for home in ("overlay/{}/diff", "vfs/dir/{}")]
    place = next(home for home in homes if home.exists())
    place.chmod(0o755)  # who is not root may not write there
    write(place, {"opt/tool": "#!/bin/sh\n"})
    return store


def scanned(store: Path, folder: Path) -> dict:
    return scan(f"ext:{ext4(store.parents[3], folder / 'root.ext4', size=32)}")


@pytest.mark.parametrize("name", ["containers", "volatile-containers"])
def test_what_a_container_changed_is_an_image_of_its_own(root, tmp_path, name):
    """Later versions keep containers that are removed at their end in a second list of the same form."""
    store = with_changes(root, tmp_path)
    (about,) = store.glob("*-containers/containers.json")
    about.rename(about.with_name(f"{name}.json"))
    found = scanned(store, tmp_path)
    if (store / "vfs").exists():
        assert reasons(found) == [f"{STORE}: what containers changed (1) is not told: vfs mixes it with their images"]
    else:
        assert found["os/box"].image.layers[-1].created_by == "changes of the container"
        assert reasons(found) == []


def test_a_container_whose_image_is_gone_and_what_no_list_names_is_told(root, tmp_path):
    store = with_changes(root, tmp_path)
    (about,) = store.glob("*-containers/containers.json")
    (container,) = json.loads(about.read_text())
    about.write_text(json.dumps([{**container, "image": "f" * 64}]))
    write(store, {f"{home}/opt/lost": "x" for home in (f"overlay/{'e' * 64}/diff", f"vfs/dir/{'e' * 64}")})
    told = reasons(scanned(store, tmp_path))
    assert f"{STORE}: the image of the container box is not in the store" in told
    assert any("that are of no layer (1) were not read" in one for one in told)
