"""Mender Artifacts made by mender-artifact."""

from __future__ import annotations

import gzip
import random
import tarfile

import pytest
from bundle_builder import mender
from image_builder import opened
from saved_image import docker_archive
from system_builder import STATUS, debian, ext4, listed, of_tree, packages, run, scan, squashfs, write

from sbomctl.errors import CorruptInput, DigestMismatch, SbomctlError, UnsupportedInput
from sbomctl.sources.detect import find_source

SAID = "Mender Artifact release-1, rootfs-image root.img: {}"


@pytest.fixture
def root(tmp_path):
    return write(debian(tmp_path / "root"), {"usr/share/noise": random.Random(1).randbytes(20_000)})


@pytest.mark.parametrize("compression", ["none", "gzip", "lzma"])
@pytest.mark.parametrize("kind", ["ext4", "squashfs"])
def test_the_image_of_an_artifact_is_the_root(tmp_path, root, kind, compression):
    image = tmp_path / "root.img"
    (ext4 if kind == "ext4" else squashfs)(root, image)
    artifact = mender(tmp_path, image, compression=compression)
    assert find_source(str(artifact))[0].scheme == "mender"
    with opened(str(artifact)) as found:
        assert {path: what for path, what in listed(found).items() if path != "lost+found"} == of_tree(root)
        (layer,) = found.image.layers
        assert layer.created_by == SAID.format("ext4" if kind == "ext4" else "squashfs (gzip)")
        assert not found.problems
    one = scan(str(artifact))["os"]
    assert packages(one) == ["edge 1.0-1"]
    assert not one.problems
    assert one.image.target == "mender:edge.mender"


def test_the_image_may_be_for_raw_flash(tmp_path, root):
    image = tmp_path / "root.img"
    run("mkfs.ubifs", "-r", root, "-m", 2048, "-e", 126976, "-c", 200, "-o", image)
    with opened(str(mender(tmp_path, image))) as found:
        assert listed(found) == of_tree(root)
        assert found.image.layers[0].created_by.startswith(SAID.format("UBIFS"))


def test_files_for_a_module_are_a_layer(tmp_path):
    """As the generator for directories makes it."""
    write(tmp_path, {"dest_dir": "/opt/app\n", "tree/bin/app": "app", "tree/lib/a.so": "\x7fELF"})
    run("tar", "-C", tmp_path / "tree", "-cf", tmp_path / "update.tar", ".")
    artifact = mender(tmp_path, tmp_path / "dest_dir", tmp_path / "update.tar", kind="directory")
    with opened(str(artifact)) as found:
        assert sorted(path for path, (kind, _) in listed(found).items() if kind == "regular") == [
            "opt/app/bin/app",
            "opt/app/lib/a.so",
            "payload-0/dest_dir",
        ]
        assert not found.problems


@pytest.mark.parametrize("nested", [False, True])
def test_archives_in_a_row_are_told(tmp_path, nested, root):
    """Of the archives in a tar only the first is read, of a tar in a tar as well as of the Artifact."""
    image = squashfs(root, tmp_path / "root.img")
    write(tmp_path, {"more/etc/os-release": "ID=edge\n"})
    for folder, name in ((tmp_path, "root.img"), (tmp_path / "more", "etc")):
        run("tar", "-C", folder, "-cf", tmp_path / f"{name}.tar", name)
    given = tmp_path / "both.tar"
    given.write_bytes((tmp_path / "root.img.tar").read_bytes() + (tmp_path / "etc.tar").read_bytes())
    artifact = mender(tmp_path, given if nested else image, kind="directory" if nested else "rootfs-image")
    if not nested:
        artifact.write_bytes(artifact.read_bytes() + (tmp_path / "etc.tar").read_bytes())
    one = scan(str(artifact))["os"]
    assert [problem.reason for problem in one.problems if "behind the end mark" in problem.reason]


@pytest.mark.parametrize("nested", [False, True])
def test_saved_images_for_a_module_are_images_inside(tmp_path, nested):
    """The generator for compose files packs them in a further tar."""
    content = {"var/lib/dpkg/status": STATUS.format("app"), "etc/os-release": "ID=debian\n"}
    files = write(tmp_path / "files", {"docker-compose.yml": "services: {}\n"})
    (files / "images").mkdir()
    docker_archive(files / "images/app.img", {name: text.encode() for name, text in content.items()})
    (files / "images/app.img").write_bytes(gzip.compress((files / "images/app.img").read_bytes()))
    given = [files / "docker-compose.yml", files / "images/app.img"]
    if nested:
        run("tar", "-C", files, "-czf", tmp_path / "images.tar.gz", ".")
        given = [tmp_path / "images.tar.gz"]
    artifact = mender(tmp_path, *given, kind="docker-compose")
    with opened(str(artifact)) as found:
        regular = [path for path, (kind, _) in listed(found).items() if kind == "regular"]
        assert regular == [f"payload-0/{'images.tar.gz/' if nested else ''}docker-compose.yml"]
        assert not found.problems
    inventories = scan(str(artifact))
    assert sorted(inventories) == ["os", "os/edge:1"]
    assert packages(inventories["os/edge:1"]) == ["app 1.0-1"]


def test_what_cannot_be_read_is_a_problem(tmp_path):
    image = write(tmp_path, {"root.img": random.Random(1).randbytes(5000)}) / "root.img"
    with opened(str(mender(tmp_path, image))) as found:
        assert found.problems == ("rootfs-image root.img: no file system that is known here",)
        assert not found.layers
    with opened(str(mender(tmp_path, image, kind="mender-binary-delta"))) as found:
        assert found.problems == ("mender-binary-delta root.img: a binary delta; the image that it makes is not in it",)


def test_state_scripts_are_in_a_layer(tmp_path, root):
    image = squashfs(root, tmp_path / "root.img")
    script = write(tmp_path, {"ArtifactInstall_Enter_00": "#!/bin/sh\n"}) / "ArtifactInstall_Enter_00"
    artifact = tmp_path / "edge.mender"
    words = ["-t", "x", "-n", "release-1", "-f", image, "-s", script, "-o", artifact]
    run("mender-artifact", "write", "rootfs-image", *words)
    with opened(str(artifact)) as found:
        assert "bundle/scripts/ArtifactInstall_Enter_00" in listed(found)


def test_damage_is_one_error(tmp_path, root):
    artifact = mender(tmp_path, squashfs(root, tmp_path / "root.img"))
    whole = artifact.read_bytes()
    for size in (600, 3000, len(whole) // 2, len(whole) - 1500):
        artifact.write_bytes(whole[:size])
        with pytest.raises(CorruptInput), opened(f"mender:{artifact}"):
            pass
    caught = set()
    for at in range(0, len(whole), max(1, len(whole) // 200)):
        artifact.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            with opened(f"mender:{artifact}") as found:
                assert not found.problems
                assert listed(found) == of_tree(root)
        except SbomctlError as error:
            caught.add(type(error))
    assert caught == {CorruptInput, DigestMismatch}


@pytest.mark.parametrize(
    ("name", "change", "error"),
    [
        ("version", lambda data: data.replace(b"3", b"1"), UnsupportedInput),
        ("version", lambda _: b"[]", CorruptInput),
        ("manifest", lambda data: data.replace(b"root.img", b"boot.img"), CorruptInput),
        ("manifest", lambda _: b"", CorruptInput),
        ("header.tar.gz", lambda data: data[:20], DigestMismatch),
        ("data/0000.tar.gz", None, CorruptInput),
        ("header.tar.gz", None, CorruptInput),
    ],
)
def test_a_changed_artifact(tmp_path, root, name, change, error):
    artifact = mender(tmp_path, squashfs(root, tmp_path / "root.img"))
    again = tmp_path / "again.mender"
    with tarfile.open(artifact) as old, tarfile.open(again, "w") as new:
        for member in old:
            data = old.extractfile(member).read()
            if member.name == name:
                if change is None:
                    continue
                data = change(data)
            (tmp_path / "member").write_bytes(data)
            new.add(tmp_path / "member", member.name)
    with pytest.raises(error), opened(f"mender:{again}"):
        pass
