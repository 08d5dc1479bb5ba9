"""Bundles of the Toradex Easy Installer: trees deployed by ostree, a store written by an engine, packed by tar."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from conftest import missing
from image_builder import opened
from system_builder import (
    Sysroot,
    debian,
    engine,
    listed,
    of_tree,
    ostree_tree,
    packages,
    run,
    scan,
    write,
)

from sbomctl.errors import CorruptInput, SbomctlError, UnsupportedInput
from sbomctl.filesystems.blob import FileBlob
from sbomctl.filesystems.walk import find
from sbomctl.sources.base import Limits
from sbomctl.sources.detect import find_source
from sbomctl.sources.tar_tree import TarTree

VAR = "/ostree/deploy/torizon/var"
FILES = [
    f"docker-compose.yml:{VAR}/sota/storage/docker-compose/",
    f"docker-storage.tar.xz:{VAR}/lib/docker/:true",
    f"target:{VAR}/sota/storage/docker-compose/target_name",
]
LICENSE = "<html>EULA</html>\n"


def description(filename: str, label: str, filelist: list[str], **more: object) -> str:
    """In the form that the distribution of Torizon writes."""
    content = {"label": label, "filesystem_type": "ext4", "filename": filename, "filelist": filelist}
    boot = {"filesystem_type": "raw", "rawfiles": [{"filename": "imx-boot", "dd_options": "seek=0"}]}
    devices = [
        {"name": "emmc", "partitions": [{"partition_size_nominal": 512, "content": content}]},
        {"name": "emmc-boot0", "erase": True, "content": boot},
    ]
    facts = {"config_format": 4, "name": "Torizon OS", "version": "7.0.0", "license": "eula.html", "blockdevs": devices}
    return json.dumps({**facts, **more})


@pytest.fixture
def folder(tmp_path):
    """A bundle as a directory, without store, of a root with an ordinary layout."""
    home = write(tmp_path / "Edge-Tezi", {"eula.html": LICENSE, "imx-boot": b"\x14\0\0\xea" * 300})
    root = write(debian(tmp_path / "root"), {"etc/fstab": "LABEL=boot /boot vfat defaults 0 0\n"})
    run("tar", "-C", root, "-cJf", home / "rootfs.tar.xz", ".")
    run("tar", "-C", write(tmp_path / "boot", {"Image": "kernel"}), "-czf", home / "bootfs.tar.gz", ".")
    boot = {"label": "boot", "filesystem_type": "FAT", "filename": "bootfs.tar.gz"}
    devices = json.loads(description("rootfs.tar.xz", "rootfs", []))["blockdevs"]
    devices[0]["partitions"].insert(0, {"content": boot})
    write(home, {"image.json": description("", "", [], blockdevs=devices)})
    return home


def packed(folder: Path) -> Path:
    path = folder.parent / "edge-Tezi.tar"
    run("tar", "-C", folder.parent, "-cf", path, folder.name)
    return path


@pytest.mark.parametrize("form", ["directory", "tar", "compressed"])
def test_the_tars_of_partitions(folder, tmp_path, form):
    target = folder if form == "directory" else packed(folder)
    if form == "compressed":
        run("gzip", target)
        target = f"tezi:{target}.gz"
    else:
        assert find_source(str(target))[0].scheme == "tezi"
    with opened(str(target)) as found:
        entries = listed(found)
        expected = of_tree(tmp_path / "root") | {"boot": ("directory", ""), "boot/Image": entries["boot/Image"]}
        assert {path: what for path, what in entries.items() if path.split("/")[0] != "bundle"} == expected
        assert sorted(path for path in entries if path.startswith("bundle/")) == ["bundle/eula.html"]
        assert found.image.layers[0].created_by == (
            "installer of Torizon OS 7.0.0, rootfs (rootfs.tar.xz): tar, label rootfs"
        )
        assert found.problems == ("raw image of emmc-boot0 (imx-boot): no file system that is known here",)
    assert packages(scan(str(target))["os"]) == ["edge 1.0-1"]


def test_flash_with_volumes(tmp_path):
    root = debian(tmp_path / "root")
    home = tmp_path / "nand"
    home.mkdir()
    image = home / "rootfs.ubifs"
    run("mkfs.ubifs", "-r", root, "-m", 2048, "-e", 126976, "-c", 200, "-o", image)
    volume = {"name": "rootfs", "content": {"filesystem_type": "raw", "rawfile": {"filename": "rootfs.ubifs"}}}
    write(home, {"image.json": json.dumps({"mtddevs": [{"name": "ubi", "ubivolumes": [volume]}]})})
    with opened(str(home)) as found:
        assert listed(found) == of_tree(root)
        assert not found.problems


def test_torizon_with_containers(tmp_path_factory):
    """The deployment is the root; the images of its store are images inside; the compose file is in its /var."""
    tmp_path = tmp_path_factory.mktemp("t")  # names of sockets must be short
    home = write(tmp_path / "Tezi", {"docker-compose.yml": "services: {}\n", "target": "docker-compose.yml\n"})
    write(home, {"imx-boot": b"\x14\0\0\xea" * 300})
    sysroot = Sysroot(tmp_path / "sysroot")
    try:
        checksum = sysroot.deploy(ostree_tree(tmp_path / "tree"))
        expected = of_tree(sysroot.deployment(checksum))
        run("tar", "-C", sysroot.path, "--zstd", "-cf", home / "edge.ota.tar.zst", ".")
    finally:
        sysroot.release()
    app = debian(tmp_path / "app", "app")
    with engine(tmp_path / "run", tmp_path / "store") as docker:
        docker.load(app, "team/app:1")
    run("tar", "-C", tmp_path / "store", "--xattrs", "-cJf", home / "docker-storage.tar.xz", "overlay2", "image")
    write(home, {"image.json": description("edge.ota.tar.zst", "otaroot", FILES)})
    bundle = packed(home)
    with opened(str(bundle)) as found:
        entries = listed(found)
        deployed = {path: what for path, what in expected.items() if not path.startswith("usr/etc/")}
        assert {path: entries[path] for path in deployed} == deployed
        added = "var/sota/storage/docker-compose"
        assert {path for path in entries if path.startswith(added + "/")} == {
            f"{added}/docker-compose.yml",
            f"{added}/target_name",
        }
        assert not [path for path in entries if path.startswith(("var/lib/docker/overlay2/", "bundle"))]
        (image,) = found.inner
        assert {path: what for path, what in listed(image).items() if path in of_tree(app)} == of_tree(app)
        assert found.problems == ("raw image of emmc-boot0 (imx-boot): no file system that is known here",)
    inventories = scan(str(bundle))
    assert {name: packages(one) for name, one in inventories.items()} == {
        "os": ["edge 1.0-1"],
        "os/team/app:1": ["app 1.0-1"],
    }


def test_what_is_missing_or_cannot_be_unpacked_is_a_problem(folder):
    lines = ["gone.tar.xz:/opt/:true", "broken.tar.xz:/opt/:true", "notes:/opt/notes"]
    write(folder, {"broken.tar.xz": b"\xfd7zXZ\0" + bytes(100), "notes": "n"})
    facts = description("rootfs.tar.xz", "rootfs", lines)
    write(folder, {"image.json": facts.replace("imx-boot", "elsewhere")})
    with opened(str(folder)) as found:
        assert "opt/notes" in listed(found)
        first, second, third = sorted(found.problems)
        assert first.startswith("broken.tar.xz: ")
        assert (second, third) == (
            "elsewhere of image.json is not in the bundle",
            "gone.tar.xz of image.json is not in the bundle",
        )


def test_damage_is_one_error(folder):
    bundle = packed(folder)
    whole = bundle.read_bytes()
    for size in (1000, len(whole) // 2, len(whole) - 10_240):
        bundle.write_bytes(whole[:size])
        with pytest.raises(CorruptInput), opened(f"tezi:{bundle}"):
            pass
    for at in range(0, len(whole), max(1, len(whole) // 150)):  # nothing promises what is in it: only not to fall over
        bundle.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            with opened(f"tezi:{bundle}") as found:
                listed(found)
        except SbomctlError:
            pass
    root = (folder / "rootfs.tar.xz").read_bytes()
    start = whole.index(root)
    for at in range(start, start + len(root), max(1, len(root) // 50)):
        bundle.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        with opened(f"tezi:{bundle}") as found:
            assert any(told.startswith("rootfs (rootfs.tar.xz): ") for told in found.problems)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"blockdevs": {}}', '{"blockdevs": [1, {"content": 2}]}'])
def test_descriptions_that_are_none(tmp_path, text):
    home = write(tmp_path / "b", {"image.json": text})
    with pytest.raises((CorruptInput, UnsupportedInput)), opened(f"tezi:{home}"):
        pass


def test_a_tar_keeps_what_a_directory_of_an_overlay_hides(tmp_path):
    tree = write(tmp_path / "tree", {"opaque/file": "x", "plain/file": "x"})
    try:
        os.setxattr(tree / "opaque", b"user.overlay.opaque", b"y")
    except OSError:
        missing("the file system here has no extended attributes")
    run("tar", "-C", tree, "--xattrs", "-cf", tmp_path / "tree.tar", ".")
    with (tmp_path / "tree.tar").open("rb") as file:
        found = TarTree(FileBlob(file.fileno()), "tree.tar", 100)
        assert find(found, b"opaque").attribute(b"user.overlay.opaque") == b"y"
        assert find(found, b"plain").attribute(b"user.overlay.opaque") is None


def test_no_place_leads_out_of_the_image(folder):
    write(folder, {"notes": "n"})
    lines = ["notes:/../../a/./../b/:", "notes:::", "notes", "notes:/opt\0x/", ":::", "notes:\ud800/"]
    write(folder, {"image.json": description("rootfs.tar.xz", "rootfs", lines)})
    with opened(str(folder)) as found:
        paths = {member.path for layer in found.layers for member in layer.members(Limits())}
        assert {"a/b/notes", "notes", "opt\0x/notes"} <= paths
        assert not [path for path in paths if path.startswith("/") or ".." in path.split("/") or not path]
