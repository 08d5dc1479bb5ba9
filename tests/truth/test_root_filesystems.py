"""Whole scans of real root filesystems against the packages recorded for each."""

from __future__ import annotations

import csv
from collections import Counter

import pytest
from conftest import shared

import sbomctl
from sbomctl.model import ImageSpec, Product, Role

COMPLETE = {
    "alpine-kobo-xorg": ("apk", 163),
    "alpine-vaultwarden-container": ("apk", 26),
    "angstrom-s2-opkg": ("opkg", 103),
    "openwrt-23.05-rpi-opkg": ("opkg", 270),
    "openwrt-samknows-opkg": ("opkg", 45),
    "ubuntu-14.04-core-armhf": ("dpkg", 184),
    "yocto-girbu-rpm-bdb": ("rpm", 397),
}


def scanned(name: str) -> sbomctl.Inventory:
    target = f"rootfs:{shared(f'real/rootfs/{name}/rootfs.tar.gz')}"
    product = Product(name=name, images=(ImageSpec(name, Role.BASE_OS, target),))
    options = sbomctl.ScanOptions(engine="native", cache=False)
    return sbomctl.scan(product, options)[0]


def truth(name: str) -> list[dict[str, str]]:
    with shared(f"real/rootfs/{name}/groundtruth.packages.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def without_epoch(version: str, cataloger: str) -> str:
    return version.partition(":")[2] if cataloger == "rpm" and ":" in version else version


@pytest.mark.parametrize("name", COMPLETE)
def test_every_recorded_package_and_no_other_is_found(name):
    cataloger, count = COMPLETE[name]
    rows = truth(name)
    found = [package for package in scanned(name).packages if package.found_by == cataloger]
    assert len(found) == len(rows) == count
    assert Counter((p.name, without_epoch(p.version, cataloger), p.architecture) for p in found) == Counter(
        (row["name"], row["version"], row["arch"]) for row in rows
    )


def test_a_lost_database_is_said_and_makes_the_result_incomplete():
    found = scanned("yocto-petalinux-kria-rpm")
    assert not [package for package in found.packages if package.found_by == "rpm"]
    system, database = found.problems  # the image as a whole comes first
    assert database.location.path == "var/lib/rpm"
    assert "missing" in database.reason
    assert "no package database: 1,072 packages are known from this manifest only" in system.reason
