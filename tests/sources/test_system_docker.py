"""Data-roots that an engine wrote: every image in them is one of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from image_builder import opened
from system_builder import debian, engine, ext4, listed, of_tree, packages, scan, write
from trees import hard_tree

ENGINE_FILES = {".dockerenv", "dev", "dev/console", "dev/pts", "dev/shm", "etc/hostname", "etc/hosts", "etc/mtab"}
ENGINE_FILES |= {"etc/resolv.conf", "proc", "sys"}


def root_with_store(tmp_path: Path, driver: str) -> tuple[Path, Path]:
    """A Debian whose engine has two images; and what the second one holds."""
    root = debian(tmp_path / "root")
    app = debian(tmp_path / "app", "app")
    hard = hard_tree(app / "srv")
    for name in (".wh.gone", "whiteout"):  # the engine takes them for whiteouts
        (hard / name).unlink(missing_ok=True)
    write(app, {"opt/gone/file": "x", "opt/replaced/a": "a", "opt/kind": "file"})
    with engine(tmp_path / "run", root / "var/lib/docker", driver) as docker:
        docker.load(app, "base:1")
        shutil.copytree(tmp_path / "app/etc", tmp_path / "context/etc")
        write(tmp_path / "context", {"new/opt/kind/inside": "now a directory", "etc/added": "added"})
        docker.build(tmp_path / "context", "registry.example:5000/team/app:1.2", "FROM base:1", "COPY etc /etc")
        if driver == "overlay2":
            docker("create", "--name", "unchanged", "base:1")
        container = docker("create", "registry.example:5000/team/app:1.2")
        exported = docker.export(container, tmp_path / "exported")
        docker("rm", container)
    return root, exported


@pytest.fixture(scope="module", params=["overlay2", "vfs"])
def stored(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    root, exported = root_with_store(folder, request.param)
    return ext4(root, folder / "root.ext4", size=160), exported


def test_every_image_is_one_inside(stored):
    image, exported = stored
    with opened(f"ext:{image}") as found:
        assert [one.image.name for one in found.inner] == ["edge/base:1", "edge/registry.example:5000/team/app:1.2"]
        assert found.problems == ()
        app = found.inner[1]
        entries = listed(app)
        assert not [path for path in listed(found) if path.startswith("var/lib/docker/overlay2/")]
        assert all(layer.digests().diff_id == layer.info.diff_id for layer in app.layers)
        assert app.image.target == "ext:root.ext4!var/lib/docker:registry.example:5000/team/app:1.2"
        assert app.image.id.startswith("sha256:")
    expected = of_tree(exported)
    for one in (entries, expected):
        for path in ENGINE_FILES:
            one.pop(path, None)
    assert entries == expected


def test_packages_of_each_image(stored):
    found = scan(f"ext:{stored[0]}")
    assert {name: packages(one) for name, one in found.items()} == {
        "os": ["edge 1.0-1"],
        "os/base:1": ["app 1.0-1"],
        "os/registry.example:5000/team/app:1.2": ["app 1.0-1"],
    }
    assert not any(one.problems for one in found.values())


def changed(tmp_path: Path, edit) -> dict:
    """The scan of a store after an edit of its files."""
    root = debian(tmp_path / "root")
    with engine(tmp_path / "run", root / "var/lib/docker") as docker:
        docker.load(debian(tmp_path / "app", "app"), "base:1")
        docker("create", "--name", "c1", "base:1", "/bin/sh")
    edit(root / "var/lib/docker")
    return scan(f"ext:{ext4(root, tmp_path / 'root.ext4', size=64)}")


def one(path: Path, pattern: str) -> Path:
    (found,) = path.glob(pattern)
    return found


def reasons(found) -> list[str]:
    return [problem.reason for inventory in found.values() for problem in inventory.problems]


def test_a_changed_file_of_a_layer_is_told_and_the_rest_is_read(tmp_path):
    def edit(store: Path) -> None:
        one(store, "overlay2/*/diff/usr/bin/edge").write_text("#!/bin/sh\necho bad\n")

    found = changed(tmp_path, edit)
    assert packages(found["os"]) == ["edge 1.0-1"]
    assert any("but the image promises sha256:" in reason for reason in reasons(found))


@pytest.mark.parametrize(
    ("pattern", "content", "reason"),
    [
        ("image/overlay2/imagedb/content/sha256/*", b"{}", "the image base:1 cannot be read"),
        ("image/overlay2/repositories.json", b"{", "not the document it should be"),
        ("image/overlay2/layerdb/sha256/*/cache-id", b"../../../etc", "the layer sha256:"),
        ("image/overlay2/layerdb/sha256/*/tar-split.json.gz", b"\x1f\x8b", "tar-split file ends early"),
        ("image/overlay2/layerdb/sha256/*/tar-split.json.gz", b"garbage", "incorrect header check"),
        ("containers/*/config.v2.json", b"[]", "the container "),
        (
            "overlay2/*/diff/usr/bin/edge",
            b"longer than it was in the layer",
            "./usr/bin/edge has 31 bytes, the layer 19",
        ),
        ("overlay2/*/diff/usr/bin/edge", None, "the content of ./usr/bin/edge is missing"),
    ],
)
def test_a_damaged_store_is_told(tmp_path, pattern, content, reason):
    def edit(store: Path) -> None:
        path = one(store, pattern)
        path.unlink()
        if content is not None:
            path.write_bytes(content)

    found = changed(tmp_path, edit)
    assert packages(found["os"]) == ["edge 1.0-1"]
    assert any(reason in one for one in reasons(found)), reasons(found)


def test_a_layer_without_its_record_is_read_as_an_overlay(tmp_path):
    def edit(store: Path) -> None:
        one(store, "image/overlay2/layerdb/sha256/*/tar-split.json.gz").unlink()

    found = changed(tmp_path, edit)
    assert packages(found["os/base:1"]) == ["app 1.0-1"]
    assert reasons(found) == []


def test_what_a_container_changed_is_an_image_of_its_own(tmp_path):
    def edit(store: Path) -> None:
        mount = one(store, "image/overlay2/layerdb/mounts/*/mount-id").read_text()
        write(store / f"overlay2/{mount}/diff", {"opt/tool": "#!/bin/sh\n"})

    found = changed(tmp_path, edit)
    assert sorted(found) == ["os", "os/base:1", "os/c1"]
    assert packages(found["os/c1"]) == ["app 1.0-1"]
    assert found["os/c1"].image.layers[-1].created_by == "changes of the container"


def test_directories_of_no_image_and_unknown_drivers_are_told(tmp_path):
    def edit(store: Path) -> None:
        write(store / "overlay2/0abc/diff", {"file": "x"})
        write(store / "image/zfs/imagedb/content", {"x": "x"})

    told = reasons(changed(tmp_path, edit))
    assert any("1 directories of overlay2 belong to no image" in reason for reason in told)
    assert any("its storage driver zfs are not read here" in reason for reason in told)


def test_the_data_root_that_the_settings_name(tmp_path):
    root = debian(tmp_path / "root")
    with engine(tmp_path / "run", root / "srv/engine") as docker:
        docker.load(debian(tmp_path / "app", "app"), "base:1")
    write(root, {"etc/docker/daemon.json": json.dumps({"data-root": "/srv/engine"})})
    (root / "var/lib/docker").symlink_to("/srv/engine")  # a second way to the same
    assert list(scan(f"ext:{ext4(root, tmp_path / 'root.ext4', size=64)}")) == ["os", "os/base:1"]
