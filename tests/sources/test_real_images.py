"""Every real image beside the checkout: it opens, with all its layers, or fails with exactly one error."""

from __future__ import annotations

import pytest
from conftest import shared
from image_builder import opened

from sbomctl.errors import CorruptInput, DigestMismatch, UnsupportedInput
from sbomctl.sources.base import Limits
from sbomctl.sources.detect import find_source

INSPECTOR = "container-inspector/data/"
GOOGLE = "go-containerregistry/"
SHE = ("docker-archive", "linux/amd64", [1, 6, 5, 2])
HELLO = ("docker-archive", "linux/amd64", [1])
GOOGLE_IMAGE = ("docker-archive", "linux/amd64", [2])
CONTENT = ("rootfs", "", [2])

GOOD: dict[str, tuple[str, str, list[int]]] = {
    # target: source, platform, entries of each layer, lowest first
    "alpine-minirootfs/alpine-minirootfs-3.10.9-x86_64.tar.gz": ("rootfs", "", [482]),
    "alpine-minirootfs/alpine-minirootfs-3.20.3-armv7.tar.gz": ("rootfs", "", [517]),
    "alpine-minirootfs/alpine-minirootfs-3.20.3-x86_64.tar.gz": ("rootfs", "", [517]),
    "busybox/busybox-1.37.0-musl-arm32v7.oci": ("oci-dir", "linux/arm/v7", [424]),
    "busybox/busybox-1.38.0-glibc-arm64v8.oci": ("oci-dir", "linux/arm64/v8", [447]),
    "busybox/busybox-1.38.0-uclibc-amd64.oci": ("oci-dir", "linux/amd64", [435]),
    f"{INSPECTOR}cli/hello-world.tar": HELLO,
    f"{INSPECTOR}repos/hello-world.tar": HELLO,
    f"{INSPECTOR}rootfs/hello-world.tar": HELLO,
    f"{INSPECTOR}cli/she-image_from_scratch-1.0.tar": SHE,
    f"{INSPECTOR}image/she-image_from_scratch-1.0.tar": SHE,
    f"{INSPECTOR}rootfs/she-image_from_scratch-1.0.tar": SHE,
    f"{INSPECTOR}image/mini-image_from_scratch-2.0.tar": SHE,
    f"{INSPECTOR}distro/windows-container-rootfs.tar": ("rootfs", "", [24]),
    f"{INSPECTOR}image_templates/layer.tar": ("rootfs", "", [110]),
    f"{INSPECTOR}rootfs/find_root.tar.gz": ("rootfs", "", [46]),
    f"{INSPECTOR}utils/absolute_path.tar": ("rootfs", "", [3]),
    f"{INSPECTOR}utils/colon.tar.xz": ("rootfs", "", [2]),
    f"{INSPECTOR}utils/layer_with_links.tar": ("rootfs", "", [16]),
    f"{INSPECTOR}utils/layer_with_links_missing_targets.tar": ("rootfs", "", [14]),
    f"{INSPECTOR}utils/tar_relative-with-whiteouts.tar": ("rootfs", "", [6]),
    f"{INSPECTOR}utils/tar_relative.tar": ("rootfs", "", [3]),
    "docker-archive/dive-test-docker-image.tar": (
        "docker-archive",
        "linux/amd64",
        [415, 1, 4, 3, 3, 3, 3, 4, 2, 2, 4, 2, 3, 2],
    ),
    "docker-archive/trivy-alpine-311.tar.gz": ("docker-archive", "linux/amd64", [488]),
    f"{GOOGLE}mutate/testdata/overwritten_file.tar": ("docker-archive", "linux/amd64", [1, 2, 0]),
    f"{GOOGLE}mutate/testdata/source_image.tar": GOOGLE_IMAGE,
    f"{GOOGLE}mutate/testdata/source_image_with_empty_layer_history.tar": GOOGLE_IMAGE,
    f"{GOOGLE}mutate/testdata/whiteout_dir.tar": ("docker-archive", "linux/amd64", [2, 2, 1, 2]),
    f"{GOOGLE}mutate/testdata/whiteout_image.tar": ("docker-archive", "linux/amd64", [2, 1, 0]),
    f"{GOOGLE}pkg/crane/testdata/content.tar": CONTENT,
    f"{GOOGLE}pkg/crane/testdata/content.tar.zst": CONTENT,
    f"{GOOGLE}tarball/testdata/content.tar": CONTENT,
    f"{GOOGLE}tarball/testdata/hello-world-v25.tar": ("docker-archive", "linux/arm64", [1]),
    f"{GOOGLE}tarball/testdata/no_manifest.tar": ("docker-archive", "linux/amd64", [4]),
    f"{GOOGLE}tarball/testdata/test_bundle.tar:test_image_1": GOOGLE_IMAGE,
    f"{GOOGLE}tarball/testdata/test_bundle.tar:test_image_2": GOOGLE_IMAGE,
    f"{GOOGLE}tarball/testdata/test_image_1.tar": GOOGLE_IMAGE,
    f"{GOOGLE}tarball/testdata/test_image_2.tar": GOOGLE_IMAGE,
    f"{GOOGLE}tarball/testdata/test_link.tar:bazel/v1/tarball:test_image_1": GOOGLE_IMAGE,
    f"{GOOGLE}tarball/testdata/test_link.tar:bazel/v1/tarball:test_image_3": ("docker-archive", "linux/amd64", [2, 1]),
    f"{GOOGLE}tarball/testdata/test_load_manifest.tar": GOOGLE_IMAGE,
    f"{INSPECTOR}repos/imagesv11.tar:me/test_image_tar:1.0": ("docker-archive", "linux/amd64", [110]),
    f"{INSPECTOR}repos/imagesv11.tar:she/image_from_scratch:1.0": ("docker-archive", "linux/amd64", [1]),
    f"{INSPECTOR}repos/imagesv11.tar:you/secondimage:1.2": ("docker-archive", "linux/amd64", [110, 1]),
    f"{INSPECTOR}rootfs/imagesv11.tar:you/secondimage:1.2": ("docker-archive", "linux/amd64", [110, 1]),
    f"{GOOGLE}layout/testdata/test_gc_index": ("oci-dir", "linux/amd64", [2]),
    f"{GOOGLE}layout/testdata/test_index": ("oci-dir", "linux/amd64", [2]),
    f"{GOOGLE}layout/testdata/test_index_one_image": ("oci-dir", "linux/amd64", [1]),
    "oci/trivy-test.oci": ("oci-dir", "linux/amd64", [1]),
    "oci-archive/dive-test-estargz-image.tar": ("rootfs", "", [1]),
    "oci-archive/dive-test-gzip-image.tar": ("rootfs", "", [1]),
    "oci-archive/dive-test-oci-uncompressed-image.tar": ("oci-archive", "linux/arm64", [1]),
    "oci-archive/dive-test-oci-zstd-image.tar": ("oci-archive", "linux/arm64", [1]),
    "scancode-io/alpine_3_15_4.tar.gz": ("docker-archive", "linux/amd64", [573]),
    "scancode-io/debian.tar.gz": ("docker-archive", "linux/amd64", [16]),
}

SEVERAL = "holds {} images"
BAD = {
    # opening fails
    f"{INSPECTOR}repos/images.tar.gz": (UnsupportedInput, SEVERAL.format(2)),
    f"{INSPECTOR}repos/imagesv11.tar": (UnsupportedInput, SEVERAL.format(3)),
    f"{INSPECTOR}rootfs/imagesv11.tar": (UnsupportedInput, SEVERAL.format(3)),
    f"{INSPECTOR}repos/imagesv11_with_tar_at_root.tar": (UnsupportedInput, SEVERAL.format(3)),
    f"{GOOGLE}tarball/testdata/null_manifest.tar": (UnsupportedInput, "names no image"),
    f"{GOOGLE}tarball/testdata/test_bundle.tar": (UnsupportedInput, "test_image_2; test_image_1"),
    f"{GOOGLE}tarball/testdata/test_link.tar": (UnsupportedInput, SEVERAL.format(2)),
    f"{GOOGLE}layout/testdata/test_gc_image_unknown_mediatype": (
        UnsupportedInput,
        "but application/vnd.oci.descriptor",
    ),
    f"{GOOGLE}layout/testdata/test_index_media_type": (UnsupportedInput, "but application/vnd.cncf.helm.config"),
    "oci-invalid/trivy-test_bad_index_json.oci": (CorruptInput, "index.json: not the document"),
    # a layer is not what the config promises: its data was cut or changed to keep the example small
    f"{INSPECTOR}image/windows-mini-image.tar.gz": (DigestMismatch, "the image promises sha256:e4e02f4caaa37d28"),
    f"{INSPECTOR}repos/imagesv11_with_tar_at_root.tar:you/secondimage:1.2": (DigestMismatch, "is sha256:2d3d307589a2"),
    f"{INSPECTOR}repos/images.tar.gz:microscaling/microscaling": (CorruptInput, "ends in the middle of a header"),
    f"{INSPECTOR}repos/images.tar.gz:@1": (CorruptInput, "ends in the middle of a header"),
}
EDITED = {f"{GOOGLE}mutate/testdata/source_image_with_empty_layer_history.tar"}


def target_of(name: str) -> str:
    root = shared("real/images")
    return f"{root}/{name}"


def entries(target: str) -> tuple[str, str, list[int], tuple[str, ...]]:
    with opened(target) as image:
        counts = [sum(1 for _ in layer.members(Limits())) for layer in image.layers]
        return find_source(target)[0].scheme, str(image.image.platform), counts, image.problems


@pytest.mark.parametrize("name", GOOD)
def test_it_is_read_to_its_end(name):
    *found, problems = entries(target_of(name))
    assert tuple(found) == GOOD[name]
    assert len(problems) == (name in EDITED)


@pytest.mark.parametrize("name", BAD)
def test_it_is_refused_with_one_clear_error(name):
    error, message = BAD[name]
    with pytest.raises(error) as caught:
        entries(target_of(name))
    assert message in caught.value.message
    assert name.partition(":")[0] in caught.value.message
    assert caught.value.hint


def test_the_tables_name_every_image():
    root = shared("real/images")
    archives = {
        p for p in root.rglob("*") if p.is_file() and p.name.endswith((".tar", ".tar.gz", ".tar.xz", ".tar.zst"))
    }
    layouts = {p.parent for p in root.rglob("oci-layout")}
    found = {p.relative_to(root).as_posix() for p in archives | layouts}
    assert found == {name.partition(":")[0] for name in (*GOOD, *BAD)}
