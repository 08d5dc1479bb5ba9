"""The Debian image in a registry with TLS and a password: the same inventory as from its archive."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from debian_image import DebianImage
from real_scan import debian_image, scan
from registry_server import PASSWORD, USER, Authority, Server, docker_registry, login, passwords

from sbomctl import api
from sbomctl.model import ImageSpec, Inventory, Product, Role

pytestmark = pytest.mark.timeout(1800)  # whoever comes first builds the image


@pytest.fixture(scope="session")
def debian(pytestconfig: pytest.Config) -> DebianImage:
    return debian_image(pytestconfig)


@pytest.fixture
def server(debian: DebianImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The registry with the image in it, and a user who has logged in and trusts its authority."""
    authority = Authority(tmp_path)
    certificate = authority.issue("localhost", "DNS:localhost")
    with docker_registry(tmp_path / "registry", tls=certificate, auth=passwords(tmp_path / "htpasswd")) as server:
        (tmp_path / "trusted").mkdir()
        (tmp_path / "trusted/ca.crt").write_bytes(authority.certificate.read_bytes())
        server.push_options = (f"--dest-cert-dir={tmp_path / 'trusted'}", f"--dest-creds={USER}:{PASSWORD}")
        server.push(f"oci-archive:{debian.oci_archive}", "edge/debian:1")
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
        monkeypatch.setenv("DOCKER_CONFIG", str(login(tmp_path / "docker", server.host)))
        yield server


def cached(target: str, directory: Path) -> Inventory:
    product = Product("real", images=(ImageSpec("image", Role.CONTAINER, target),))
    (inventory,) = api.scan(product, api.ScanOptions(engine="native", cache_directory=str(directory)))
    return inventory


def without_target(inventory: Inventory) -> Inventory:
    return msgspec.structs.replace(inventory, image=msgspec.structs.replace(inventory.image, target=""))


def blobs(server: Server, start: int) -> list[str]:
    return [line for line in server.fetched(start) if "/blobs/" in line]


def test_the_inventory_is_that_of_the_archive_and_layers_are_fetched_once(
    debian: DebianImage, server: Server, tmp_path: Path
) -> None:
    target, archive = server.target("edge/debian:1"), scan(f"oci-archive:{debian.oci_archive}")
    start = server.marked()
    first = cached(target, tmp_path / "cache")
    assert without_target(first) == without_target(archive)
    assert len(blobs(server, start)) == len(archive.image.layers) + 1, "each layer and the config, once"
    start = server.marked()
    assert cached(target, tmp_path / "cache") == first
    assert len(blobs(server, start)) == 1, "the config alone"
