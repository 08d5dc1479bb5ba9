"""Snaps made by mksquashfs as snapcraft calls it, on disks as Ubuntu Core lays them out."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import shared, tar_of, view_of
from image_builder import opened
from system_builder import debian, ext4, listed, of_tree, packages, scan, squashfs, write
from test_disk import disk
from trees import MIB, make, sized

from sbomctl.catalogers.snap import SnapCataloger
from sbomctl.model import Package, Role

YAML = "name: {}\nversion: '{}'\nsummary: s\ntype: {}\narchitectures: [arm64]\n"


def snap(folder: Path, name: str, kind: str = "app", version: str = "1", files: dict | None = None) -> Path:
    tree = write(
        folder / f"tree-{name}-{version}", {"meta/snap.yaml": YAML.format(name, version, kind), **(files or {})}
    )
    return squashfs(tree, folder / f"{name}_{version}.snap", "-comp", "xz", "-no-fragments", "-all-root", "-no-xattrs")


def base(folder: Path, name: str = "core24") -> Path:
    release = f'ID=ubuntu-core\nVERSION_ID="{name[4:]}"\n'
    files = {
        "usr/lib/os-release": release,
        "etc/os-release": release,
        "usr/share/snappy/dpkg.yaml": "packages:\n- libc6=2.39-0ubuntu8\n",
        "usr/bin/sh": "\x7fELF",
    }
    return snap(folder, name, "base", "1", files)


def seed(folder: Path, snaps: list[Path], model: str = "") -> Path:
    """A partition ubuntu-seed."""
    image = sized(folder / "seed.vfat", 40 * MIB)
    make("mkfs.vfat", "-n", "ubuntu-seed", image)
    for directory in ("snaps", "systems", "systems/20240601"):
        make("mmd", "-i", image, f"::/{directory}")
    for path in snaps:
        make("mcopy", "-i", image, path, "::/snaps/")
    if model:
        (folder / "model").write_text(model)
        make("mcopy", "-i", image, folder / "model", "::/systems/20240601/")
    return image


@pytest.fixture
def snaps(tmp_path) -> list[Path]:
    return [
        base(tmp_path),
        snap(tmp_path, "pc-kernel", "kernel"),
        snap(tmp_path, "hello", files={"bin/hello": "#!/bin/sh\n"}),
    ]


def test_a_snap_is_an_image(tmp_path):
    found = scan(str(snap(tmp_path, "hello", files={"bin/hello": "#!/bin/sh\n"})))
    assert packages(found["os"]) == ["hello 1"]
    assert found["os"].coverage.unowned_files == 0
    assert not found["os"].problems


def test_on_a_seed_partition_the_base_snap_is_the_root(tmp_path, snaps):
    image = disk(tmp_path / "uc24.img", "gpt", [(",name=ubuntu-seed", seed(tmp_path, snaps), 40)])
    with opened(f"disk:{image}") as found:
        assert [layer.created_by for layer in found.image.layers] == [
            "snap core24 (base), squashfs (xz)",
            "partition 1 (ubuntu-seed): FAT16, label ubuntu-seed, without what the images inside are made of",
        ]
        entries = listed(found)
        assert [one.image.name for one in found.inner] == ["edge/hello", "edge/pc-kernel"]
        assert [one.image.role for one in found.inner] == [Role.CONTAINER, Role.BASE_OS]
        assert str(found.inner[0].image.platform) == "linux/arm64"
    expected = of_tree(tmp_path / "tree-core24-1")
    assert {path: what for path, what in entries.items() if not path.startswith("partition-1")} == expected
    assert not [path for path in entries if path.endswith(".snap")]
    found = scan(f"disk:{image}")
    assert {name: packages(one) for name, one in found.items()} == {
        "os": ["core24 1", "libc6 2.39-0ubuntu8"],
        "os/hello": ["hello 1"],
        "os/pc-kernel": ["pc-kernel 1"],
    }
    assert found["os/hello"].image.target == "disk:uc24.img!partition-1/snaps/hello_1.snap"
    assert [one.purl for one in found["os"].packages][:1] == ["pkg:deb/ubuntu/libc6@2.39-0ubuntu8?distro=ubuntu-24.04"]
    assert not any(one.problems for one in found.values())


@pytest.mark.parametrize("wanted", ["core22", "core24"])
def test_of_two_bases_the_root_is_that_of_the_model(tmp_path, snaps, wanted):
    image = disk(
        tmp_path / "uc.img",
        "gpt",
        [("", seed(tmp_path, [*snaps, base(tmp_path, "core22")], f"type: model\nbase: {wanted}\n"), 40)],
    )
    with opened(f"disk:{image}") as found:
        assert found.image.layers[0].created_by.startswith(f"snap {wanted} (base)")
        assert len(found.inner) == 3


def test_an_installed_system_has_each_snap_once(tmp_path, snaps):
    data = tmp_path / "data"
    write(data, {"system-data/etc/hostname": "edge"})
    home = data / "system-data/var/lib/snapd/snaps"
    home.mkdir(parents=True)
    for path in (*snaps, snap(tmp_path, "hello", version="2")):
        (home / path.name).write_bytes(path.read_bytes())
    parts = [(",name=ubuntu-seed", seed(tmp_path, snaps), 40)]
    parts += [(",name=ubuntu-data", ext4(data, tmp_path / "data.ext4"), 16)]
    found = scan(f"disk:{disk(tmp_path / 'uc.img', 'gpt', parts)}")
    assert sorted(found) == ["os", "os/hello", "os/hello-2", "os/pc-kernel"]
    assert packages(found["os/hello-2"]) == ["hello 2"]


def test_snaps_of_a_classic_root_are_images_beside_it(tmp_path, snaps):
    root = debian(tmp_path / "root")
    home = root / "var/lib/snapd/snaps"
    home.mkdir(parents=True)
    for path in snaps:
        (home / path.name).write_bytes(path.read_bytes())
    (home / "broken_1.snap").write_bytes(b"hsqs")
    found = scan(f"ext:{ext4(root, tmp_path / 'root.ext4')}")
    assert sorted(found) == ["os", "os/core24", "os/hello", "os/pc-kernel"]
    assert packages(found["os"]) == ["edge 1.0-1"]
    (problem,) = found["os"].problems
    assert problem.reason.startswith("var/lib/snapd/snaps/broken_1.snap: the snap cannot be read")


def test_every_snap_yaml_of_snapd_is_read():
    """Its own tests' snaps; those that are meant to be wrong are none of them."""
    folder = shared("real/embedded/snapd/tests/lib/snaps")
    files = sorted(folder.rglob("snap.yaml"))
    assert len(files) > 20
    for file in files:
        (found,) = SnapCataloger().catalog(view_of(tar_of({"meta/snap.yaml": file.read_bytes()})))
        assert isinstance(found, Package)
        assert found.name


def test_a_second_copy_that_cannot_be_read_is_told(tmp_path):
    """It cannot even be compared with the first."""
    home = "var/lib/snapd"
    hello = snap(tmp_path, "hello").read_bytes()
    copies = {f"{home}/{place}/hello_1.snap": hello for place in ("snaps", "seed/snaps")}
    root = write(debian(tmp_path / "root"), copies)
    image = ext4(root, tmp_path / "root.ext4")
    make("debugfs", "-w", "-R", f"sif /{home}/seed/snaps/hello_1.snap block[0] 0", image)
    found = scan(f"ext:{image}")
    assert packages(found["os"]) == ["edge 1.0-1"]
    assert "os/hello" in found
    (reason,) = [problem.reason for problem in found["os"].problems]
    assert reason.startswith(f"{home}/seed/snaps/hello_1.snap: the snap cannot be read")
