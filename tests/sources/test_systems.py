"""The registry of systems, and images inside of images inside of images."""

from __future__ import annotations

from pathlib import Path

import msgspec
from conftest import ROOT
from image_builder import opened
from system_builder import debian, ext4, packages, scan, squashfs, write

from sbomctl.sources import systems
from sbomctl.sources.base import OpenImage
from sbomctl.sources.systems import SYSTEMS
from sbomctl.sources.systems.images import named

MODULES = {path.stem for path in Path(systems.__file__).parent.glob("*.py") if not path.stem.startswith("_")}


def test_every_module_is_registered_and_in_the_readme():
    assert MODULES - {"base", "images"} == {type(one).__module__.rpartition(".")[2] for one in SYSTEMS}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for system in SYSTEMS:
        assert f"\n| {system.name} |" in readme
        assert system.about


def nested(folder: Path, depth: int) -> Path:
    """A root with a snap that holds a root with a snap …"""
    tree = debian(folder / f"tree-{depth}", f"level-{depth}")
    write(tree, {"meta/snap.yaml": f"name: s{depth}\nversion: 1\n"})
    if depth:
        inner = nested(folder, depth - 1)
        write(tree, {f"var/lib/snapd/snaps/s{depth - 1}_1.snap": inner.read_bytes()})
    return squashfs(tree, folder / f"s{depth}_1.snap")


def test_images_in_images_end_somewhere(tmp_path):
    found = scan(f"squashfs:{nested(tmp_path, 6)}")
    assert list(found) == ["os", "os/s5", "os/s5/s4", "os/s5/s4/s3"]
    assert packages(found["os/s5/s4/s3"]) == ["level-3 1.0-1", "s3 1"]
    told = {name: [problem.reason for problem in one.problems] for name, one in found.items() if one.problems}
    assert told == {"os/s5/s4/s3": ["var/lib/snapd/snaps/: images in it, which are not looked for as deep as this"]}


def test_images_of_one_name_get_numbers(tmp_path):
    with opened(f"ext:{ext4(debian(tmp_path / 'root'), tmp_path / 'root.ext4')}") as image:
        outer = OpenImage(image.image, image.layers, inner=[OpenImage(_called(image, "edge/x"), [])])
        again = named([outer, outer])
    assert [one.image.name for one in again] == ["edge", "edge-2"]
    assert [one.inner[0].image.name for one in again] == ["edge/x", "edge-2/x"]


def _called(image: OpenImage, name: str):
    return msgspec.structs.replace(image.image, name=name)


def test_a_loop_of_links_where_stores_are_looked_for(tmp_path):
    root = debian(tmp_path / "root")
    (root / "var/lib/docker").symlink_to("docker")
    (root / "var/lib/containerd").symlink_to("/var/lib/rancher/k3s/agent/containerd")
    (root / "var/lib/rancher").symlink_to("../../..")
    (root / "var/lib/snapd").symlink_to("/" + "var/lib/" * 100)
    (root / "ostree").symlink_to("ostree/ostree")
    write(root, {"etc/docker/daemon.json": '{"data-root": "/../../../../etc"}'})
    found = scan(f"ext:{ext4(root, tmp_path / 'root.ext4')}")
    assert list(found) == ["os"]
    assert not found["os"].problems
