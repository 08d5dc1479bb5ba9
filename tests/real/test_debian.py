"""A real Debian image, read in five ways, against dpkg, pip and npm themselves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest
from conftest import tool
from debian_image import DebianImage
from real_scan import debian_image, scan, visible

from sbomctl.model import Inventory, Package, State

pytestmark = pytest.mark.timeout(1800)  # whoever comes first builds the image

WAYS = ("docker", "docker-archive", "oci-archive", "oci-dir", "zstd")
PYTHON_PATH = ("usr/local/lib/python3.11/dist-packages", "usr/lib/python3/dist-packages")


@pytest.fixture(scope="session")
def debian(pytestconfig: pytest.Config) -> DebianImage:
    return debian_image(pytestconfig)


@pytest.fixture
def inventory(debian: DebianImage) -> Inventory:
    return scan(f"oci-archive:{debian.oci_archive}")


def as_dpkg_says(text: str) -> list[tuple[str, ...]]:
    """Name, version, architecture, source and its version of what is installed; configuration left behind is not."""
    rows = [line.split("\t") for line in text.splitlines()]
    return sorted(tuple(row[:5]) for row in rows if row[5] == "installed")


def as_we_say(inventory: Inventory) -> list[tuple[str, ...]]:
    found = visible(inventory, "deb")
    return sorted((p.name, p.version, p.architecture, p.source.name, p.source.version) for p in found if p.source)


def test_the_root_filesystem_holds_what_dpkg_says(debian: DebianImage) -> None:
    inventory = scan(f"rootfs:{debian.rootfs}")
    assert as_we_say(inventory) == as_dpkg_says(debian.says("rootfs.dpkg"))
    assert len(visible(inventory, "deb")) > 400
    assert not inventory.problems


@pytest.fixture(scope="session")
def disks(debian: DebianImage, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The root filesystem as a squashfs, as an ext4, and in both slots of a disk beside a boot partition."""
    folder = tmp_path_factory.mktemp("disks")
    for name in ("sqfstar", "mkfs.ext4", "mkfs.vfat", "sfdisk", "tar"):
        tool(name)

    def run(*command: object, text: str = "") -> None:
        subprocess.run([str(word) for word in command], input=text.encode(), check=True, capture_output=True)

    with debian.rootfs.open("rb") as tar:
        # Not lz4: squashfs-tools 4.5 writes blocks of it now and then that it cannot read itself.
        command = ["sqfstar", "-quiet", "-no-progress", "-comp", "gzip", folder / "root.squashfs"]
        subprocess.run(command, stdin=tar, check=True, capture_output=True)
    (folder / "tree").mkdir()
    run("tar", "-C", folder / "tree", "-xf", debian.rootfs)
    mebibytes = debian.rootfs.stat().st_size * 3 // 2 >> 20
    for name, size in (("root.ext4", mebibytes), ("boot", 8), ("disk.img", 2 * mebibytes + 11)):
        with (folder / name).open("wb") as file:
            file.truncate(size << 20)
    run("mkfs.ext4", "-q", "-F", "-L", "rootfs", "-d", folder / "tree", folder / "root.ext4")
    run("mkfs.vfat", folder / "boot")
    shutil.rmtree(folder / "tree")
    table = ["label: gpt", "start=1MiB,size=8MiB", *(f"size={mebibytes}MiB,name=root{slot}" for slot in "AB")]
    run("sfdisk", "-q", folder / "disk.img", text="\n".join(table))
    for seek, name in ((1, "boot"), (9, "root.ext4"), (9 + mebibytes, "root.ext4")):
        where = ["bs=1M", f"seek={seek}", "conv=notrunc,sparse"]
        run("dd", f"if={folder / name}", f"of={folder / 'disk.img'}", *where)
    return {"squashfs": folder / "root.squashfs", "ext": folder / "root.ext4", "disk": folder / "disk.img"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can unpack the tree with its owners and devices")
@pytest.mark.parametrize("scheme", ["squashfs", "ext", "disk"])
def test_a_file_system_holds_what_its_tar_holds(debian: DebianImage, disks: dict[str, Path], scheme: str) -> None:
    inventory, tar = scan(f"{scheme}:{disks[scheme]}"), scan(f"rootfs:{debian.rootfs}")
    assert as_we_say(inventory) == as_dpkg_says(debian.says("rootfs.dpkg"))
    assert [one.purl for one in inventory.packages] == [one.purl for one in tar.packages]
    assert (inventory.coverage, inventory.unowned) == (tar.coverage, tar.unowned)
    assert not inventory.problems


def test_the_image_holds_what_dpkg_says(debian: DebianImage, inventory: Inventory) -> None:
    assert as_we_say(inventory) == as_dpkg_says(debian.says("image.dpkg"))
    assert not inventory.problems


def test_the_image_holds_what_pip_says(debian: DebianImage, inventory: Inventory) -> None:
    said = {(row["name"].lower(), row["version"]) for row in json.loads(debian.says("image.pip"))}
    first: dict[str, str] = {}  # pip lists what Python would import: the first one on its path
    for root in PYTHON_PATH:
        for package in visible(inventory, "pypi"):
            if package.root == root:
                first.setdefault(package.name.lower(), package.version)
    assert set(first.items()) == said


def test_the_image_holds_what_npm_says(debian: DebianImage, inventory: Inventory) -> None:
    said, queue = set(), [json.loads(debian.says("image.npm"))]
    while queue:
        node = queue.pop()
        said.add((node["name"], node["version"]))
        queue += [{"name": name, **child} for name, child in node.get("dependencies", {}).items()]
    found = {(p.name, p.version) for p in visible(inventory, "npm") if p.location.path.startswith("opt/app/")}
    assert found == said


@pytest.mark.parametrize("way", [way for way in WAYS if way != "oci-archive"])
def test_every_way_to_read_it_gives_the_same(debian: DebianImage, inventory: Inventory, way: str) -> None:
    other = scan(debian.targets()[way])
    assert content(other) == content(inventory)


def content(inventory: Inventory) -> Inventory:
    """The inventory without what names the form that the image was stored in."""
    layers = tuple(
        msgspec.structs.replace(layer, digest="", media_type="") for layer in inventory.image.layers
    )  # the diff_ids stay, which name the content
    image = msgspec.structs.replace(inventory.image, id="", target="", layers=layers, created="")
    return msgspec.structs.replace(inventory, image=image)


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_number_of_jobs_does_not_show(debian: DebianImage, inventory: Inventory, jobs: int) -> None:
    assert scan(f"oci-archive:{debian.oci_archive}", jobs=jobs) == inventory


def test_zstd_layers_are_zstd(debian: DebianImage) -> None:
    types = {layer.media_type for layer in scan(debian.targets()["zstd"]).image.layers}
    assert types == {"application/vnd.oci.image.layer.v1.tar+zstd"}


def one(inventory: Inventory, name: str, state: State) -> Package:
    (found,) = (p for p in inventory.packages if p.name == name and p.state is state)
    return found


HIDDEN = [
    # package, its state, the steps that brought and hid it
    ("less", State.DELETED, "apt-get install -y --no-install-recommends --allow-downgrades", "apt-get purge -y less"),
    ("wget", State.DELETED, "apt-get install -y --no-install-recommends --allow-downgrades", "apt-get remove -y wget"),
    ("rsync", State.SHADOWED, "rsync=$(apt-cache madison", "--no-install-recommends rsync"),
    ("requests", State.SHADOWED, "requests==2.31.0", "requests==2.32.3"),
    ("charset-normalizer", State.DELETED, "requests==2.31.0", "uninstall"),
    ("left-pad", State.DELETED, "npm install", "npm uninstall"),
]


@pytest.mark.parametrize(("name", "state", "brought", "hid"), HIDDEN, ids=[row[0] for row in HIDDEN])
def test_what_a_later_step_hid_is_kept(inventory: Inventory, name: str, state: State, brought: str, hid: str) -> None:
    package = one(inventory, name, state)
    assert package.hidden_in is not None
    assert brought in inventory.image.layers[package.introduced_in].created_by
    assert hid in inventory.image.layers[package.hidden_in].created_by


def test_nothing_else_is_hidden(inventory: Inventory) -> None:
    hidden = sorted((p.name, p.state) for p in inventory.packages if p.state is not State.VISIBLE)
    assert hidden == sorted((name, state) for name, state, _, _ in HIDDEN)
