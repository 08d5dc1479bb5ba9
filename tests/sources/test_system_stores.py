"""Stores of images in a root: of containerd, written by it, of composeapp, and saved archives."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import pytest
from conftest import layer_tar, tool
from image_builder import OCI_MANIFEST, TWO_LAYERS, Layout, archive, docker_files, encoded, opened
from system_builder import containerd, debian, ext4, packages, scan, write
from test_disk import disk

K3S = "var/lib/rancher/k3s/agent"
APP = "registry.example/team/app:1"


def app_layers(folder: Path) -> list[bytes]:
    return [layer_tar(debian(folder / "app", "app")), *TWO_LAYERS]


def reasons(found) -> list[str]:
    return [problem.reason for inventory in found.values() for problem in inventory.problems]


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A root whose containerd has two images, and a container that changed a file."""
    folder = tmp_path_factory.mktemp("containerd")
    root = debian(folder / "root")
    layers = app_layers(folder)
    (folder / "app.tar").write_bytes(archive(docker_files(APP, layers, architecture="amd64")))
    (folder / "base.tar").write_bytes(
        archive(docker_files("registry.example/base:2", layers[:1], architecture="amd64"))
    )
    with containerd(folder / "run", root / "var/lib/containerd") as ctr:
        for name in ("app", "base"):
            ctr("images", "import", folder / f"{name}.tar")
        ctr("snapshots", "prepare", "box", ctr("snapshots", "ls").splitlines()[-1].split()[0])
    return root


def test_images_of_containerd_have_their_names(root, tmp_path):
    image = ext4(root, tmp_path / "root.ext4", size=64)
    found = scan(f"ext:{image}")
    assert {name: packages(one) for name, one in found.items()} == {
        "os": ["edge 1.0-1"],
        f"os/{APP}": ["app 1.0-1"],
        "os/registry.example/base:2": ["app 1.0-1"],
    }
    assert reasons(found) == []
    with opened(f"ext:{image}") as os:
        base, app = os.inner
        assert len(app.layers) == 3
        assert app.layers[0] is base.layers[0]
        assert app.image.target.startswith("ext:root.ext4!var/lib/containerd/io.containerd.content.v1.content@sha256:")


@pytest.mark.parametrize("place", ["settings", "partition"])
def test_images_of_docker_that_containerd_keeps(root, tmp_path, place):
    """In the data-root of the engine, wherever its settings put that, or on a partition of its own."""
    system = debian(tmp_path / "system")
    home = system / "srv/engine" if place == "settings" else tmp_path / "data"
    home.mkdir(parents=True)
    (home / "containerd").mkdir()
    subprocess.run(["cp", "-a", root / "var/lib/containerd", home / "containerd/daemon"], check=True)
    write(system, {"etc/docker/daemon.json": '{"data-root": "/srv/engine"}'})
    (system / "var/lib/docker").symlink_to("../../srv/engine")  # a second way to the same
    parts = [("", ext4(system, tmp_path / "1", size=24), 24)]
    if place == "partition":
        parts.append((",name=data", ext4(home, tmp_path / "2", size=24), 24))
    found = scan(f"disk:{disk(tmp_path / 'disk.img', 'gpt', parts)}")
    assert sorted(found) == ["os", "os/registry.example/base:2", f"os/{APP}"]
    assert reasons(found) == []


def changed(root: Path, folder: Path, edit) -> dict:
    copy = folder / "copy"
    subprocess.run(["cp", "-a", root, copy], check=True)
    edit(copy / "var/lib/containerd")
    return scan(f"ext:{ext4(copy, folder / 'root.ext4', size=64)}")


def test_what_a_container_changed_is_told(root, tmp_path):
    def edit(home: Path) -> None:
        newest = max(
            (home / "io.containerd.snapshotter.v1.overlayfs/snapshots").iterdir(), key=lambda path: int(path.name)
        )
        write(newest / "fs", {"etc/changed": "x"})

    assert reasons(changed(root, tmp_path, edit)) == [
        "var/lib/containerd: what 1 containers changed is not in this result"
    ]


@pytest.mark.parametrize("kept", ["nothing", "manifests"])
def test_an_image_of_which_the_store_has_nothing_but_the_name_is_told(root, tmp_path, kept):
    """An incomplete copy of a device: no manifest says any more what the blobs are, or no blob is there at all."""

    def edit(home: Path) -> None:
        for blob in (home / "io.containerd.content.v1.content/blobs/sha256").iterdir():
            if kept == "nothing" or b'"layers":' in blob.read_bytes()[:4096]:
                blob.unlink()

    found = changed(root, tmp_path, edit)
    assert list(found) == ["os"]
    told = "\n".join(reasons(found))
    for name in (APP, "registry.example/base:2"):
        assert f"the image {name} has a name, but is not in the store" in told
    assert ("blobs that were not read belong to no image" in told) == (kept == "manifests")


def test_snapshots_without_their_database_are_told(root, tmp_path):
    def edit(home: Path) -> None:
        (home / "io.containerd.snapshotter.v1.overlayfs/metadata.db").unlink()

    (reason,) = reasons(changed(root, tmp_path, edit))
    assert reason == "var/lib/containerd: what containers changed is not known: metadata.db is missing"


def test_names_that_cannot_be_read_leave_the_images(root, tmp_path):
    def edit(home: Path) -> None:
        (home / "io.containerd.metadata.v1.bolt/meta.db").write_bytes(b"x" * 8192)

    found = changed(root, tmp_path, edit)
    assert len(found) == 3
    assert "the names of its images cannot be read: there is no database of bbolt" in reasons(found)[0]


@pytest.mark.parametrize("at", [4096 * 3 + 10, 4096 * 2, 4096 * 4 + 20])
def test_a_database_with_a_damaged_page_never_raises(root, tmp_path, at):
    def edit(home: Path) -> None:
        for database in (
            "io.containerd.metadata.v1.bolt/meta.db",
            "io.containerd.snapshotter.v1.overlayfs/metadata.db",
        ):
            data = bytearray((home / database).read_bytes())
            data[at : at + 8] = b"\xff" * 8
            (home / database).write_bytes(data)

    assert len(changed(root, tmp_path, edit)) == 3


def test_a_layer_that_is_gone_or_changed_is_told(root, tmp_path):
    blobs = root / "var/lib/containerd/io.containerd.content.v1.content/blobs/sha256"
    largest = max(blobs.iterdir(), key=lambda path: path.stat().st_size).name

    def remove(home: Path) -> None:
        (home / f"io.containerd.content.v1.content/blobs/sha256/{largest}").unlink()

    def damage(home: Path) -> None:
        path = home / f"io.containerd.content.v1.content/blobs/sha256/{largest}"
        path.write_bytes(path.read_bytes().replace(b"echo app", b"echo bad"))

    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    assert any("is missing" in reason for reason in reasons(changed(root, tmp_path / "1", remove)))
    assert any("promises sha256:" in reason for reason in reasons(changed(root, tmp_path / "2", damage)))


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.zst"])
def test_saved_images_of_k3s(tmp_path, suffix):
    root = debian(tmp_path / "root")
    files = docker_files(APP, app_layers(tmp_path))
    path = write(root, {f"{K3S}/images/airgap.tar": archive(files), f"{K3S}/images/readme.txt": "x"}) / f"{K3S}/images"
    if suffix == ".tar.gz":  # in two members, as pigz writes them
        data = (path / "airgap.tar").read_bytes()
        (path / "airgap.tar.gz").write_bytes(gzip.compress(data[:5000]) + gzip.compress(data[5000:]))
        (path / "airgap.tar").unlink()
    elif suffix == ".tar.zst":
        subprocess.run([tool("zstd"), "-q", "--rm", path / "airgap.tar"], check=True)
    found = scan(f"ext:{ext4(root, tmp_path / 'root.ext4', size=32)}")
    assert {name: packages(one) for name, one in found.items()} == {"os": ["edge 1.0-1"], f"os/{APP}": ["app 1.0-1"]}
    assert reasons(found) == []


def test_saved_layouts_and_what_is_no_archive(tmp_path):
    root = debian(tmp_path / "root")
    layout = Layout()
    layout.done(layout.image(app_layers(tmp_path)))
    files = {
        f"{K3S}/images/a.tar": archive(layout.files),
        f"{K3S}/images/b.tar": b"x" * 2000,
        f"{K3S}/images/c.tar.lz4": b"\x04\x22\x4d\x18",
    }
    found = scan(f"ext:{ext4(write(root, files), tmp_path / 'root.ext4', size=32)}")
    assert len(found) == 2
    assert [reason.partition(":")[0] for reason in reasons(found)] == [f"{K3S}/images/b.tar", f"{K3S}/images/c.tar.lz4"]


@pytest.mark.parametrize(
    "files",
    [
        {"manifest.json": b"[]"},
        {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "index.json": b'{"schemaVersion": 2, "manifests": []}'},
        {
            "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
            "index.json": encoded(
                {
                    "schemaVersion": 2,
                    "manifests": [{"mediaType": OCI_MANIFEST, "digest": f"sha256:{'a' * 64}", "size": 9}],
                }
            ),
        },
    ],
)
def test_saved_archives_without_an_image_are_told(files, tmp_path):
    root = write(debian(tmp_path / "root"), {f"{K3S}/images/a.tar": archive(files)})
    (reason,) = reasons(scan(f"ext:{ext4(root, tmp_path / 'root.ext4', size=32)}"))
    assert reason.startswith(f"{K3S}/images/a.tar: the images in it cannot be read: ")


def test_apps_of_a_factory_reset(tmp_path):
    """A manifest of an app, which is no image, and the image that its compose file names by digest."""
    root = debian(tmp_path / "root")
    layout = Layout()
    image = layout.image(app_layers(tmp_path))
    bundle = layout.blob(gzip.compress(archive({"docker-compose.yml": b"services: {}\n"})), "application/octet-stream")
    layout.blob(
        encoded(
            {"schemaVersion": 2, "config": layout.blob(b"{}", "application/vnd.fio+compose-app"), "layers": [bundle]}
        ),
        "",
    )
    compose = f"services:\n  httpd:\n    image: hub.example/factory/app@{image['digest']}\n"
    store = {f"var/sota/reset-apps/{name}": data for name, data in layout.files.items() if name.startswith("blobs")}
    write(root, {**store, "var/sota/compose-apps/shellhttpd/docker-compose.yml": compose})
    found = scan(f"ext:{ext4(root, tmp_path / 'root.ext4', size=32)}")
    assert {name: packages(one) for name, one in found.items()} == {
        "os": ["edge 1.0-1"],
        "os/hub.example/factory/app": ["app 1.0-1"],
    }
    assert reasons(found) == []


def test_what_is_no_image_is_told(root, tmp_path):
    def edit(home: Path) -> None:
        layout = Layout()
        chart = layout.blob(b"{}", "application/vnd.cncf.helm.config.v1+json")
        layout.blob(
            encoded({"schemaVersion": 2, "config": chart, "layers": [], "mediaType": OCI_MANIFEST}), OCI_MANIFEST
        )
        write(
            home / "io.containerd.content.v1.content", {n: d for n, d in layout.files.items() if n.startswith("blobs")}
        )

    (reason,) = reasons(changed(root, tmp_path, edit))
    assert "is no image and was not read: application/vnd.cncf.helm.config.v1+json" in reason
