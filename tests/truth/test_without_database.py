"""What is found in real images that have no package database, or whose database was taken out.

``without_database.tsv`` states what is reached: the source packages with programs or libraries, how
many of them are named with the right version, without version and wrongly, and the share of bytes.
"""

from __future__ import annotations

import pytest
from conftest import ROOT, expect, shared
from without_database import apk_owners, programs, scan, scored, without

ALPINE = ("3.10.9-x86_64", "3.20.3-armv7", "3.20.3-x86_64")
BUSYBOX = {
    "1.37.0-musl-arm32v7": ["busybox 1.37.0"],
    "1.38.0-glibc-arm64v8": ["busybox 1.38.0", "glibc 2.41"],
    "1.38.0-uclibc-amd64": ["busybox 1.38.0"],
}
KERNELS = {
    "angstrom-s2-opkg": ["3.8.13"],
    "openwrt-23.05-rpi-opkg": ["5.15.134"],
    "yocto-girbu-rpm-bdb": ["3.17.0-yocto-standard"],
    "yocto-petalinux-kria-rpm": ["5.15.19-xilinx-v2022.1"],
}


def test_alpine_without_its_database(tmp_path):
    """Every file that evidence accounts for is, by apk's own database, of the program and version that was found."""
    lines = ["image\tsources\tright\twithout version\twrong\trecall\tbytes identified"]
    for name in ALPINE:
        image = shared(f"real/images/alpine-minirootfs/alpine-minirootfs-{name}.tar.gz")
        bare = tmp_path / f"{name}.tar"
        taken = without(image, ["lib/apk"], bare)
        owners, _ = apk_owners(taken["lib/apk/db/installed"])
        score = scored(scan(f"rootfs:{bare}"), {_short(path): one for path, one in owners.items()}, programs(bare))
        assert not score.wrong, name
        counts = (len(score.sources), len(score.right), len(score.vague), len(score.wrong))
        share = 100 * score.identified / score.bytes
        lines.append("\t".join([name, *map(str, counts), f"{score.recall:.0%}", f"{share:.1f} %"]))
    expect("\n".join(lines) + "\n", ROOT / "tests/truth/without_database.tsv")


def _short(path: str) -> str:
    return path.removeprefix("usr/")


@pytest.mark.parametrize(("name", "expected"), BUSYBOX.items())
def test_images_of_busybox_alone(name, expected):
    """Programs that are hard links to one file, for three processors and three C libraries."""
    found = scan(f"oci-dir:{shared(f'real/images/busybox/busybox-{name}.oci')}")
    assert [f"{package.name} {package.version}" for package in found.packages] == expected
    assert 0 < found.coverage.identified_files < found.coverage.files


@pytest.mark.parametrize(("name", "expected"), KERNELS.items())
def test_kernels_of_root_filesystems_whose_programs_are_cut_off(name, expected, tmp_path):
    """Real trees with databases taken out; of each file only the first bytes are left, so names must do."""
    image = shared(f"real/rootfs/{name}/rootfs.tar.gz")
    bare = tmp_path / "bare.tar"
    databases = ("var/lib/opkg", "usr/lib/opkg", "var/lib/rpm", "lib/apk", "var/lib/dpkg")
    without(image, databases, bare)
    found = scan(f"rootfs:{bare}")
    kernels = [package for package in found.packages if package.name == "linux"]
    assert [package.version for package in kernels] == expected
    modules = [file.path for file in found.unowned if file.path.endswith(".ko")]
    owned = {path for package in kernels for path in package.files}
    assert not owned & set(modules)
    assert not [path for path in owned if path.endswith(".ko")], "what is in them could not be read"
