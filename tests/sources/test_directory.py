"""Directories as images."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from image_builder import opened, unprivileged

from sbomctl.errors import CorruptInput, InputError, UnsupportedInput
from sbomctl.model import FileType, path_text
from sbomctl.sources.base import Limits
from sbomctl.sources.directory import DirectoryLayer
from sbomctl.sources.live_mounts import live_mounts


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    (root / "usr/lib").mkdir(parents=True)
    (root / "usr/lib/a.so").write_bytes(b"\x7fELF")
    (root / "usr/lib-x").write_text("sorts after the directory's content by path, before it by name")
    (root / "lib").symlink_to("usr/lib")
    (root / "out").symlink_to("/etc")
    (root / "loop").symlink_to("loop")
    os.link(root / "usr/lib/a.so", root / "usr/b.so")
    os.mkfifo(root / "pipe")
    (Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9"))).write_text("latin-1")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o4755)
    return root


def listed(target: str) -> dict[str, tuple[FileType, bytes | str]]:
    with opened(target) as image:
        assert not image.layers[0].changeset
        return {m.path: (m.type, m.link_target or b"".join(m.chunks())) for m in image.layers[0].members(Limits())}


@pytest.mark.parametrize("scheme", ["dir:", ""])
def test_everything_in_a_fixed_order_and_links_as_they_are(root, scheme):
    found = listed(f"{scheme}{root}")
    assert list(found) == [
        "caf\\xe9",
        "lib",
        "loop",
        "out",
        "pipe",
        "run.sh",
        "usr",
        "usr/b.so",
        "usr/lib",
        "usr/lib/a.so",
        "usr/lib-x",
    ]
    assert found["lib"] == (FileType.SYMLINK, "usr/lib")
    assert found["out"] == (FileType.SYMLINK, "/etc")
    assert found["loop"] == (FileType.SYMLINK, "loop")
    assert found["pipe"] == (FileType.OTHER, b"")
    assert found["usr/b.so"] == found["usr/lib/a.so"] == (FileType.REGULAR, b"\x7fELF")
    assert found[path_text(b"caf\xe9")] == (FileType.REGULAR, b"latin-1")


def test_what_the_image_says(root):
    with opened(f"dir:{root}") as image:
        assert image.image.id == ""
        assert image.syft_target == f"dir:{root}"
        modes = {member.path: member.mode for member in image.layers[0].members(Limits())}
        assert modes["run.sh"] == 0o4755
        assert image.layers[0].digests().diff_id == ""
        assert image.layers[0].digests().size == sum(
            path.stat().st_size for path in root.rglob("*") if path.is_file() and not path.is_symlink()
        )


def test_a_target_that_is_a_link_is_followed(root, tmp_path):
    (tmp_path / "current").symlink_to(root)
    assert listed(f"dir:{tmp_path / 'current'}") == listed(f"dir:{root}")


def test_a_socket_is_an_entry(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        assert listed("dir:.")["s"] == (FileType.OTHER, b"")


def test_a_file_that_becomes_shorter_or_longer_is_tolerated(root):
    layer = DirectoryLayer(None, os.fsencode(root), frozenset())
    for member in layer.members(Limits()):
        if member.path == "run.sh":
            (root / "run.sh").write_text("#!/bin/sh\necho longer\n")
            assert b"".join(member.chunks()) == b"#!/bin/sh\n"
        if member.path == "usr/lib-x":
            (root / "usr/lib-x").write_text("short")
            assert b"".join(member.chunks()) == b"short"
            assert "became shorter" in member.fault


def test_what_vanishes_is_told(root):
    layer = DirectoryLayer(None, os.fsencode(root), frozenset())
    faults = {}
    for member in layer.members(Limits()):
        if member.path == "run.sh":
            (root / "usr/lib-x").unlink()
        if member.path == "usr":
            (root / "usr/lib/a.so").unlink()
            (root / "usr/lib").rmdir()
        faults[member.path] = member.fault
    assert "No such file" in faults["usr/lib"]
    assert "usr/lib-x" not in faults, "gone before its directory was listed"


def test_what_may_not_be_read_is_told():
    with TemporaryDirectory() as name:
        root = Path(name)
        for part in ("a", "b"):
            (root / part).mkdir()
            (root / part / "file").write_text("text")
        (root / "a").chmod(0o700)
        (root / "b/file").chmod(0o600)
        root.chmod(0o755)
        if os.geteuid():
            (root / "a").chmod(0)
            (root / "b/file").chmod(0)
        layer = DirectoryLayer(None, os.fsencode(root), frozenset())
        with unprivileged():
            found = {member.path: (member.fault, member.size) for member in layer.members(Limits())}
            with (
                pytest.raises(InputError, match="permission denied"),
                opened(f"dir:{root / 'a'}") as image,
            ):
                list(image.layers[0].members(Limits()))
        (root / "a").chmod(0o700)
    assert found == {
        "a": ("cannot be listed: Permission denied", 0),
        "b": ("", 0),
        "b/file": ("cannot be read: Permission denied", 0),
    }


def test_bounds(root):
    layer = DirectoryLayer(None, os.fsencode(root), frozenset())
    for limits in (Limits(members=3), Limits(layer_bytes=10)):
        with pytest.raises(CorruptInput, match="more than"):
            list(layer.members(limits))


def test_what_is_no_directory_is_refused(root):
    for target, message in ((root / "run.sh", "is no directory"), (root / "nothing", "does not exist")):
        with pytest.raises(UnsupportedInput, match=message), opened(f"dir:{target}"):
            pass


MOUNTS = """\
22 27 0:21 / /r/proc rw shared:1 - proc proc rw
23 27 0:22 / /r/sys rw - sysfs sysfs rw
24 23 0:23 / /r/sys/fs/cgroup rw - cgroup2 cgroup rw
25 27 0:24 / /r/my\\040dev rw - devtmpfs none rw
26 27 8:1 / /r/boot rw - ext4 /dev/sda1 rw
27 1 254:0 / / rw - ext4 /dev/vda rw
28 1 0:21 / /root/proc rw - proc proc rw
29 1 0:21 / /r rw - sysfs proc rw
broken
"""


def test_kernel_interfaces_below_a_root(tmp_path):
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS)
    assert live_mounts(b"/r", table) == ((b"my dev", "devtmpfs"), (b"proc", "proc"), (b"sys", "sysfs"))
    assert live_mounts(b"/r/", table) == live_mounts(b"/r", table)
    assert live_mounts(b"/other", table) == ()
    assert live_mounts(b"/r", tmp_path / "none") == ()


def test_the_running_system_does_not_hang(tmp_path):
    if not any(path == b"proc" for path, _ in live_mounts(b"/")):
        pytest.skip("no /proc here")
    with opened("dir:/") as image:
        assert any(problem.startswith("proc: a mounted proc") for problem in image.problems)
        layer = image.layers[0]
        members = layer.members(Limits())
        paths = []
        for member in members:
            paths.append(member.path)
            if member.path > "proc" and not member.path.startswith("proc"):
                break
            if member.type is FileType.DIRECTORY and member.path != "proc":
                layer._skipped = frozenset((*layer._skipped, os.fsencode(member.path)))
    assert "proc" in paths
    assert not any(path.startswith("proc/") for path in paths)


def test_skipped_directories_are_entries_without_content(root):
    layer = DirectoryLayer(None, os.fsencode(root), frozenset((b"usr/lib",)))
    paths = [member.path for member in layer.members(Limits())]
    assert "usr/lib" in paths
    assert "usr/lib/a.so" not in paths
