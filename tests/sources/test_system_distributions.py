"""Systems whose root is a file system: what is special about each is where the rest of it lies."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest
from image_builder import opened
from system_builder import debian, ext4, packages, scan, squashfs, write
from test_disk import disk, fat
from trees import MIB, make, sized

from sbomctl.sources.base import Limits

RPI_FSTAB = "PARTUUID=6c586e13-01 /boot/firmware vfat defaults 0 2\nPARTUUID=6c586e13-02 / ext4 defaults 0 1\n"
TEGRA = "# R36 (release), REVISION: 3.0, GCID: 36923193, BOARD: generic, EABI: aarch64\n"
L4T = "\nPackage: nvidia-l4t-core\nStatus: install ok installed\nArchitecture: arm64\nVersion: 36.3.0-20240719161631\n"


def boot(folder: Path, label: str) -> Path:
    made = fat(folder / "boot.img", {"config.txt": "[all]\n", "LICENCE.broadcom": "text", "start4.elf": "firmware"})
    make("fatlabel", made, label)
    return made


def test_raspberry_pi_os(tmp_path):
    root = write(
        debian(tmp_path / "root"), {"etc/fstab": RPI_FSTAB, "etc/rpi-issue": "Raspberry Pi reference 2024-11-19\n"}
    )
    system = ext4(root, tmp_path / "root.img", "-L", "rootfs", "-O", "^64bit,^huge_file")
    parts = [(",type=c", boot(tmp_path, "bootfs"), 8), (",type=83", system, 16)]
    image = disk(tmp_path / "raspios.img", "dos", parts)
    (tmp_path / "raspios.img.xz").write_bytes(lzma.compress(image.read_bytes(), preset=0))
    found = scan(str(tmp_path / "raspios.img.xz"))
    assert list(found) == ["os"]
    assert packages(found["os"]) == ["edge 1.0-1"]
    assert not found["os"].problems
    with opened(f"disk:{image}") as opened_image:
        paths = {member.path for layer in opened_image.layers for member in layer.members(Limits())}
    assert {"boot/firmware/LICENCE.broadcom", "boot/firmware/start4.elf", "etc/rpi-issue"} <= paths


def test_hypriotos(tmp_path):
    """The boot partition by its device, as HypriotOS writes it; and its system by its own words in os-release."""
    release = 'ID=raspbian\nVERSION_ID="10"\nHYPRIOT_DEVICE="Raspberry Pi"\nHYPRIOT_IMAGE_VERSION="v1.12.3"\n'
    fstab = "/dev/mmcblk0p1 /boot vfat defaults 0 0\n/dev/mmcblk0p2 / ext4 defaults,noatime 0 1\n"
    root = write(debian(tmp_path / "root"), {"etc/fstab": fstab, "etc/os-release": release})
    parts = [(",type=c", boot(tmp_path, "HypriotOS"), 8), (",type=83", ext4(root, tmp_path / "r", "-L", "root"), 16)]
    image = disk(tmp_path / "hypriotos.img", "dos", parts)
    found = scan(f"disk:{image}")["os"]
    assert found.image.os.id == "raspbian"
    assert packages(found) == ["edge 1.0-1"]
    with opened(f"disk:{image}") as whole:
        assert [next(iter(layer.members(Limits()))).path for layer in whole.layers][1] == "boot"


@pytest.mark.parametrize("form", ["disk", "sparse"])
def test_jetson(tmp_path, form):
    """APP is the root, other partitions hold firmware as bytes; the BSP brings it as an Android sparse image."""
    release = 'ID=ubuntu\nVERSION_ID="22.04"\n'
    root = write(debian(tmp_path / "root"), {"etc/nv_tegra_release": TEGRA, "etc/os-release": release})
    with (root / "var/lib/dpkg/status").open("a") as file:
        file.write(L4T)
    app = ext4(root, tmp_path / "system.img.raw")
    if form == "sparse":
        make("img2simg", app, tmp_path / "system.img")
        found = scan(f"disk:{tmp_path / 'system.img'}")["os"]
        assert not found.problems
    else:
        parts = [(",name=APP", app, 16), (",name=A_kernel", b"ANDROID!" + bytes(1000), 1), (",name=UDA", None, 1)]
        found = scan(f"disk:{disk(tmp_path / 'jetson.img', 'gpt', parts)}")["os"]
        (problem,) = found.problems
        assert problem.reason.startswith("partition 2 (A_kernel): ")
    assert packages(found) == ["edge 1.0-1", "nvidia-l4t-core 36.3.0-20240719161631"]


def test_mender_with_an_empty_second_slot_and_data(tmp_path):
    root = write(debian(tmp_path / "root"), {"etc/mender/artifact_info": "artifact_name=release-1\n"})
    data = write(tmp_path / "data", {"mender/device_type": "device_type=raspberrypi4\n"})
    parts = [
        ("", boot(tmp_path, "boot"), 8),
        ("", ext4(root, tmp_path / "a", "-L", "primary"), 16),
        ("", sized(tmp_path / "b", 16 * MIB), 16),
        ("", ext4(data, tmp_path / "d", "-L", "data"), 16),
    ]
    found = scan(f"disk:{disk(tmp_path / 'rel.sdimg', 'dos', parts)}")["os"]
    assert packages(found) == ["edge 1.0-1"]
    assert not found.problems


def test_slots_of_squashfs_that_hold_the_same(tmp_path):
    root = squashfs(debian(tmp_path / "root"), tmp_path / "root.squashfs")
    parts = [(",name=rootfs.0", root, 4), (",name=rootfs.1", root, 4)]
    found = scan(f"disk:{disk(tmp_path / 'ab.img', 'gpt', parts)}")["os"]
    assert "the same is in partition 2 (rootfs.1)" in found.image.layers[0].created_by
    assert not found.problems
