"""One command for a whole device: a disk with a base OS and the containers of a compose file become one bundle."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import FIXTURES, tool
from cyclonedx_oracles import json_faults
from saved_image import dpkg_status
from spdx_oracles import schema_faults
from trees import MIB, make, sized

from sbomctl.cli.main import cli

sys.path.insert(0, str(FIXTURES))
from build_product import Entry, Layer, oci_archive

HEAD = 1 * MIB
COMPOSE = """\
x-logging: &logging {logging: {driver: journald}}
services:
  web:
    <<: *logging
    image: registry.example/edge/web:${RELEASE:?the release to ship}
    platform: linux/arm64
  worker:
    image: registry.example/edge/worker@sha256:DIGEST
  watchdog:
    image: registry.example/edge/worker@sha256:DIGEST
    profiles: [field]
  broker:
    build: ./broker
"""
PRODUCT = """\
product:
  name: edge-gateway
  version: 2.4.0
  supplier: {name: ACME Devices GmbH, email: oss@acme.example, address: "Musterweg 1, 70173 Stuttgart"}
images:
  - {name: os, role: base-os, target: "disk:build/edge-os.img"}
compose: [docker-compose.yml]
targets:
  registry.example/edge/web:2.4: oci-archive:build/web.tar
  worker: oci-archive:build/worker.tar
  broker: oci-archive:build/broker.tar
policy: permissive
source_offer: {last_shipped: 2027-06-30, support_ends: 2032-06-30}
"""


def files(**versions: str) -> dict[str, str]:
    copyright_file = (
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: MIT\n"
    )
    return dpkg_status(**versions) | {f"usr/share/doc/{name}/copyright": copyright_file for name in versions}


def container(path: Path, base: dict[str, str], **versions: str) -> None:
    """A base that several share, and what this one adds, as a builder would archive it."""
    layers = [
        Layer({name: Entry(text.encode()) for name, text in held.items()}, step)
        for held, step in ((base, "ADD base"), (files(base="1.0", **versions), "RUN apt-get install"))
    ]
    path.write_bytes(oci_archive(path.stem, {"architecture": "arm64"}, layers))


def disk(path: Path, root: dict[str, str]) -> None:
    """A GPT whose only partition is an ext4 with these files."""
    tree = path.with_suffix(".d")
    for name, text in root.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    (tree / "sbin").mkdir()
    (tree / "sbin/init").write_text("#!/bin/sh\n")
    image = sized(path.with_suffix(".ext4"), 16 * MIB)
    make("mkfs.ext4", "-q", "-d", tree, image)
    sized(path, 20 * MIB)
    table = f"label: gpt\nstart={HEAD // 512}, size={16 * MIB // 512}, name=rootfs\n"
    subprocess.run([tool("sfdisk"), "-q", path], input=table.encode(), check=True, capture_output=True)
    with path.open("r+b") as out:
        out.seek(HEAD)
        out.write(image.read_bytes())


@pytest.fixture
def product(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1780300800")
    monkeypatch.setenv("RELEASE", "2.4")
    Path("build").mkdir()
    disk(Path("build/edge-os.img"), files(systemd="252", kernel="6.1"))
    base = files(base="1.0")
    container(Path("build/web.tar"), base, nginx="1.25")
    container(Path("build/worker.tar"), base, celery="5.3")
    container(Path("build/broker.tar"), base, mosquitto="2.0")
    Path("docker-compose.yml").write_text(COMPOSE.replace("DIGEST", "d" * 64))
    Path("product.yaml").write_text(PRODUCT)
    return tmp_path


def run(*arguments: str):
    result = CliRunner().invoke(cli, list(arguments))
    assert "Traceback" not in result.output
    return result


def test_one_command_gives_one_bundle_of_all_images(product):
    result = run("bundle", "product.yaml", "-o", "bundle", "--fail-on", "never")
    assert result.exit_code == 0, result.output
    assert run("bundle", "verify", "bundle").exit_code == 0
    inventory = json.loads(Path("bundle/inventory.json").read_bytes())["bom"]
    found: dict[str, set[str]] = {}
    for component in inventory["components"]:
        for place in component.get("occurrences", ()):
            found.setdefault(place["location"]["image"], set()).add(component["name"])
    assert found == {
        "os": {"systemd", "kernel"},
        "web": {"base", "nginx"},
        "worker+watchdog": {"base", "celery"},
        "broker": {"base", "mosquitto"},
    }
    packages = set().union(*found.values())
    spdx = json.loads(Path("bundle/sbom/product.spdx.json").read_bytes())
    assert packages <= {package["name"] for package in spdx["packages"]}
    cyclonedx = json.loads(Path("bundle/sbom/product.cdx.json").read_bytes())
    assert packages <= {component["name"] for component in cyclonedx["components"]}
    specs = {spec["name"]: spec.get("origin") for spec in inventory["product"]["images"]}
    assert specs["worker+watchdog"] == [
        "docker-compose.yml:8:12 worker",
        "docker-compose.yml:10:12 watchdog (profile field)",
    ]
    assert str(product) not in Path("bundle/inventory.json").read_text(), "no place on this machine"
    assert "named by:   docker-compose.yml:5:12 web" in run("explain", "web", "bundle/inventory.json").stdout


def test_what_is_not_there_is_told_and_the_rest_is_bundled(product, monkeypatch):
    monkeypatch.delenv("RELEASE")
    text = PRODUCT.replace("  registry.example/edge/web:2.4: oci-archive:build/web.tar\n", "")
    Path("product.yaml").write_text(text.replace("  broker: oci-archive:build/broker.tar\n", ""))
    Path("build/worker.tar").write_bytes(Path("build/worker.tar").read_bytes()[:5000])
    result = run("bundle", "product.yaml", "-o", "bundle", "--fail-on", "never")
    assert result.exit_code == 4, "nobody could read three of four images"
    told = " ".join(result.stderr.split())
    assert "web: docker-compose.yml:5:12: the variable RELEASE is not set: the release to ship; set RELEASE in" in told
    assert "broker: docker-compose.yml:13:5: it is built here and has no image: name" in told
    assert "worker+watchdog: it could not be read: " in told
    assert str(product) not in told
    assert run("bundle", "verify", "bundle").exit_code == 0
    table = run("export", "bundle/inventory.json", "-o", "table").stdout
    assert table.count("\n  UNREADABLE: what is in it is not known\n") == 3
    inventory = json.loads(Path("bundle/inventory.json").read_bytes())["bom"]
    assert {component["name"] for component in inventory["components"]} >= {"systemd", "kernel"}
    assert len(inventory["images"]) == 4, "what could not be read ships all the same"
    assert len(inventory["problems"]) == 3
    assert json_faults(Path("bundle/sbom/product.cdx.json").read_bytes(), "1.7") == []
    assert schema_faults("spdx-2.3-schema.json", Path("bundle/sbom/product.spdx.json").read_bytes()) == []
    assert schema_faults("spdx-3.0.1-schema.json", Path("bundle/sbom/product.spdx3.json").read_bytes()) == []


def test_a_product_of_which_nothing_can_be_read_is_an_error(product):
    Path("build/edge-os.img").write_bytes(b"")
    for name in ("web", "worker", "broker"):
        Path(f"build/{name}.tar").write_bytes(b"x" * 100)
    result = run("scan", "product.yaml", "-o", "table=out.txt")
    assert result.exit_code == 3
    assert "none of the 4 images can be read" in result.stderr
    assert not Path("out.txt").exists()
