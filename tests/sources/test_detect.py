"""Which source a target goes to."""

from __future__ import annotations

import gzip

import pytest
from conftest import tar_of
from image_builder import Layout, archive, docker_blob_files, docker_files, docker_v1_files, opened, request

from sbomctl.errors import ConfigError, CorruptInput, InputError, UnsupportedInput
from sbomctl.sources import SOURCES
from sbomctl.sources.base import Limits
from sbomctl.sources.detect import find_source, open_target
from sbomctl.sources.host_file import split_reference
from sbomctl.sources.tar_kind import TarKind, judge


def layout() -> Layout:
    made = Layout()
    return made.done(made.image())


ROOTFS = tar_of({"./": None, "./bin/": None, "./bin/sh": b"", "./manifest": b""})
FILES = {
    "docker-archive": [archive(docker_files()), archive(docker_blob_files()), archive(docker_v1_files())],
    "oci-archive": [archive(layout().files)],
    "rootfs": [ROOTFS, tar_of({f"f{number}": b"" for number in range(40)}), tar_of({"index.json": b""})],
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("scheme", "data"),
    [pytest.param(scheme, data, id=f"{scheme}-{n}") for scheme, datas in FILES.items() for n, data in enumerate(datas)],
)
def test_a_tar_is_told_by_its_members(tmp_path, scheme, data, pack):
    path = tmp_path / "a:b.bin"
    path.write_bytes(pack(data))
    source, rest = find_source(str(path))
    assert (source.scheme, rest) == (scheme, str(path))


def test_a_directory_is_told_by_its_oci_layout(tmp_path):
    layout().directory(tmp_path / "layout")
    assert find_source(str(tmp_path / "layout"))[0].scheme == "oci-dir"
    assert find_source(str(tmp_path))[0].scheme == "dir"


def test_a_reference_may_follow_the_path(tmp_path):
    path = tmp_path / "two.tar"
    path.write_bytes(archive(docker_files()))
    assert find_source(f"{path}:edge:1")[0].scheme == "docker-archive"
    with opened(f"{path}:edge:1") as image:
        assert image.image.target == "docker-archive:two.tar:edge:1"


def test_a_document_names_the_file_and_not_where_it_lies(tmp_path, monkeypatch):
    (tmp_path / "rootfs.tar").write_bytes(ROOTFS)
    monkeypatch.chdir(tmp_path)
    for target in ("rootfs.tar", "./rootfs.tar", f"rootfs:{tmp_path}/rootfs.tar", f"../{tmp_path.name}/rootfs.tar"):
        with opened(target) as image:
            assert image.image.target == "rootfs:rootfs.tar"


@pytest.mark.parametrize(
    "target",
    [
        "alpine",
        "alpine:3.20",
        "library/alpine:3.20",
        "localhost:5000/a/b:c",
        "registry.example/a@sha256:" + "0" * 64,
        "sha256:" + "a" * 64,
        "0123456789ab",
    ],
)
def test_what_looks_like_an_image_name_goes_to_the_engine(target, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source, rest = find_source(target)
    assert (source.scheme, rest) == ("docker", target)


@pytest.mark.parametrize("scheme", SOURCES)
def test_a_scheme_decides(scheme):
    assert find_source(f"{scheme}:x:y") == (SOURCES[scheme], "x:y")
    with pytest.raises(ConfigError, match="names nothing"):
        find_source(f"{scheme}:")


@pytest.mark.parametrize("target", ["squash:/etc/fstab", "oci:./layout", "file:///etc/passwd"])
def test_an_unknown_scheme_lists_the_known_ones(target):
    with pytest.raises(ConfigError, match="unknown scheme") as caught:
        find_source(target)
    assert all(scheme in caught.value.hint for scheme in SOURCES)


def test_an_unknown_scheme_before_a_path_that_exists(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "layout").mkdir()
    with pytest.raises(ConfigError, match="unknown scheme 'oci'"):
        find_source("oci:layout")
    assert find_source("edge:layout")[0].scheme == "docker", "a tag may be called like a directory"


@pytest.mark.parametrize("target", ["image.tar", "./alpine", "/nowhere", "A B", "x" * 5000, "a\0b", "../x:y"])
def test_nothing_fits(target, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnsupportedInput, match="no file, no directory and no image name") as caught:
        find_source(target)
    assert "docker-archive" in caught.value.hint


def test_a_file_that_is_nothing_known(tmp_path):
    (tmp_path / "text").write_text("text")
    (tmp_path / "empty").touch()
    with pytest.raises(UnsupportedInput, match="neither a tar"):
        find_source(str(tmp_path / "text"))
    with pytest.raises(CorruptInput, match="is empty"):
        find_source(str(tmp_path / "empty"))
    with pytest.raises(UnsupportedInput, match="character device"):
        find_source("/dev/zero")
    with pytest.raises(ConfigError, match="empty"):
        find_source("")


def test_a_damaged_archive_still_goes_to_its_source(tmp_path):
    path = tmp_path / "cut.tar"
    path.write_bytes(gzip.compress(archive(docker_blob_files()))[:300])
    with pytest.raises(InputError, match=r"cut\.tar"), open_target(request(str(path))) as opened:
        for one in opened.layers:
            list(one.members(Limits()))


def test_judging_stops_when_it_is_sure():
    def endless():
        number = 0
        while True:
            number += 1
            yield f"usr/{number}"

    assert judge(endless()) is TarKind.ROOTFS
    assert judge([]) is TarKind.NONE


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("a.tar", ("a.tar", "")),
        ("a.tar:b:c", ("a.tar", "b:c")),
        ("a.tar@sha256:0", ("a.tar", "@sha256:0")),
        ("a.tar:@1", ("a.tar", "@1")),
        ("with:colon.tar", ("with:colon.tar", "")),
        ("with:colon.tar:x", ("with:colon.tar", "x")),
        ("none.tar:x", ("none.tar", "x")),
        ("none.tar", ("none.tar", "")),
    ],
)
def test_path_and_reference(tmp_path, monkeypatch, target, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.tar").touch()
    (tmp_path / "with:colon.tar").touch()
    assert split_reference(target) == expected


def test_every_source_says_what_it_reads():
    assert [source.scheme for source in SOURCES.values()] == [*SOURCES]
    assert all(source.about for source in SOURCES.values())
