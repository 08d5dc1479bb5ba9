from __future__ import annotations

import pytest

from sbomctl.config.product import product_from_targets
from sbomctl.config.targets import TargetError, short_name, split
from sbomctl.errors import SbomctlError
from sbomctl.model import ImageSpec, Role

SCHEMES = ("docker", "docker-archive", "oci-archive", "oci-dir", "rootfs", "dir")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("rootfs:x.tar", ("rootfs", "x.tar")),
        ("docker:debian:12", ("docker", "debian:12")),
        ("debian:12", ("", "debian:12")),
        ("debian", ("", "debian")),
        ("localhost:5000/app:1", ("", "localhost:5000/app:1")),
        ("build/x.tar", ("", "build/x.tar")),
        ("/abs/with:colon/x.tar", ("", "/abs/with:colon/x.tar")),
        ("app:v1@sha256:" + "0" * 64, ("", "app:v1@sha256:" + "0" * 64)),
    ],
)
def test_scheme_and_rest(target, expected):
    assert split(target, SCHEMES) == expected


@pytest.mark.parametrize("target", ["rotfs:latest", "ostree:x", "thing:/abs/x", "thing:./x", "docker:"])
def test_a_scheme_that_is_none_is_an_error_not_an_image_name(target):
    with pytest.raises(TargetError):
        split(target, SCHEMES)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("docker-archive:build/app.tar", "app"),
        ("oci-archive:build/app.oci.tar.gz", "app"),
        ("rootfs:/x/core-image-minimal.rootfs.tar.zst", "core-image-minimal"),
        ("docker:registry.example:5000/team/nginx:1.25", "nginx"),
        ("docker:nginx@sha256:" + "0" * 64, "nginx"),
        ("debian:12", "debian"),
        ("rootfs:näme with spaces.tar", "n-me-with-spaces"),
        ("rootfs:...", "image"),
    ],
)
def test_names_come_from_files_and_image_names(target, name):
    assert short_name(target, SCHEMES) == name


def test_a_product_of_plain_targets(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("app.tar", "os.tar.zst"):
        (tmp_path / name).write_text("x")
    for name in ("a", "b", "layout"):
        (tmp_path / name / "rootfs").mkdir(parents=True)
    looked_at = {
        "app.tar": "oci-archive",
        "os.tar.zst": "rootfs",
        "a/rootfs": "dir",
        "layout": "oci-dir",
        "app:1": "docker",
    }
    targets = ("docker-archive:app.tar:x/app:1", "dir:b/rootfs", *looked_at)
    product = product_from_targets(targets, "", SCHEMES, looked_at.__getitem__)
    assert product.name == "app"
    assert product.images == (
        ImageSpec("app", Role.CONTAINER, "docker-archive:app.tar:x/app:1"),
        ImageSpec("rootfs", Role.BASE_OS, "dir:b/rootfs"),
        ImageSpec("app-2", Role.CONTAINER, "app.tar"),
        ImageSpec("os", Role.BASE_OS, "os.tar.zst"),
        ImageSpec("rootfs-2", Role.BASE_OS, "a/rootfs"),
        ImageSpec("layout", Role.CONTAINER, "layout"),
        ImageSpec("app-3", Role.CONTAINER, "app:1"),
    )
    assert product_from_targets(targets, "gateway", SCHEMES, looked_at.__getitem__).name == "gateway"


def test_the_current_directory_is_named_after_itself(tmp_path, monkeypatch):
    (tmp_path / "sysroot").mkdir()
    monkeypatch.chdir(tmp_path / "sysroot")
    assert product_from_targets(["dir:."], "", SCHEMES, str).images[0].name == "sysroot"


@pytest.mark.parametrize(
    ("target", "code"), [("rootfs:gone.tar", 3), ("gone.tar", 3), ("./gone", 3), ("rotfs:x", 2), ("dir:", 2)]
)
def test_a_bad_target_ends_the_command_before_the_scan(target, code):
    with pytest.raises(SbomctlError) as caught:
        product_from_targets([target], "", SCHEMES, str)
    assert caught.value.exit_code == code
    assert target in caught.value.message
