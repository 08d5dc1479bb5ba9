"""Archives that are damaged, incomplete or lie, as a user meets them: exit 3, one message, a remedy, no leftovers."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import tarfile

import pytest
from bad_input import DEBIAN, ROOTFS, Place, blob, docker_files, encoded, oci_files, oci_image, saved, sha256
from conftest import tar_of

try:
    from backports import zstd
except ImportError:
    from compression import zstd

COMPRESSIONS = {"plain": bytes, "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd.compress}
NOISE = tar_of({**DEBIAN, "noise": os.urandom(100_000)})
FORMS = {"rootfs": NOISE, "docker-archive": saved(NOISE), "oci-archive": tar_of(oci_files(NOISE))}


@pytest.fixture
def place(tmp_path, monkeypatch) -> Place:
    return Place.used(tmp_path, monkeypatch)


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("form", FORMS)
def test_a_truncated_archive(place, form, compression):
    data = COMPRESSIONS[compression](FORMS[form])
    for length in (len(data) // 2, len(data) // 7, 700, 300):
        path = place.write(f"image.{compression}", data[:length])
        assert path in place.refused(f"{form}:{path}")


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz"])
@pytest.mark.parametrize("form", FORMS)
def test_a_corrupt_archive(place, form, compression):
    data = bytearray(COMPRESSIONS[compression](FORMS[form]))
    data[len(data) // 2] ^= 0xFF
    path = place.write("image", bytes(data))
    assert f"{path}: damaged {'bzip2' if compression == 'bz2' else compression.replace('gz', 'gzip')} data" in (
        place.refused(f"{form}:{path}")
    )


@pytest.mark.parametrize("form", ["docker-archive", "oci-archive"])
def test_one_wrong_byte_in_a_layer(place, form):
    data = bytearray(FORMS[form])
    data[len(data) // 2] ^= 0xFF
    assert place.refused(f"{form}:{place.write('image', bytes(data))}").count("sha256:") + 1


def member_ending(files: dict[str, bytes], end: str) -> str:
    return next(name for name in files if name.endswith(end) and name != "manifest.json")


def layer_blob(files: dict[str, bytes]) -> str:
    return next(name for name, data in files.items() if data.startswith(b"\x1f\x8b"))


def manifest_of(files: dict[str, bytes]) -> str:
    return "blobs/" + json.loads(files["index.json"])["manifests"][0]["digest"].replace(":", "/")


def without(name: str) -> dict[str, bytes]:
    files = docker_files(ROOTFS)
    del files[name if name in files else member_ending(files, name)]
    return files


def linked(target: str) -> dict[str, object]:
    files = docker_files(ROOTFS)
    return {**files, member_ending(files, "layer.tar"): ("sym", target)}


def manifest(**changes: object) -> dict[str, bytes]:
    files = docker_files(ROOTFS)
    (saved_image,) = json.loads(files["manifest.json"])
    return {**files, "manifest.json": encoded([saved_image | changes])}


ZERO = "sha256:" + "0" * 64
DOCKER = {
    "no manifest": (without("manifest.json"), "no manifest.json in it"),
    "no config": (without(".json"), ".json is missing"),
    "no layer": (without("layer.tar"), "layer.tar is missing"),
    "a layer that links to itself": (linked("layer.tar"), "layer.tar is missing"),
    "a layer that links to a file of the host": (linked("../../../../../../etc/passwd"), "layer.tar is missing"),
    "a layer named outside": (manifest(Layers=["../../../../etc/passwd"]), "../../../../etc/passwd is missing"),
    "a config named outside": (manifest(Config="/etc/passwd"), "/etc/passwd is missing"),
    "a wrong diff_id": (docker_files(ROOTFS, rootfs={"diff_ids": [ZERO]}), f"but the image promises {ZERO}"),
    "a layer too many": (docker_files(ROOTFS, rootfs={"diff_ids": [ZERO, ZERO]}), "promises 2 layers, the manifest 1"),
    "no layers in the config": (docker_files(ROOTFS, rootfs=None), "promises 0 layers, the manifest 1"),
    "no image": ({**docker_files(ROOTFS), "manifest.json": b"[]"}, "manifest.json names no image"),
    "deep JSON": ({**docker_files(ROOTFS), "manifest.json": b"[" * 200_000}, "manifest.json: not the document"),
    "a config named by half a character": (manifest(Config="\ud800"), "\N{REPLACEMENT CHARACTER} is missing"),
    "an empty layer": (docker_files(b""), "layer.tar is empty"),
    "a layer that is no tar": (docker_files(b"x" * 600), "not a tar archive"),
}


@pytest.mark.parametrize("case", DOCKER)
def test_a_saved_image_that_cannot_be_right(place, case):
    files, expected = DOCKER[case]
    assert expected in place.refused(f"docker-archive:{place.write('image.tar', tar_of(files))}")


def oci(change) -> dict[str, bytes]:
    files = oci_files(ROOTFS)
    change(files)
    return files


def described(files: dict[str, bytes], **changes: object) -> None:
    (one,) = json.loads(files["index.json"])["manifests"]
    files["index.json"] = encoded({"manifests": [one | changes]})


LAYOUTS = {
    "no layer": (oci(lambda files: files.pop(layer_blob(files))), " is missing"),
    "no manifest": (oci(lambda files: files.pop(manifest_of(files))), "is missing"),
    "a damaged layer": (
        oci(lambda files: files.update({layer_blob(files): files[layer_blob(files)][:-4] + b"1234"})),
        "damaged gzip data",
    ),
    "another manifest": (
        oci(lambda files: files.update({manifest_of(files): files[manifest_of(files)].replace(b"2", b"3", 1)})),
        "but the image promises",
    ),
    "a wrong size": (oci(lambda files: described(files, size=7)), "but the image promises 7"),
    "a digest that climbs": (oci(lambda files: described(files, digest="sha256:../../../etc/passwd")), "is no digest"),
    "a diff_id that climbs": (oci_files(ROOTFS, rootfs={"diff_ids": ["sha256:../x"]}), "cannot be verified"),
    "a wrong diff_id": (oci_files(ROOTFS, rootfs={"diff_ids": [ZERO]}), f"but the image promises {ZERO}"),
    "no image": (oci(lambda files: files.update({"index.json": b"{}"})), "index.json names no image"),
    "deep JSON": (oci(lambda files: files.update({"index.json": b'{"x":' + b"[" * 200_000})), "not the document"),
    "deep config": (oci_files(ROOTFS, config=json.loads("[" * 900 + "]" * 900)), "not the document"),
}  # fmt: skip


@pytest.mark.parametrize("case", LAYOUTS)
def test_an_image_layout_that_cannot_be_right(place, case):
    files, expected = LAYOUTS[case]
    assert expected in place.refused(f"oci-archive:{place.write('image.tar', tar_of(files))}")


def test_an_unknown_platform_lists_the_platforms(place):
    files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
    images = []
    for architecture in ("amd64", "riscv64"):
        manifest = oci_image(files, ROOTFS, architecture=architecture)
        platform = {"os": "linux", "architecture": architecture}
        images.append(blob(files, manifest, "manifest.v1+json", platform=platform))
    files["index.json"] = encoded({"manifests": images})
    path = place.write("image.tar", tar_of(files))
    assert "no image for linux/mips; there is linux/amd64, linux/riscv64" in place.refused(
        path, "--platform", "linux/mips"
    )
    assert "holds 2 images: linux/amd64" in place.refused(path)
    assert place.scan(path, "--platform", "linux/riscv64").code == 0


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "is empty"),
        (os.urandom(4096), "neither a tar archive nor anything else"),
        (bytes(10240), "neither a tar archive nor anything else"),
    ],
)
def test_what_is_no_image_at_all(place, data, expected):
    assert expected in place.refused(place.write("image", data))


def test_places_that_are_no_files(place):
    os.mkfifo(place.inputs / "pipe")
    for target, expected in (("pipe", "pipe is a pipe"), ("/dev/zero", "/dev/zero is a character device")):
        for scheme in ("", "rootfs:", "docker-archive:", "oci-archive:"):
            assert expected in place.refused(scheme + target)
    ended = place.scan("rootfs:gone.tar")
    assert (ended.code, "no such file: gone.tar" in ended.err) == (3, True)


def header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf()


def bomb(compress, opened) -> bytes:
    """A tar with one file of 512 MiB of zeros, in few bytes."""
    out = io.BytesIO()
    with opened(out) as file:
        file.write(header("var/lib/dpkg/status", 512 << 20))
        for _ in range(512):
            file.write(bytes(1 << 20))
    return out.getvalue()


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_bomb_ends_at_the_limit(place, kind):
    opened = (lambda out: gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1)) if kind == "gzip" else (
        lambda out: zstd.ZstdFile(out, "wb")
    )  # fmt: skip
    data = bomb(kind, opened)
    assert len(data) < 4 << 20
    layout = oci_files(ROOTFS, stored=(data,))
    path, image = place.write("bomb", data), place.write("image.tar", tar_of(layout))
    for target in (path, f"rootfs:{path}", f"docker-archive:{path}", f"oci-archive:{path}", image):
        message = place.refused(target, "--max-layer-bytes", "100M")
        assert "more than 104,857,600 bytes when uncompressed" in message


def test_half_characters_in_a_config_are_replaced_as_engines_do(place):
    steps = [{"created_by": "RUN \ud800\x1b[31m \u202e"}]
    changes = {"config": {"Labels": {"a\udfff": "\ud800b"}}, "history": steps, "created": "\ud800"}
    for data in (saved(ROOTFS, **changes), tar_of(oci_files(ROOTFS, **changes))):
        ended = place.scan(place.write("image.tar", data))
        assert ended.code == 0
        (facts,) = ended.bom.images
        assert facts.image.labels == (("a\N{REPLACEMENT CHARACTER}", "\N{REPLACEMENT CHARACTER}b"),)
        assert facts.image.layers[0].created_by == "RUN \N{REPLACEMENT CHARACTER}\x1b[31m \u202e"


def test_what_is_behind_the_end_of_an_archive_is_told(place):
    both = ROOTFS + tar_of({"lib/apk/db/installed": "P:x\nV:1\n\n"})
    for target in ("rootfs:" + place.write("rootfs.tar", both), place.write("image.tar", saved(both))):
        ended = place.scan(target)
        assert (ended.code, ended.bom.complete) == (0, False)
        assert "more behind the end mark" in ended.err


def test_two_images_of_one_name_are_told_apart(place):
    path = place.write("image.tar", saved(ROOTFS))
    ended = place.scan(path, path)
    assert ended.code == 0
    assert len({facts.image.name for facts in ended.bom.images}) == 2
    assert len({facts.id for facts in ended.bom.images}) == 2


def test_an_empty_image_is_incomplete(place):
    for name, data in (("no-layers.tar", saved()), ("empty-layer.tar", saved(tar_of({})))):
        ended = place.scan(place.write(name, data), "--strict")
        assert ended.code == 4
        assert "no known package database" in ended.err
    assert "an empty one" in place.refused(f"rootfs:{place.write('empty.tar', tar_of({}))}")


def test_the_digest_of_a_renamed_config_is_told(place):
    files = docker_files(ROOTFS)
    name = member_ending(files, ".json")
    files[name] = files[name].replace(b"arm64", b"amd64")
    ended = place.scan(place.write("image.tar", tar_of(files)))
    assert (ended.code, ended.bom.complete) == (0, False)
    assert sha256(files[name]) in ended.err
