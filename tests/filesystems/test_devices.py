"""Numbers of devices, of which 0:0 hides files in an overlay."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
from conftest import tool
from trees import MIB, make, sized

from sbomctl.filesystems.base import Damaged
from sbomctl.filesystems.blob import Held
from sbomctl.filesystems.detect import open_file_system
from sbomctl.filesystems.walk import find

DEVICES = {"null": (1, 3), "loop": (7, 0), "large": (8, 300), "whiteout": (0, 0)}
MAKERS = {
    "ext4": lambda source, image: make("mkfs.ext4", "-q", "-F", "-d", source, sized(image, 4 * MIB)),
    "squashfs": lambda source, image: make("mksquashfs", source, image, "-noappend", "-quiet", "-no-progress"),
    "ubifs": lambda source, image: make("mkfs.ubifs", "-m", 2048, "-e", 126976, "-c", 100, "-r", source, image),
    "jffs2": lambda source, image: make("mkfs.jffs2", "-l", "-r", source, "-o", image),
    "jffs2 of the other byte order": lambda source, image: make("mkfs.jffs2", "-b", "-r", source, "-o", image),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_devices(maker, tmp_path):
    if os.geteuid():
        pytest.skip("only root makes devices")
    source = tmp_path / "source"
    source.mkdir()
    devices = dict(DEVICES)
    if maker.startswith("jffs2"):
        del devices["large"]  # mkfs.jffs2 has no room for it
    for name, numbers in devices.items():
        os.mknod(source / name, stat.S_IFCHR | 0o600, os.makedev(*numbers))
    (source / "file").write_text("x")
    MAKERS[maker](source, tmp_path / "image")
    tree = open_file_system(Held((tmp_path / "image").read_bytes()))
    found = {name: find(tree, name.encode()) for name in devices}
    assert {name: (os.major(node.device()), os.minor(node.device())) for name, node in found.items()} == devices
    if maker != "ext4":  # it does not look at what a node is
        with pytest.raises(Damaged):
            find(tree, b"file").device()


def test_attributes_of_ext(tmp_path):
    """In the inode and in a block of their own."""
    source: Path = tmp_path / "source"
    (source / "opaque").mkdir(parents=True)
    (source / "many").write_text("x")
    os.setxattr(source / "many", "user.large", b"v" * 900)
    os.setxattr(source / "many", "user.small", b"s")
    image = tmp_path / "image"
    make("mkfs.ext4", "-q", "-F", "-d", source, sized(image, 4 * MIB))
    subprocess.run(
        [tool("debugfs"), "-w", "-R", "ea_set /opaque trusted.overlay.opaque y", image], check=True, capture_output=True
    )
    tree = open_file_system(Held(image.read_bytes()))
    many, opaque = find(tree, b"many"), find(tree, b"opaque")
    assert many.attribute(b"user.large") == b"v" * 900
    assert many.attribute(b"user.small") == b"s"
    assert many.attribute(b"user.none") is None
    assert opaque.attribute(b"trusted.overlay.opaque") == b"y"
    assert opaque.attribute(b"user.overlay.opaque") is None
    with pytest.raises(Damaged):
        opaque.attribute(b"unheard.of")
