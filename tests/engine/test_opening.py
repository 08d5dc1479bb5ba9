"""Images that cannot be read beside others that can: told, and gone past, unless content is not what it promises."""

from __future__ import annotations

import gzip
import os
import sys
from pathlib import Path

import pytest
from conftest import FIXTURES
from saved_image import docker_archive, dpkg_status

from sbomctl import api
from sbomctl.errors import CorruptInput, DigestMismatch, InputError
from sbomctl.model import ImageSpec, Inventory, Product, Role
from sbomctl.sources import host_file

sys.path.insert(0, str(FIXTURES))
import build_product


@pytest.fixture
def good(tmp_path) -> str:
    return docker_archive(tmp_path / "good.tar", dpkg_status(zlib1g="1"))


def scan(*targets: str, **gaps: str) -> tuple[Inventory, ...]:
    specs = [ImageSpec(f"i{number}", Role.CONTAINER, target) for number, target in enumerate(targets)]
    specs += [ImageSpec(name, Role.CONTAINER, "as written", gap=gap) for name, gap in gaps.items()]
    return api.scan(Product("p", images=tuple(specs)), api.ScanOptions(engine="native", cache=False, jobs=1))


def reasons(inventory: Inventory) -> list[str]:
    return [problem.reason for problem in inventory.problems if problem.found_by == "source"]


def layer_cut_off(tmp_path: Path) -> str:
    """An image that opens, and of which a layer turns out to be cut off only when it is read."""
    layers = [build_product.Layer({"file": build_product.Entry(os.urandom(100_000))}, "COPY file /")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build_product, "compress", lambda data: gzip.compress(data, mtime=0)[:50_000])
        (tmp_path / "cut.tar").write_bytes(build_product.oci_archive("cut", {"architecture": "arm64"}, layers))
    return f"oci-archive:{tmp_path}/cut.tar"


def test_an_archive_of_several_images_is_decompressed_once(tmp_path, good, monkeypatch):
    packed = tmp_path / "good.tar.gz"
    packed.write_bytes(gzip.compress((tmp_path / "good.tar").read_bytes()))
    decompressed = []
    really = host_file.spooled
    monkeypatch.setattr(host_file, "spooled", lambda *of: (decompressed.append(of[1]), really(*of))[1])
    found = scan(*[f"docker-archive:{packed}"] * 3)
    assert decompressed == [str(packed)]
    assert [one.packages[0].name for one in found] == ["zlib1g"] * 3


def test_what_cannot_be_opened_is_told_in_its_place(tmp_path, good):
    (tmp_path / "broken.tar").write_bytes(b"not an archive")
    first, second, third, fourth = scan(
        f"docker-archive:{tmp_path}/broken.tar", good, good, gap="it is nowhere; find it"
    )
    assert [one.image.name for one in (first, second, third, fourth)] == ["i0", "i1", "i2", "gap"]
    assert not first.image.layers
    assert first.image.target == "docker-archive:broken.tar"
    (reason,) = reasons(first)
    assert reason.startswith("it could not be read: ")
    assert str(tmp_path) not in reason
    assert [len(one.packages) for one in (first, second, third, fourth)] == [0, 1, 1, 0]
    assert reasons(fourth) == ["it is nowhere; find it"]
    assert fourth.image.target == "as written"


def test_a_layer_that_breaks_off_spoils_its_image_only(tmp_path, good):
    first, second = scan(layer_cut_off(tmp_path), good)
    assert reasons(first)
    assert not first.image.layers
    assert [package.name for package in second.packages] == ["zlib1g"]
    assert not reasons(second)


def test_one_image_alone_is_an_error(tmp_path):
    (tmp_path / "broken.tar").write_bytes(b"not an archive")
    with pytest.raises(InputError, match="broken"):
        scan(f"docker-archive:{tmp_path}/broken.tar")
    with pytest.raises(CorruptInput):
        scan(layer_cut_off(tmp_path))
    with pytest.raises(InputError, match="it is nowhere"):
        scan(gap="it is nowhere")


def test_when_nothing_can_be_read_that_is_an_error(tmp_path):
    (tmp_path / "broken.tar").write_bytes(b"not an archive")
    with pytest.raises(InputError, match=r"none of the 2 images can be read$"):
        scan(f"docker-archive:{tmp_path}/broken.tar", gap="it is nowhere")
    with pytest.raises(InputError):
        scan(layer_cut_off(tmp_path), layer_cut_off(tmp_path))


def test_content_that_is_not_what_it_promises_is_never_gone_past(tmp_path, good):
    data = bytearray((tmp_path / "good.tar").read_bytes())
    at = data.index(b"zlib1g")
    data[at : at + 4] = b"evil"
    (tmp_path / "changed.tar").write_bytes(data)
    with pytest.raises(DigestMismatch):
        scan(good, f"docker-archive:{tmp_path}/changed.tar")
    with pytest.raises(DigestMismatch):
        scan(layer_cut_off(tmp_path), good, f"docker-archive:{tmp_path}/changed.tar")


def test_nor_is_a_config_that_is_not_what_it_promises(tmp_path, good):
    """It is found out when the image is opened, not when it is read."""
    layers = [build_product.Layer({"file": build_product.Entry(b"x")}, "COPY file /")]
    data = build_product.oci_archive("changed", {"architecture": "arm64"}, layers)
    (tmp_path / "changed.tar").write_bytes(data.replace(b'"arm64"', b'"amd64"'))
    with pytest.raises(DigestMismatch):
        scan(good, f"oci-archive:{tmp_path}/changed.tar")
