"""The shipped policies on real images: twenty packages line by line, and what must hold of every violation."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from conftest import FIXTURES, shared
from debian_image import DebianImage
from real_scan import debian_image, scan

from sbomctl import api
from sbomctl.config.document import read
from sbomctl.model import Bom, ImageSpec, Product, Role
from sbomctl.policy.globs import matches

pytestmark = pytest.mark.timeout(1800)  # whoever comes first builds the image

TODAY = date(2026, 11, 20)
POLICIES = api.shipped_policies()
PACKAGES = read(FIXTURES / "rules/truth/debian-bookworm.yaml").data["packages"]
RULES = {"deny": "denied-license", "review": "review-license"}


@pytest.fixture(scope="module")
def bom(pytestconfig: pytest.Config) -> Bom:
    debian: DebianImage = debian_image(pytestconfig)
    target = f"rootfs:{debian.rootfs}"
    return api.merge([scan(target)], Product("debian", images=(ImageSpec("image", Role.BASE_OS, target),)))


def test_twenty_packages_are_listed():
    assert len(PACKAGES) == 20
    assert all(set(one) == {"reads", "why", *POLICIES} for one in PACKAGES.values())


@pytest.mark.parametrize("policy", POLICIES)
def test_the_packages_checked_by_hand(bom, policy):
    result = api.check(bom, api.load_policy(policy), today=TODAY)
    wrong = []
    for name, said in PACKAGES.items():
        assert any(one.name == name for one in bom.components), name
        for word, rule in RULES.items():
            found = {one.license for one in result.violations if one.name == name and one.rule == rule}
            expected = said[policy].get(word, [])
            fits = all(any(matches(one, license_name) for one in expected) for license_name in found)
            if not fits or not all(any(matches(one, license_name) for license_name in found) for one in expected):
                wrong.append(f"{name}: {word} {sorted(found)}, expected {expected} ({said['reads']})")
    assert wrong == []


IMAGES = (
    "images/alpine-minirootfs/alpine-minirootfs-3.20.3-armv7.tar.gz",
    "images/alpine-minirootfs/alpine-minirootfs-3.10.9-x86_64.tar.gz",
    "images/busybox/busybox-1.38.0-glibc-arm64v8.oci",
    "rootfs/openwrt-23.05-rpi-opkg",
    "rootfs/angstrom-s2-opkg",
    "rootfs/ubuntu-14.04-core-armhf",
    "rootfs/yocto-petalinux-kria-rpm",
    "rootfs/yocto-girbu-rpm-bdb",
)


def real_bom(path: Path) -> Bom:
    found = sorted(path.glob("*.tar*")) if path.is_dir() and not (path / "index.json").exists() else []
    target = str(found[0] if found else path)
    target = f"dir:{target}" if Path(target).is_dir() and not (path / "index.json").exists() else target
    return api.merge([scan(target)], Product("real", images=(ImageSpec("image", Role.CONTAINER, target),)))


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("image", IMAGES, ids=lambda name: name.rpartition("/")[2])
def test_every_violation_can_be_acted_on(image, policy):
    bom = real_bom(shared(f"real/{image}"))
    result = api.check(bom, api.load_policy(policy), today=TODAY)
    components = {one.id: one for one in bom.components}
    assert result.components == len({one.id for one in bom.components if one.occurrences})
    for one in result.violations:
        assert one.message
        assert one.how_to_fix
        assert not one.component or (one.locations and one.component in components)
        assert (one.decided_by is not None) == (one.verdict in ("allow", "review", "deny")), one
    prints = [one.fingerprint for one in result.violations]
    assert len(set(prints)) == len(prints)
    judged = {one.component for one in result.violations if one.rule not in ("missing-license-text", "missing-notice")}
    for component in components.values():
        if component.occurrences and not component.licenses.effective and not component.licenses.concluded:
            assert component.id in judged or component.licenses.declared, component.name
    for writer in api.findings_writers():
        api.write_findings(result, writer.kind, io.BytesIO())
