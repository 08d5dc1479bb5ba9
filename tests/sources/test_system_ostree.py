"""Sysroots made by ostree: the deployment that boots is the root."""

from __future__ import annotations

from pathlib import Path

import pytest
from image_builder import opened
from system_builder import Sysroot, commit, ext4, listed, of_tree, ostree_tree, packages, run, scan, write


@pytest.fixture
def sysroot(tmp_path):
    made = Sysroot(tmp_path / "sysroot")
    yield made
    made.release()


def image_of(sysroot: Sysroot) -> str:
    return f"ext:{ext4(sysroot.path, sysroot.path.parent / 'otaroot.ext4', size=32)}"


def test_the_deployment_is_the_root(sysroot, tmp_path):
    checksum = sysroot.deploy(ostree_tree(tmp_path / "tree"))
    write(sysroot.var, {"lib/data": "state"})
    expected = of_tree(sysroot.deployment(checksum))
    with opened(image_of(sysroot)) as image:
        said = [layer.created_by for layer in image.image.layers]
        found = listed(image)
        assert not image.problems
        assert not image.inner
    for path in list(expected):
        if path.startswith("usr/etc/"):
            del expected[path]
    assert {path: found.pop(path) for path in expected} == expected
    assert found.pop("var/lib/data")[0] == "regular"
    assert {path.partition("/")[0] for path in found} == {"var", "boot", "sysroot"}
    assert not any(path.startswith("sysroot/ostree/") for path in found)
    assert said == [
        f"ext4, OSTree deployment torizon {checksum[:12]}",
        "ext4, OSTree /var of torizon",
        "ext4, OSTree /boot",
        "ext4, OSTree sysroot",
    ]


def test_the_deployment_that_boots_is_the_root_and_the_one_before_an_image_of_its_own(sysroot, tmp_path):
    old = sysroot.deploy(ostree_tree(tmp_path / "old", "old"))
    new = sysroot.deploy(ostree_tree(tmp_path / "new", "new"))
    found = scan(image_of(sysroot))
    assert list(found) == ["os", f"os/torizon-{old[:12]}"]
    assert packages(found["os"]) == ["new 1.0-1"]
    assert packages(found[f"os/torizon-{old[:12]}"]) == ["old 1.0-1"]
    assert found[f"os/torizon-{old[:12]}"].image.target == (f"ext:otaroot.ext4!ostree/deploy/torizon/deploy/{old}.0")
    assert new[:12] in found["os"].image.layers[0].created_by
    assert not any(one.problems for one in found.values())


def test_one_commit_deployed_twice_is_one_root(sysroot, tmp_path):
    sysroot.deploy(ostree_tree(tmp_path / "tree"))
    sysroot.deploy_again()
    found = scan(image_of(sysroot))
    assert list(found) == ["os"]
    assert "also deployed as" in found["os"].image.layers[0].created_by


def test_without_boot_entries_the_first_deployment_is_taken_and_that_is_told(sysroot, tmp_path):
    sysroot.deploy(ostree_tree(tmp_path / "old", "old"))
    sysroot.deploy(ostree_tree(tmp_path / "new", "new"))
    for entry in Path(sysroot.path).glob("boot/loader*/entries/*.conf"):
        entry.unlink()
    (problem,) = scan(image_of(sysroot))["os"].problems
    assert "no boot loader entry says which of 2 OSTree deployments starts" in problem.reason


def test_a_commit_that_is_not_deployed_is_told(sysroot, tmp_path):
    sysroot.deploy(ostree_tree(tmp_path / "tree"))
    waiting = commit(sysroot.repo, ostree_tree(tmp_path / "next", "next"), "7/next")
    (problem,) = scan(image_of(sysroot))["os"].problems
    assert f"commit {waiting[:12]} (7/next) is not deployed" in problem.reason


def test_nothing_of_other_systems_is_lost(sysroot, tmp_path):
    """Each system of a sysroot has a /var of its own; and directories that only look like deployments are told."""
    sysroot.deploy(ostree_tree(tmp_path / "tree"))
    write(sysroot.path, {"ostree/deploy/rescue/var/lib/tool": "x", "ostree/deploy/torizon/deploy/old.bak/usr/a": "x"})
    with opened(image_of(sysroot)) as image:
        assert "sysroot/ostree/deploy/rescue/var/lib/tool" in listed(image)
        assert image.problems == (
            "ostree/deploy/torizon/deploy/old.bak: not named like a deployment, or one too many; not in this result",
        )


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_a_sysroot_in_a_tar(sysroot, tmp_path, suffix):
    """As Torizon ships it: deployment and objects are names of the same files, in either order."""
    checksum = sysroot.deploy(ostree_tree(tmp_path / "tree"))
    path = tmp_path / f"otaroot.tar{suffix}"
    packer = {"": [], ".gz": ["-z"], ".zst": ["--zstd"]}[suffix]
    run("tar", "-C", sysroot.path, *packer, "-cf", path, "./ostree", "./boot")
    with opened(f"rootfs:{path}") as image, opened(image_of(sysroot)) as expected:
        whole = {name: what for name, what in listed(image).items() if not name.startswith("sysroot/")}
        assert whole == {name: what for name, what in listed(expected).items() if not name.startswith("sysroot/")}
        assert image.image.layers[0].created_by == f"tar, OSTree deployment torizon {checksum[:12]}"
    assert packages(scan(f"rootfs:{path}")["os"]) == ["edge 1.0-1"]


def test_a_sysroot_in_a_directory(sysroot, tmp_path):
    checksum = sysroot.deploy(ostree_tree(tmp_path / "tree"))
    with opened(f"dir:{sysroot.path}") as image, opened(image_of(sysroot)) as expected:
        assert image.image.layers[0].created_by == f"directory, OSTree deployment torizon {checksum[:12]}"
        assert listed(image) == {name: what for name, what in listed(expected).items() if name != "sysroot/lost+found"}


def test_a_sysroot_behind_an_ordinary_root_in_a_compressed_tar_is_told(sysroot, tmp_path):
    sysroot.deploy(ostree_tree(tmp_path / "tree"))
    write(sysroot.path, {"etc/os-release": "ID=odd\n"})
    path = tmp_path / "root.tar.gz"
    run("tar", "-C", sysroot.path, "-zcf", path, "etc", "ostree")
    told = [problem.reason for problem in scan(f"rootfs:{path}")["os"].problems]
    assert any("images of their own seem to lie there and were not taken apart" in reason for reason in told)
