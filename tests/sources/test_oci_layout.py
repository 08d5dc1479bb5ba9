"""OCI image layouts as directory and as tar."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from image_builder import LAYOUT, OCI_LAYER, OCI_MANIFEST, TWO_LAYERS, Layout, config, encoded, opened, read_all, sha256

from sbomctl.errors import CorruptInput, DigestMismatch, InputError, UnsupportedInput
from sbomctl.model import Platform
from sbomctl.sources.base import Limits

DIFF_IDS = [sha256(layer) for layer in TWO_LAYERS]
ARM64, AMD64 = {"os": "linux", "architecture": "arm64", "variant": "v8"}, {"os": "linux", "architecture": "amd64"}
ATTESTATION = {
    "platform": {"os": "unknown", "architecture": "unknown"},
    "annotations": {"vnd.docker.reference.type": "attestation-manifest"},
}


def named(descriptor, name):
    return {**descriptor, "annotations": {"org.opencontainers.image.ref.name": name}}


def two_platforms() -> Layout:
    layout = Layout()
    arm = {**layout.image(variant="v8"), "platform": ARM64}
    amd = {**layout.image(architecture="amd64"), "platform": AMD64}
    attestation = {**layout.image(architecture="unknown", os="unknown"), **ATTESTATION}
    return layout.done(named(layout.index(arm, amd, attestation), "1.0"))


@pytest.fixture(params=["archive", "directory"])
def stored(request, tmp_path):
    """Stores a layout in one of the two forms; gives the target."""

    def store(layout: Layout) -> str:
        return getattr(layout, request.param)(tmp_path / "layout")

    return store


def test_the_image_is_what_its_config_says(stored):
    layout = Layout()
    target = stored(layout.done(named(layout.image(), "edge:1")))
    with opened(target) as image:
        assert image.image.id == sha256(encoded(config()))
        assert [layer.diff_id for layer in image.image.layers] == DIFF_IDS
        assert all(layer.digest.startswith("sha256:") for layer in image.image.layers)
        assert [layer.media_type for layer in image.image.layers] == [OCI_LAYER + "+gzip"] * 2
        assert [layer.created_by for layer in image.image.layers] == ["step 0", "step 1"]
        assert image.syft_target == target
        assert image.problems == ()
    assert read_all(target)[1]["opt/app/run"]


@pytest.mark.parametrize("wanted", ["linux/arm64", "linux/aarch64/v8", "linux/arm64/8"])
def test_platform_selects_through_nested_indexes(stored, wanted):
    with opened(stored(two_platforms()), Platform(*wanted.split("/"))) as image:
        assert image.image.platform == Platform("linux", "arm64", "v8")
        assert image.syft_target == "", "syft would take another platform"


def test_several_platforms_are_listed(stored):
    target = stored(two_platforms())
    with pytest.raises(UnsupportedInput, match=r"linux/amd64.*linux/arm64") as caught, opened(target):
        pass
    assert "--platform" in caught.value.hint
    with (
        pytest.raises(UnsupportedInput, match="no image for linux/riscv64; there is linux/amd64, linux/arm64/v8"),
        opened(target, Platform("linux", "riscv64")),
    ):
        pass


def test_without_platform_in_the_index_the_config_tells(stored):
    layout = Layout()
    target = stored(layout.done(layout.image(), layout.image(architecture="arm", variant="v6")))
    with opened(target, Platform("linux", "arm", "v6")) as image:
        assert image.image.platform == Platform("linux", "arm", "v6")
    with pytest.raises(UnsupportedInput, match="linux/arm/v6, linux/arm64"), opened(target, Platform("linux", "arm")):
        pass


def test_name_and_digest_select(stored):
    layout = Layout()
    old, new = layout.image(created="2020-01-01T00:00:00Z"), layout.image()
    inner = layout.index(new)
    target = stored(layout.done(named(old, "registry.example/edge:1"), named(inner, "2")))
    for reference in ("registry.example/edge:1", "1"):
        with opened(f"{target}:{reference}") as image:
            assert image.image.created.startswith("2020")
    for reference in (":2", f"@{new['digest']}", f"@{inner['digest']}"):
        with opened(target + reference) as image:
            assert image.image.created.startswith("2026")
    with pytest.raises(UnsupportedInput, match="nothing in it is named '3'") as caught, opened(f"{target}:3"):
        pass
    assert "registry.example/edge:1" in caught.value.hint
    with pytest.raises(UnsupportedInput, match="has the digest"), opened(f"{target}@sha256:{'0' * 64}"):
        pass


def test_an_image_listed_twice_is_one(stored):
    layout = Layout()
    image = layout.image()
    target = stored(layout.done(named(image, "a"), named(image, "b"), layout.index(image, image)))
    assert len(read_all(target)) == 2


def test_platforms_that_are_not_stored_are_left_out_or_told(stored):
    layout = Layout()
    elsewhere = {"mediaType": OCI_MANIFEST, "digest": sha256(b"x"), "size": 1, "platform": AMD64}
    target = stored(layout.done(layout.index({**layout.image(), "platform": ARM64}, elsewhere)))
    with opened(target) as image:
        assert image.image.platform.architecture == "arm64"
    with (
        pytest.raises(CorruptInput, match=r"linux/amd64 is listed .* not stored"),
        opened(target, Platform("linux", "amd64")),
    ):
        pass


def test_index_loops_and_floods_end(stored, monkeypatch):
    layout = Layout()
    deep = layout.image()
    for _ in range(50):
        deep = layout.index(deep, deep)
    assert len(read_all(stored(layout.done(deep)))) == 2
    monkeypatch.setattr("sbomctl.sources.oci_index._MAX_DOCUMENTS", 40)
    with pytest.raises(CorruptInput, match="more than 40"):
        read_all(stored(layout))


def test_sha512_is_verified_too(stored):
    layout = Layout()
    manifest = encoded(
        {
            "config": layout.blob(encoded(config()), "application/vnd.oci.image.config.v1+json"),
            "layers": [sha512(layout, data) for data in TWO_LAYERS],
        }
    )
    descriptor = {**sha512(layout, manifest), "mediaType": OCI_MANIFEST}
    assert len(read_all(stored(layout.done(descriptor)))) == 2
    name = "blobs/" + descriptor["digest"].replace(":", "/")
    layout.files[name] = manifest.replace(b"config", b"confih", 1)
    with pytest.raises(DigestMismatch, match="sha512"):
        read_all(stored(layout))


def sha512(layout: Layout, data: bytes) -> dict[str, object]:
    digest = hashlib.sha512(data).hexdigest()
    layout.files[f"blobs/sha512/{digest}"] = data
    return {"mediaType": OCI_LAYER, "digest": f"sha512:{digest}", "size": len(data)}


FOREIGN = "application/vnd.oci.image.layer.nondistributable.v1.tar"
MISSING = {
    "foreign": (
        {"mediaType": FOREIGN, "urls": ["https://example.com/x"]},
        "may not be distributed.*https://example.com/x",
    ),
    "docker": ({"mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}, "may not be distributed"),
    "encrypted": ({"mediaType": OCI_LAYER + "+gzip+encrypted"}, "encrypted"),
    "no tar": ({"mediaType": "application/vnd.in-toto+json"}, "is no tar"),
}


@pytest.mark.parametrize("case", MISSING)
def test_a_layer_that_cannot_be_read_is_told(stored, case):
    changes, message = MISSING[case]
    layout = Layout()
    absent = {"digest": sha256(b"?"), "size": 1, **changes}
    target = stored(layout.done(layout.image(stored=[absent, layout.blob(TWO_LAYERS[1], OCI_LAYER)])))
    with opened(target) as image:
        lower, upper = image.image.layers
        assert lower.diff_id == DIFF_IDS[0]
        assert re.search(message, lower.missing)
        assert not upper.missing
        assert len(image.problems) == 1
        assert lower.missing in image.problems[0]
        assert image.layers[0].info.diff_id == "", "another image may have the content of this layer"
    assert [bool(files) for files in read_all(target)] == [False, True]


def test_a_foreign_layer_that_is_stored_is_read(stored):
    layout = Layout()
    layers = [layout.blob(data, FOREIGN) for data in TWO_LAYERS]
    assert all(read_all(stored(layout.done(layout.image(stored=layers)))))


def edited(change):
    """A layout after ``change`` was applied to its files."""
    layout = Layout()
    layout.done(layout.image())
    change(layout.files)
    return layout


def largest(files):
    return max((name for name in files if name.startswith("blobs/")), key=lambda name: len(files[name]))


def manifest_name(files):
    return "blobs/" + json.loads(files["index.json"])["manifests"][0]["digest"].replace(":", "/")


def index_of(**changes):
    def change(files):
        document = json.loads(files["index.json"])
        document["manifests"][0].update(changes)
        files["index.json"] = encoded(document)

    return change


def without(files):
    del files[manifest_name(files)]


BROKEN = {
    "not JSON": (lambda f: f.update({"index.json": b"foobar"}), CorruptInput, "index.json"),
    "deep": (lambda f: f.update({"index.json": b'{"a":' * 100_000}), CorruptInput, "index.json"),
    "wrong type": (lambda f: f.update({"index.json": b'{"manifests": 1}'}), CorruptInput, r"\$\.manifests"),
    "empty": (lambda f: f.update({"index.json": b"{}"}), UnsupportedInput, "names no image"),
    "no index": (lambda f: f.pop("index.json"), UnsupportedInput, "no index.json"),
    "no oci-layout": (lambda f: f.pop("oci-layout"), CorruptInput, "oci-layout is missing"),
    "version 2": (lambda f: f.update({"oci-layout": LAYOUT.replace(b"1", b"2")}), UnsupportedInput, "version '2"),
    "no manifest": (without, CorruptInput, "manifest sha256:.* is missing"),
    "wrong size": (index_of(size=7), CorruptInput, "promises 7"),
    "wrong kind": (index_of(mediaType="application/vnd.wasm"), UnsupportedInput, "but application/vnd.wasm"),
    "traversal": (index_of(digest="sha256:../../../../etc/passwd"), CorruptInput, "is no digest"),
    "traversal 2": (index_of(digest="../../../etc:passwd"), CorruptInput, "is no digest"),
    "algorithm": (index_of(digest="blake3:" + "0" * 64), UnsupportedInput, "'blake3' cannot be verified"),
    "tampered": (lambda f: f.update({manifest_name(f): f[manifest_name(f)][::-1]}), DigestMismatch, "promises sha256:"),
    "layer cut": (lambda f: f.update({largest(f): f[largest(f)][:-1]}), CorruptInput, "bytes, but the image promises"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_one_clear_error(stored, case, tmp_path):
    change, error, message = BROKEN[case]
    with pytest.raises(error, match=message) as caught, opened(stored(edited(change))):
        pass
    assert str(tmp_path / "layout") in caught.value.message
    assert caught.value.hint


def test_a_missing_layer_is_an_error(stored):
    layout = Layout()
    absent = {"mediaType": OCI_LAYER, "digest": sha256(b"?"), "size": 1}
    with pytest.raises(CorruptInput, match=r"the layer sha256:.* is missing"):
        read_all(stored(layout.done(layout.image(stored=[absent, absent]))))


def test_a_layer_with_other_content_of_the_same_size_is_an_error(stored):
    layout = Layout()
    descriptors = [layout.blob(data, OCI_LAYER) for data in TWO_LAYERS]
    name = "blobs/" + descriptors[0]["digest"].replace(":", "/")
    content = layout.files[name]
    layout.files[name] = content.replace(b"VERSION_ID=1", b"VERSION_ID=2")
    assert layout.files[name] != content
    with pytest.raises(DigestMismatch, match="stored blob"):
        read_all(stored(layout.done(layout.image(stored=descriptors))))


def test_no_image_but_an_artifact(stored):
    layout = Layout()
    helm = layout.blob(b"{}", "application/vnd.cncf.helm.config.v1+json")
    manifest = layout.blob(encoded({"schemaVersion": 2, "config": helm, "layers": []}), OCI_MANIFEST)
    with pytest.raises(UnsupportedInput, match=r"but application/vnd\.cncf\.helm"):
        read_all(stored(layout.done(manifest)))
    schema1 = layout.blob(encoded({"schemaVersion": 1, "fsLayers": []}), OCI_MANIFEST)
    with pytest.raises(UnsupportedInput, match="a manifest without config"):
        read_all(stored(layout.done(schema1)))
    assert read_all(stored(layout.done(manifest, layout.image()))), "beside an image an artifact is no obstacle"


def test_documents_are_bounded(stored):
    layout = Layout()
    target = stored(layout.done(layout.image()))
    with pytest.raises(CorruptInput, match="too many for a document"), opened(target, limits=Limits(document_bytes=50)):
        pass


def test_blobs_that_are_no_files_are_refused(tmp_path):
    layout = Layout()
    descriptor = layout.image()
    target = layout.done(descriptor).directory(tmp_path / "layout")
    blob = tmp_path / "layout" / "blobs" / descriptor["digest"].replace(":", "/")
    blob.unlink()
    blob.symlink_to("/dev/zero")
    with pytest.raises(InputError):
        read_all(target)


def test_a_blob_may_be_a_link_to_its_content(tmp_path):
    layout = Layout()
    descriptor = layout.image()
    target = layout.done(descriptor).directory(tmp_path / "layout")
    blob = tmp_path / "layout" / "blobs" / descriptor["digest"].replace(":", "/")
    blob.rename(tmp_path / "elsewhere")
    blob.symlink_to(tmp_path / "elsewhere")
    assert len(read_all(target)) == 2


def test_descriptors_without_media_type_are_told_by_their_content(stored):
    layout = Layout()
    image = {**layout.image(), "mediaType": ""}
    index = {key: value for key, value in layout.index(image).items() if key != "mediaType"}
    assert len(read_all(stored(layout.done(index)))) == 2


def test_an_index_that_contradicts_the_config_is_told(stored):
    layout = Layout()
    with opened(stored(layout.done({**layout.image(), "platform": AMD64}))) as image:
        assert image.problems == ("the index lists the image for linux/amd64, its config says linux/arm64",)
