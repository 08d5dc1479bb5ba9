"""Tars as trees: the same as the directory that they were made of, whatever made them."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile

import pytest
from conftest import tar_of, tool
from trees import LIMIT, assert_same, hard, of_directory, of_file_system

from sbomctl.errors import CorruptInput
from sbomctl.filesystems.base import Damaged
from sbomctl.filesystems.blob import FileBlob, Held
from sbomctl.filesystems.walk import find, walk
from sbomctl.model import Layer
from sbomctl.sources._host_tree import HostTree
from sbomctl.sources.base import Limits
from sbomctl.sources.tar import TarLayer
from sbomctl.sources.tar_tree import TarTree


def tree(data: bytes, most: int = LIMIT) -> TarTree:
    return TarTree(Held(data), "archive", most)


@pytest.mark.parametrize(
    "options", [["--format=gnu"], ["--format=posix"], ["--format=gnu", "--sparse"], ["--format=posix", "--sparse"]]
)
def test_a_hard_tree(tmp_path_factory, tmp_path, options):
    root, expected = hard(tmp_path_factory)
    path = tmp_path / "root.tar"
    subprocess.run([tool("tar"), *options, "-C", root, "-cf", path, "."], check=True)
    with path.open("rb") as file:
        found = TarTree(FileBlob(file.fileno()), "root.tar", LIMIT)
        assert not found.faults
        assert_same(of_file_system(found), expected)
        if os.geteuid() == 0:
            assert [find(found, name).device() for name in (b"null", b"whiteout")] == [os.makedev(1, 3), 0]


def test_a_directory_of_the_host(tmp_path_factory):
    root, expected = hard(tmp_path_factory)
    assert_same(of_file_system(HostTree(os.fsencode(root))), expected)
    assert of_directory(root) == expected


def test_a_file_of_the_host_that_becomes_shorter_is_told(tmp_path):
    (tmp_path / "file").write_bytes(b"x" * 100)
    node = find(HostTree(os.fsencode(tmp_path)), b"file")
    os.truncate(tmp_path / "file", 40)
    assert node.pread(0, 40) == b"x" * 40
    with pytest.raises(Damaged, match="became shorter by 60 bytes"):
        node.pread(0, 100)


def test_links_may_come_before_what_they_name_and_entries_without_their_directories():
    found = tree(tar_of({"a/first": ("hard", "b/c/second"), "b/c/second": "content", "b/d": ("hard", "a/first")}))
    assert [find(found, path).pread(0, 10) for path in (b"a/first", b"b/c/second", b"b/d")] == [b"content"] * 3
    assert find(found, b"b/d").links == 3


def test_of_two_entries_with_one_name_the_later_counts():
    files = tarfile.TarFile
    buffer = io.BytesIO()
    with files(fileobj=buffer, mode="w") as tar:
        for content in (b"old", b"newer"):
            info = tarfile.TarInfo("./dir/file")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        again = tarfile.TarInfo("dir")
        again.type = tarfile.DIRTYPE
        tar.addfile(again)
    assert find(tree(buffer.getvalue()), b"dir/file").pread(0, 10) == b"newer"


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"../../etc/passwd": "x", "etc/ok": "y"}, "climbs out"),
        ({"etc/a": ("hard", "etc/b"), "etc/b": ("hard", "etc/a"), "etc/ok": "y"}, "which is no file"),
        ({"etc/a": ("hard", "etc"), "etc/ok": "y"}, "which is no file"),
    ],
)
def test_names_and_links_that_lead_astray_are_told(files, fault):
    found = tree(tar_of(files))
    assert any(fault in one for one in found.faults)
    assert find(found, b"etc/ok").pread(0, 1) == b"y"
    list(walk(found, LIMIT))


def test_what_is_not_read_is_told_as_of_a_layer():
    """Archives in a row, of which only the first counts, and entries of a type that nobody knows."""
    odd = tarfile.TarInfo("opt/odd")
    odd.type = b"Q"
    archive = tar_of({"etc/ok": "y"})
    for data in (archive + archive, odd.tobuf() + archive, odd.tobuf() + archive + archive):
        layer = TarLayer(Layer(0), lambda data=data: io.BytesIO(data), changeset=False, name="root.tar")
        faults = [f"{one.path}: {one.fault}" for one in layer.members(Limits()) if one.fault]
        assert list(tree(data).faults) == [*faults, *filter(None, [layer.digests().fault])]
    assert not tree(archive + bytes(10_000)).faults


def test_a_tar_that_is_cut_off_or_too_long():
    data = tar_of({"a": "x" * 5000, "b": "y"})
    with pytest.raises(CorruptInput, match="in the middle of a file"):
        tree(data[:3000])
    with pytest.raises(CorruptInput, match="without the end mark"):
        tree(data[: 512 * 11])
    with pytest.raises(CorruptInput, match="more than 1 entries"):
        tree(data, most=1)
