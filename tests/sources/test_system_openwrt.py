"""OpenWrt: what the kernel's overlay shows is what the layers show, wherever the upper part is stored."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import missing
from image_builder import opened
from system_builder import debian, ext4, listed, of_tree, packages, scan, squashfs, write
from test_disk import disk
from trees import make

RELEASE = "DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE='23.05.3'\n"
PAIR = 64 << 10


def change(root: Path) -> None:
    """What a device does to its root: everything that an overlay has a mark for."""
    (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/ash\n")
    (root / "usr/bin/gone").unlink()
    shutil.rmtree(root / "opt/cleared")
    write(root, {"opt/cleared/new": "new", "etc/config/network": "config\n", "opt/.wh.plain": "an ordinary file"})
    shutil.rmtree(root / "opt/replaced")
    (root / "opt/replaced").write_text("now a file")


@pytest.fixture(scope="module")
def device(tmp_path_factory) -> tuple[Path, Path, Path]:
    """The squashfs, the overlay partition's tree, and what the kernel shows of both."""
    folder = tmp_path_factory.mktemp("openwrt")
    files = {"etc/openwrt_release": RELEASE, "usr/bin/gone": "x", "opt/cleared/old": "x", "opt/replaced/a": "x"}
    lower = write(debian(folder / "lower"), files)
    for name in ("data/upper", "data/work", "merged", "shown"):
        (folder / name).mkdir(parents=True)
    options = f"lowerdir={lower},upperdir={folder}/data/upper,workdir={folder}/data/work"
    done = subprocess.run(
        ["mount", "-t", "overlay", "overlay", "-o", options, folder / "merged"], capture_output=True, check=False
    )
    if done.returncode:
        missing(f"no overlay can be mounted here: {done.stderr.decode().strip()}")
    try:
        change(folder / "merged")
        subprocess.run(["cp", "-a", f"{folder}/merged/.", folder / "shown"], check=True)
    finally:
        subprocess.run(["umount", folder / "merged"], check=True)
    shutil.rmtree(folder / "data/work")
    (folder / "data/work").mkdir()
    (folder / "data/.fs_state").symlink_to("2")
    return squashfs(lower, folder / "root.squashfs"), folder / "data", folder / "shown"


def assert_shown(target: str, shown: Path, ignored: str = "partition-2") -> None:
    with opened(target) as image:
        assert image.problems == ()
        found = {path: what for path, what in listed(image).items() if path.partition("/")[0] != ignored}
        found = {path.replace("\\x2e", "."): what for path, what in found.items()}
    assert found == of_tree(shown)


def test_an_overlay_in_its_own_partition(device, tmp_path):
    root, data, shown = device
    image = disk(tmp_path / "disk.img", "gpt", [("", root, 4), (",name=rootfs_data", ext4(data, tmp_path / "d"), 16)])
    assert_shown(f"disk:{image}", shown)
    found = scan(f"disk:{image}")["os"]
    assert [layer.created_by for layer in found.image.layers][1] == "overlay of OpenWrt, ext4"
    assert packages(found) == ["edge 1.0-1"]


@pytest.mark.parametrize("kind", ["ext4", "jffs2"])
def test_an_overlay_behind_the_squashfs(kind, device, tmp_path):
    root, data, shown = device
    stored = root.read_bytes()
    if kind == "jffs2":
        make("mkfs.jffs2", "--with-xattr", "-r", data, "-b", "-p", "-o", tmp_path / "d")
    else:
        ext4(data, tmp_path / "d")
    whole = stored.ljust(-(-len(stored) // PAIR) * PAIR, b"\0") + (tmp_path / "d").read_bytes()
    (tmp_path / "combined.img").write_bytes(whole)
    assert_shown(f"squashfs:{tmp_path / 'combined.img'}", shown)
    image = disk(tmp_path / "disk.img", "dos", [("", tmp_path / "combined.img", 24)])
    assert_shown(f"disk:{image}", shown)


@pytest.mark.parametrize("behind", [b"\xde\xad\xc0\xde" + b"\xff" * 1000, b"", bytes(1000), b"\xff" * 1000])
def test_free_space_behind_the_squashfs(device, tmp_path, behind):
    stored = device[0].read_bytes()
    (tmp_path / "fresh.img").write_bytes(stored.ljust(-(-len(stored) // PAIR) * PAIR, b"\0") + behind)
    with opened(f"squashfs:{tmp_path / 'fresh.img'}") as image:
        assert len(image.layers) == 1
        assert image.problems == ()


def test_what_cannot_be_read_behind_it_is_told(device, tmp_path):
    stored, noise = device[0].read_bytes(), random.Random(3).randbytes(5000)
    (tmp_path / "noise.img").write_bytes(stored.ljust(-(-len(stored) // PAIR) * PAIR, b"\0") + noise)
    with opened(f"squashfs:{tmp_path / 'noise.img'}") as image:
        assert image.problems == ("what lies behind the squashfs cannot be read: no file system that is known here",)


def test_an_overlay_on_raw_flash(device, tmp_path):
    """Whiteouts are device numbers, opaque directories have an attribute; flash holds both."""
    root, data, _ = device
    make("mkfs.jffs2", "-l", "--with-xattr", "-r", data, "-o", tmp_path / "data.jffs2")
    stored = root.read_bytes()
    whole = stored.ljust(-(-len(stored) // PAIR) * PAIR, b"\0") + (tmp_path / "data.jffs2").read_bytes()
    (tmp_path / "router.img").write_bytes(whole)
    with opened(f"squashfs:{tmp_path / 'router.img'}") as image:
        assert not image.problems
        found = listed(image)
    assert "usr/bin/gone" not in found
    assert "opt/cleared/old" not in found
    assert {"etc/config/network", "opt/cleared/new"} <= found.keys()


def test_damage_of_what_lies_behind_the_squashfs_is_told(device, tmp_path):
    root, data, _ = device
    make("mkfs.jffs2", "-l", "--with-xattr", "-r", data, "-o", tmp_path / "data.jffs2")
    flash = bytearray((tmp_path / "data.jffs2").read_bytes())
    flash[flash.index(b"network") + 2] ^= 1  # the name of a directory entry
    stored = root.read_bytes()
    (tmp_path / "router.img").write_bytes(stored.ljust(-(-len(stored) // PAIR) * PAIR, b"\0") + flash)
    with opened(f"squashfs:{tmp_path / 'router.img'}") as image:
        assert image.problems == ("behind the squashfs: damaged nodes, left out: 1",)
