"""Whatever syft finds we find, on every real image; each difference has a reason in syft_differences.yaml."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from conftest import shared
from real_scan import debian_image, scan, syft

from sbomctl.model import Inventory, State

pytestmark = pytest.mark.timeout(1800)

RULES = yaml.safe_load((Path(__file__).parent / "syft_differences.yaml").read_text("utf-8"))
PURL_TYPE = {"deb": "deb", "rpm": "rpm", "apk": "apk", "python": "pypi", "npm": "npm"}
TARGETS = [
    "rootfs:rootfs/alpine-kobo-xorg/rootfs.tar.gz",
    "rootfs:rootfs/alpine-vaultwarden-container/rootfs.tar.gz",
    "rootfs:rootfs/angstrom-s2-opkg/rootfs.tar.gz",
    "rootfs:rootfs/openwrt-23.05-rpi-opkg/rootfs.tar.gz",
    "rootfs:rootfs/openwrt-samknows-opkg/rootfs.tar.gz",
    "rootfs:rootfs/ubuntu-14.04-core-armhf/rootfs.tar.gz",
    "rootfs:rootfs/yocto-girbu-rpm-bdb/rootfs.tar.gz",
    "rootfs:rootfs/yocto-petalinux-kria-rpm/rootfs.tar.gz",
    "rootfs:images/alpine-minirootfs/alpine-minirootfs-3.10.9-x86_64.tar.gz",
    "rootfs:images/alpine-minirootfs/alpine-minirootfs-3.20.3-armv7.tar.gz",
    "rootfs:images/alpine-minirootfs/alpine-minirootfs-3.20.3-x86_64.tar.gz",
    "docker-archive:images/container-inspector/data/image/she-image_from_scratch-1.0.tar",
    "docker-archive:images/docker-archive/dive-test-docker-image.tar",
    "docker-archive:images/docker-archive/trivy-alpine-311.tar.gz",
    "docker-archive:images/go-containerregistry/tarball/testdata/hello-world-v25.tar",
    "docker-archive:images/scancode-io/alpine_3_15_4.tar.gz",
    "docker-archive:images/scancode-io/debian.tar.gz",
    "oci-archive:images/oci-archive/dive-test-oci-uncompressed-image.tar",
    "oci-archive:images/oci-archive/dive-test-oci-zstd-image.tar",
    "oci-dir:images/busybox/busybox-1.37.0-musl-arm32v7.oci",
    "oci-dir:images/busybox/busybox-1.38.0-glibc-arm64v8.oci",
    "oci-dir:images/busybox/busybox-1.38.0-uclibc-amd64.oci",
    "oci-dir:images/oci/trivy-test.oci",
]


@pytest.mark.parametrize("target", TARGETS)
def test_shared_images(target: str, tmp_path: Path) -> None:
    scheme, _, path = target.partition(":")
    compare(f"{scheme}:{shared(f'real/{path}')}", tmp_path)


def test_the_debian_root_filesystem(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    compare(f"rootfs:{debian_image(pytestconfig).rootfs}", tmp_path)


def test_the_debian_image(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    compare(f"oci-archive:{debian_image(pytestconfig).oci_archive}", tmp_path)


def compare(target: str, scratch: Path) -> None:
    inventory = scan(target)
    ours = {identity(*each) for each in we_find(inventory)}
    unexplained, used = [], []
    for artifact in syft_finds(as_syft_reads(target, scratch)):
        kind = PURL_TYPE.get(artifact["type"])
        if kind and identity(kind, artifact["name"], artifact["version"]) not in ours:
            rules = explained(artifact, ours)
            used += rules
            if not rules:
                unexplained.append((kind, artifact["name"], artifact["version"], artifact["locations"][0]["path"]))
    assert not unexplained
    assert not [rule for rule in RULES if rule["seen_in"] in target and rule not in used], "nothing to explain any more"


def we_find(inventory: Inventory) -> Iterator[tuple[str, str, str]]:
    """Purl type, name and version; "hidden" before the type of what an upper layer hides: syft squashes the layers."""
    for package in inventory.packages:
        kind = package.purl.removeprefix("pkg:").partition("/")[0]
        yield kind if package.state is State.VISIBLE else f"hidden {kind}", package.name, package.version


def identity(kind: str, name: str, version: str) -> tuple[str, str, str]:
    """Python names are equal when PEP 503 says so; syft writes them in its own way."""
    return kind, re.sub(r"[-_.]+", "-", name).lower() if kind == "pypi" else name, version


def explained(artifact: dict, ours: set[tuple[str, str, str]]) -> list[dict]:
    """The rules that say why we do not find it."""
    found = []
    for rule in RULES:
        evidence = all(re.fullmatch(rule["evidence"], place["path"]) for place in artifact["locations"])
        found_as = rule.get("found_as")
        listed = not found_as or identity(found_as, artifact["name"], artifact["version"]) in ours
        if rule["type"] == artifact["type"] and evidence and listed:
            found.append(rule)
    return found


def as_syft_reads(target: str, scratch: Path) -> str:
    """syft reads root filesystems as directories, and archives only when they are not compressed."""
    scheme, _, path = target.partition(":")
    if scheme == "rootfs":
        command = ["tar", "--extract", "--file", path, "--directory", str(scratch), "--no-same-owner"]
        subprocess.run([*command, "--exclude=dev/*"], check=True, capture_output=True)
        return f"dir:{scratch}"
    if path.endswith(".gz"):
        plain = scratch / "archive.tar"
        plain.write_bytes(gzip.decompress(Path(path).read_bytes()))
        return f"{scheme}:{plain}"
    return target


def syft_finds(target: str) -> list[dict]:
    environment = os.environ | {"SYFT_CHECK_FOR_APP_UPDATE": "false"}
    # For a directory syft would look for lock files only; a root filesystem is to be read as an image is.
    command = [syft(), "--quiet", "--override-default-catalogers", "image", target, "--output", "json"]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return json.loads(done.stdout)["artifacts"]
