"""docker save in all its layouts."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import resource
from pathlib import Path

import pytest
from image_builder import (
    TWO_LAYERS,
    archive,
    config,
    docker_blob_files,
    docker_files,
    docker_v1_files,
    encoded,
    opened,
    read_all,
    sha256,
)

from sbomctl.errors import CorruptInput, DigestMismatch, InputError, UnsupportedInput
from sbomctl.model import Platform
from sbomctl.sources.base import Limits

LAYOUTS = {"1.10": docker_files(), "25": docker_blob_files(), "1.0": docker_v1_files()}
DIFF_IDS = [sha256(layer) for layer in TWO_LAYERS]


def saved(path: Path, files: dict[str, bytes | str]) -> str:
    path.write_bytes(archive(files))
    return f"docker-archive:{path}"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_every_layout_gives_the_same_files(tmp_path, layout, pack):
    path = tmp_path / "save.tar"
    path.write_bytes(pack(archive(LAYOUTS[layout])))
    lower, upper = read_all(str(path))
    assert lower["etc/os-release"] == b"ID=edge\nVERSION_ID=1\n"
    assert upper["opt/app/run"].startswith(b"#!/bin/sh")
    assert upper["etc/.wh.motd"] == b""
    assert list(tmp_path.iterdir()) == [path], "nothing is left behind"


@pytest.mark.parametrize("layout", ["1.10", "25"])
def test_the_config_is_the_identity(tmp_path, layout):
    with opened(saved(tmp_path / "a", LAYOUTS[layout])) as image:
        assert image.image.id == sha256(encoded(config()))
        assert [layer.diff_id for layer in image.image.layers] == DIFF_IDS
        assert [layer.created_by for layer in image.image.layers] == ["step 0", "step 1"]
        assert image.image.labels == (("a", "b"), ("org.opencontainers.image.title", "edge"))
        assert image.image.platform == Platform("linux", "arm64")
        assert image.image.created == "2026-01-02T03:04:05Z"
        assert image.image.target == "docker-archive:a"
        assert image.syft_target == f"docker-archive:{tmp_path / 'a'}"
        assert image.problems == ()
        assert [layer.digest for layer in image.image.layers] == (DIFF_IDS if layout == "25" else ["", ""])


def test_the_first_format_has_no_digests(tmp_path):
    with opened(saved(tmp_path / "a", LAYOUTS["1.0"])) as image:
        assert [(layer.diff_id, layer.created_by) for layer in image.image.layers] == [
            ("", "/bin/sh -c step 0"),
            ("", "/bin/sh -c step 1"),
        ]
        assert image.image.id == sha256(LAYOUTS["1.0"][f"{1:064x}/json"])
        assert image.image.labels == (("a", "b"),)


def test_a_repeated_layer_may_be_a_link(tmp_path):
    files = docker_files(layers=[TWO_LAYERS[0], TWO_LAYERS[0]])
    files[f"{1:064x}/layer.tar"] = f"../{0:064x}/layer.tar"
    first, second = read_all(saved(tmp_path / "a", files))
    assert first == second != {}


@pytest.mark.parametrize("target", ["../../../../etc/passwd", f"../{1:064x}/layer.tar", "/etc/passwd", "nowhere"])
def test_a_link_out_of_the_archive_or_to_itself_leads_nowhere(tmp_path, target):
    files = docker_files()
    files[f"{1:064x}/layer.tar"] = target
    with pytest.raises(CorruptInput, match=r"layer\.tar is missing"):
        read_all(saved(tmp_path / "a", files))


def test_the_last_of_duplicate_members_counts(tmp_path):
    good = docker_files()
    path = tmp_path / "a.tar"
    bad = archive({"manifest.json": b"[]"})[:-8192].rstrip(b"\0")
    bad += bytes(-len(bad) % 512)
    path.write_bytes(bad + archive(good))
    assert len(read_all(str(path))) == 2


def two_images() -> dict[str, bytes | str]:
    first = docker_files("edge:1")
    second = docker_files("registry.example/other:2", architecture="amd64")
    both = json.loads(first["manifest.json"]) + json.loads(second["manifest.json"])
    return {**first, **second, "manifest.json": encoded(both)}


def test_one_of_several_images_is_chosen_by_name_index_id_or_platform(tmp_path):
    target = saved(tmp_path / "two.tar", two_images())
    amd64 = sha256(encoded(config(architecture="amd64")))
    for reference in (":registry.example/other:2", ":@1", f"@{amd64}", f":@{amd64}"):
        with opened(target + reference) as image:
            assert image.image.platform.architecture == "amd64"
            assert image.syft_target == ""
    for reference in (":edge:1", ":docker.io/library/edge:1", ":@0"):
        with opened(target + reference) as image:
            assert image.image.platform.architecture == "arm64"
    with opened(target, Platform("linux", "x86_64")) as image:
        assert image.image.platform.architecture == "amd64"


def test_several_images_are_listed_when_none_is_chosen(tmp_path):
    target = saved(tmp_path / "two.tar", two_images())
    with pytest.raises(UnsupportedInput, match=r"edge:1; registry.example/other:2") as caught, opened(target):
        pass
    assert "PATH:NAME:TAG" in caught.value.hint
    with pytest.raises(UnsupportedInput, match="no image 'nope'") as caught, opened(target + ":nope"):
        pass
    assert "edge:1" in caught.value.hint
    with (
        pytest.raises(UnsupportedInput, match="there is linux/amd64, linux/arm64"),
        opened(target, Platform("linux", "riscv64")),
    ):
        pass


def test_two_tags_of_one_image_are_one_image(tmp_path):
    files = docker_files()
    document = json.loads(files["manifest.json"])
    files["manifest.json"] = encoded([*document, {**document[0], "RepoTags": ["again:1"]}])
    assert len(read_all(saved(tmp_path / "a", files))) == 2


def test_an_edited_config_is_told(tmp_path):
    files = docker_files()
    name = next(name for name in files if name.endswith(".json") and name != "manifest.json")
    files[name] = encoded(config(created="2020-01-01T00:00:00Z"))
    with opened(saved(tmp_path / "a", files)) as image:
        assert "edited after it was saved" in image.problems[0]


def test_an_edited_blob_is_an_error(tmp_path):
    files = docker_blob_files()
    name = "blobs/sha256/" + sha256(encoded(config()))[7:]
    files[name] = encoded(config(created="2020-01-01T00:00:00Z"))
    with pytest.raises(DigestMismatch), opened(saved(tmp_path / "a", files)):
        pass


def test_an_edited_layer_is_an_error(tmp_path):
    files = docker_files()
    files[f"{1:064x}/layer.tar"] = TWO_LAYERS[0]
    with pytest.raises(DigestMismatch, match="promises " + DIFF_IDS[1]):
        read_all(saved(tmp_path / "a", files))


def test_a_foreign_layer_that_is_not_stored_is_told(tmp_path):
    files = docker_files()
    del files[f"{0:064x}/layer.tar"]
    document = json.loads(files["manifest.json"])
    foreign = {
        "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "size": 1,
        "digest": DIFF_IDS[0],
        "urls": ["https://example.com/base"],
    }
    files["manifest.json"] = encoded([{**document[0], "LayerSources": {DIFF_IDS[0]: foreign}}])
    with opened(saved(tmp_path / "a", files)) as image:
        assert "https://example.com/base" in image.image.layers[0].missing
        assert image.image.layers[0].missing in image.problems[0]
    lower, upper = read_all(saved(tmp_path / "a", files))
    assert not lower
    assert upper


def test_keys_are_read_as_docker_does_whatever_their_case(tmp_path):
    files = docker_files()
    document = config()
    document["rootfS"] = document.pop("rootfs")
    document["config"] = {"labels": {"Aa": "b"}}
    data = encoded(document)
    files["manifest.json"] = encoded(
        [{"Config": "c.json", "RepoTags": None, "Layers": json.loads(files["manifest.json"])[0]["Layers"]}]
    )
    with opened(saved(tmp_path / "a", {**files, "c.json": data})) as image:
        assert image.image.labels == (("Aa", "b"),)
        assert len(image.layers) == 2


@pytest.mark.parametrize(
    ("history", "steps", "problems"),
    [
        (None, ["", ""], 0),
        ([], ["", ""], 0),
        ([{"created_by": "one"}], ["", ""], 1),
        ([{"created_by": "one"}, {"comment": "imported"}], ["one", ""], 0),
        ([{"empty_layer": True}], ["", ""], 1),
    ],
)
def test_a_history_that_does_not_fit_is_told(tmp_path, history, steps, problems):
    with opened(saved(tmp_path / "a", docker_files(history=history))) as image:
        assert [layer.created_by for layer in image.image.layers] == steps
        assert len(image.problems) == problems


CHAIN = docker_v1_files()
BROKEN = {
    "no image": ({"manifest.json": b"[]"}, UnsupportedInput, "names no image"),
    "null": ({"manifest.json": b"null"}, UnsupportedInput, "names no image"),
    "no json": ({"manifest.json": b"[{"}, CorruptInput, "manifest.json"),
    "wrong type": ({"manifest.json": b'[{"Config": 5}]'}, CorruptInput, r"\$\[0\]\.Config"),
    "deep": ({"manifest.json": b"[" * 100_000}, CorruptInput, "manifest.json"),
    "not UTF-8": ({"manifest.json": b'[{"Config": "\xff"}]'}, CorruptInput, "\N{REPLACEMENT CHARACTER} is missing"),
    "no config": ({"manifest.json": b'[{"Config": "c.json"}]'}, CorruptInput, "c.json is missing"),
    "empty layer": ({**docker_files(), f"{0:064x}/layer.tar": b""}, CorruptInput, "is empty"),
    "no layer": ({k: v for k, v in docker_files().items() if "layer" not in k}, CorruptInput, "is missing"),
    "too few diff_ids": (docker_files(rootfs={"diff_ids": DIFF_IDS[:1]}), CorruptInput, "promises 1 layers"),
    "no rootfs": (docker_files(rootfs=None), CorruptInput, "promises 0 layers"),
    "odd diff_ids": (docker_files(rootfs={"diff_ids": ["md5:1", "md5:2"]}), UnsupportedInput, "cannot be verified"),
    "labels": (docker_files(config={"Labels": ["a"]}), CorruptInput, "labels"),
    "a list": (
        {**docker_files(), **{k: b"[]" for k in docker_files() if k.endswith("json")}},
        UnsupportedInput,
        "no im",
    ),
    "oci": ({"oci-layout": b"{}", "index.json": b"{}"}, UnsupportedInput, "no manifest.json"),
    "v1 loop": ({**CHAIN, f"{0:064x}/json": encoded({"parent": f"{1:064x}"})}, CorruptInput, "own ancestor"),
    "v1 parent": ({k: v for k, v in CHAIN.items() if not k.startswith(f"{0:064x}")}, CorruptInput, "json is missing"),
    "v1 none": ({"repositories": b"{}"}, UnsupportedInput, "holds 0 images"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_one_clear_error(tmp_path, case):
    files, error, message = BROKEN[case]
    with pytest.raises(error, match=message) as caught, opened(saved(tmp_path / "a.tar", files)):
        pass
    assert str(tmp_path / "a.tar") in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("cut", [100, 511, 512, 700, 3000, 9000])
def test_a_truncated_archive_is_an_error(tmp_path, cut):
    path = tmp_path / "cut.tar"
    path.write_bytes(archive(docker_files())[:cut])
    with pytest.raises((CorruptInput, UnsupportedInput)):
        read_all(f"docker-archive:{path}")


@pytest.mark.parametrize("cut", [3, 20, 200, -9])
def test_a_truncated_compressed_archive_is_an_error(tmp_path, cut):
    path = tmp_path / "cut.tar.gz"
    path.write_bytes(gzip.compress(archive(docker_files()))[:cut])
    with pytest.raises(CorruptInput, match=r"cut.tar.gz"):
        read_all(f"docker-archive:{path}")
    assert list(tmp_path.iterdir()) == [path]


def test_a_wrong_platform_is_not_taken(tmp_path):
    target = saved(tmp_path / "a", docker_files())
    with pytest.raises(UnsupportedInput, match="no image for linux/amd64; there is linux/arm64"):
        read_all(target, Platform("linux", "amd64"))
    assert read_all(target, Platform("linux", "aarch64", "v8"))
    with pytest.raises(UnsupportedInput, match="linux/arm64"):
        read_all(saved(tmp_path / "b", docker_v1_files()), Platform("linux", "amd64"))


def test_names_that_climb_are_never_what_is_looked_for(tmp_path):
    files = docker_files()
    climbing = {f"../{name}": content for name, content in files.items()}
    with pytest.raises(UnsupportedInput, match=r"no manifest\.json"):
        read_all(saved(tmp_path / "a", climbing))
    assert len(read_all(saved(tmp_path / "b", {f"./{name}": content for name, content in files.items()}))) == 2


def test_a_flood_of_members_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("sbomctl.sources.archive._MAX_MEMBERS", 3)
    with pytest.raises(CorruptInput, match="more than 3 members"):
        read_all(saved(tmp_path / "a", docker_files()))


def test_a_bomb_is_bounded(tmp_path):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(archive({**docker_files(), "zeros": bytes(30 << 20)})))
    with (
        pytest.raises(CorruptInput, match="more than"),
        opened(f"docker-archive:{path}", limits=Limits(layer_bytes=2 << 20)),
    ):
        pass


def test_the_temporary_copy_has_no_name(tmp_path, monkeypatch):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(archive(docker_files())))
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with opened(f"docker-archive:{path}") as image:
        assert not list(temporary.iterdir()), "an interrupt leaves nothing behind"
        assert image.syft_target == "", "syft reads no compressed archive"


def test_no_room_for_the_temporary_copy(tmp_path):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(archive(docker_files())))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with (
            pytest.raises(InputError, match="no room for a temporary copy") as caught,
            opened(f"docker-archive:{path}"),
        ):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "TMPDIR" in caught.value.hint
