"""A balenaOS root partition made with a real engine: the stacked layers are what the engine exports."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import tool
from image_builder import opened
from system_builder import debian, engine, ext4, listed, of_tree, packages, scan, write
from test_disk import disk
from trees import hard_tree


def partition(folder: Path, counter: int, package: str = "edge") -> tuple[Path, Path]:
    """A root partition with a hostapp of three layers, and what the engine says its root is."""
    system, app = folder / "sys", debian(folder / "app", package)
    hard = hard_tree(app / "srv")
    for name in (".wh.gone", "whiteout"):  # the engine takes them for whiteouts
        (hard / name).unlink(missing_ok=True)
    write(
        app,
        {
            "opt/gone": "x",
            "opt/cleared/old": "old",
            "opt/kind/a": "a",
            "bin/busybox": Path(tool("busybox")).read_bytes(),
        },
    )
    (app / "bin/busybox").chmod(0o755)
    for name in ("sh", "rm", "mkdir"):
        (app / "bin" / name).symlink_to("busybox")
    system.mkdir()
    with engine(folder / "run", system / "balena") as docker:
        docker.load(app, "base:1")
        steps = [
            "FROM base:1",
            "RUN rm /opt/gone && rm -rf /opt/cleared && mkdir /opt/cleared && echo n > /opt/cleared/new",
        ]
        steps += ["RUN rm -rf /opt/kind && echo file > /opt/kind", "VOLUME /boot"]
        docker.build(folder / "context", "hostapp:1", *steps)
        docker("rmi", "--no-prune", "base:1")
        container = docker("create", "hostapp:1", "/bin/sh")
        exported = docker.export(container, folder / "exported")
    (system / f"hostapps/{container}").mkdir(parents=True)
    (system / "current").symlink_to(f"hostapps/{container}")
    write(system, {"counter": f"{counter}\n"})
    return ext4(system, folder / "root.ext4", size=160), exported


@pytest.fixture(scope="module")
def hostapp(tmp_path_factory):
    return partition(tmp_path_factory.mktemp("balena"), 1)


def test_the_root_is_what_the_engine_exports(hostapp):
    image, exported = hostapp
    with opened(f"ext:{image}") as found:
        assert found.problems == ()
        entries = listed(found)
        assert [one.image.name for one in found.inner] == []
    expected = of_tree(exported)
    for path in [path for path in entries if path == "mnt" or path.startswith("mnt/")]:
        del entries[path]
    for one in (entries, expected):
        one.pop(".dockerenv", None)
        one.pop("boot", None)
    assert entries == expected
    assert entries["opt/cleared/new"]
    assert "opt/cleared/old" not in entries


def test_a_disk_with_one_slot_in_use(hostapp, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    parts = [(",name=resin-rootA", hostapp[0], 160), (",name=resin-rootB", ext4(empty, tmp_path / "b", size=4), 4)]
    found = scan(f"disk:{disk(tmp_path / 'balena.img', 'gpt', parts)}")
    assert list(found) == ["os"]
    assert packages(found["os"]) == ["edge 1.0-1"]
    assert not found["os"].problems


def test_of_two_slots_the_one_with_the_higher_counter_starts(hostapp, tmp_path):
    newer, _ = partition(tmp_path, 2, "newer")
    parts = [(",name=resin-rootA", hostapp[0], 160), (",name=resin-rootB", newer, 160)]
    found = scan(f"disk:{disk(tmp_path / 'balena.img', 'gpt', parts)}")
    assert packages(found["os"]) == ["newer 1.0-1"]
    (problem,) = found["os"].problems
    assert "partition 1 (resin-rootA): another root file system" in problem.reason


def test_containers_of_the_data_partition(hostapp, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    with engine(tmp_path / "run", data / "docker") as docker:
        docker.load(debian(tmp_path / "supervisor", "supervisor"), "balena_supervisor:16")
    parts = [(",name=resin-rootA", hostapp[0], 160), (",name=resin-data", ext4(data, tmp_path / "d", size=32), 32)]
    found = scan(f"disk:{disk(tmp_path / 'balena.img', 'gpt', parts)}")
    assert list(found) == ["os", "os/balena_supervisor:16"]
    assert packages(found["os/balena_supervisor:16"]) == ["supervisor 1.0-1"]


def test_extensions_lie_over_the_hostapp(tmp_path):
    system = tmp_path / "sys"
    system.mkdir()
    with engine(tmp_path / "run", system / "balena") as docker:
        docker.load(debian(tmp_path / "app"), "hostapp:1")
        docker.load(write(tmp_path / "more", {"etc/passwd": "changed", "usr/lib/modules/a.ko": "m"}), "extension:1")
        docker.load(write(tmp_path / "none", {"usr/bin/other": "x"}), "other:1")
        container = docker("create", "hostapp:1", "/bin/sh")
        docker("create", "--label", "io.balena.image.class=overlay", "extension:1", "/bin/sh")
        docker("create", "other:1", "/bin/sh")
    (system / f"hostapps/{container}").mkdir(parents=True)
    (system / "current").symlink_to(f"hostapps/{container}")
    with opened(f"ext:{ext4(system, tmp_path / 'root.ext4', size=64)}") as found:
        entries = listed(found)
        assert [one.image.name for one in found.inner] == ["edge/other:1"]
    assert entries["etc/passwd"] == of_tree(tmp_path / "more")["etc/passwd"]
    assert {"usr/lib/modules/a.ko", "usr/bin/edge"} <= entries.keys()
    assert "usr/bin/other" not in entries


@pytest.mark.parametrize("target", ["hostapps/" + "0" * 64, "current", "/etc"])
def test_a_link_that_leads_nowhere(tmp_path, target):
    system = tmp_path / "sys"
    write(system, {"balena/image/overlay2/layerdb/mounts/x": "x"})
    (system / "current").symlink_to(target)
    with opened(f"ext:{ext4(system, tmp_path / 'root.ext4')}") as found:
        told = [problem for problem in found.problems if "hostapp" in problem]
        assert bool(told) == target.startswith("hostapps")
        list(listed(found))
