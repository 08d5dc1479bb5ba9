"""The demo product: built twice it is the same, and a scan finds what its description promises."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from conftest import FIXTURES

from sbomctl import api
from sbomctl.model import ImageSpec, Inventory, Product, Role, State


def build(out: Path) -> dict[str, bytes]:
    """The demo product as `make demo` builds it."""
    product = FIXTURES / "products" / "edge-gateway"
    command = [sys.executable, str(FIXTURES / "build_product.py"), str(product), str(out)]
    subprocess.run(command, check=True, capture_output=True)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def test_building_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = build(tmp_path / "first"), build(tmp_path / "second")
    images = ["images/dashboard.tar", "images/modbus-bridge.tar", "images/os.tar.gz"]
    assert list(first) == ["curations.yaml", *images, "policy.yaml", "product.yaml", "waivers.yaml"]
    assert first == second


@pytest.fixture(scope="module")
def inventories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Inventory]:
    out = tmp_path_factory.mktemp("demo")
    build(out)
    images = (
        ImageSpec("os", Role.BASE_OS, f"rootfs:{out}/images/os.tar.gz"),
        ImageSpec("dashboard", Role.CONTAINER, f"oci-archive:{out}/images/dashboard.tar"),
        ImageSpec("modbus-bridge", Role.CONTAINER, f"oci-archive:{out}/images/modbus-bridge.tar"),
    )
    options = api.ScanOptions(engine="native", cache=False)
    return {one.image.name: one for one in api.scan(Product("edge-gateway", images=images), options)}


def test_every_record_is_a_package(inventories: dict[str, Inventory]) -> None:
    found = {name: Counter(p.found_by for p in one.packages) for name, one in inventories.items()}
    assert found == {
        "os": {"dpkg": 68},
        "dashboard": {"apk": 31, "npm": 13},
        "modbus-bridge": {"dpkg": 49, "python": 6},
    }
    assert [one.problems for one in inventories.values()] == [(), (), ()]


def test_hidden_packages_keep_their_layers(inventories: dict[str, Inventory]) -> None:
    hidden = {
        (name, p.name, p.version, p.state, p.introduced_in, p.hidden_in)
        for name, one in inventories.items()
        for p in one.packages
        if p.state is not State.VISIBLE
    }
    deleted = [("curl", "8.9.0-r0"), ("libcurl", "8.9.0-r0"), ("libidn2", "2.3.7-r0"), ("libpsl", "0.21.5-r1")]
    deleted += [("libunistring", "1.2-r0"), ("zstd-libs", "1.5.6-r0")]
    assert hidden == {
        *(("dashboard", *each, State.DELETED, 1, 3) for each in deleted),
        ("dashboard", "libcrypto3", "3.3.1-r3", State.SHADOWED, 0, 3),
        ("dashboard", "libssl3", "3.3.1-r3", State.SHADOWED, 0, 3),
        ("modbus-bridge", "libssl3", "3.0.20-1~deb12u2", State.SHADOWED, 0, 1),
        ("modbus-bridge", "paho-mqtt", "1.6.1", State.SHADOWED, 2, 4),
    }


def test_one_library_belongs_to_no_package(inventories: dict[str, Inventory]) -> None:
    unowned = [(name, file.path, file.layer) for name, one in inventories.items() for file in one.unowned]
    assert unowned == [("modbus-bridge", "usr/local/lib/libmodbus.so.5", 3)]


def test_a_rebuilt_package_keeps_its_source(inventories: dict[str, Inventory]) -> None:
    (bash,) = (p for p in inventories["os"].packages if p.name == "bash")
    assert bash.source is not None
    assert (bash.version, bash.source.name, bash.source.version) == ("5.2.15-2+b13", "bash", "5.2.15-2")
    (docker,) = (p for p in inventories["os"].packages if p.name == "docker.io")
    assert ("golang-1.19", "1.19.8-2") in {(each.name, each.version) for each in docker.built_using}
