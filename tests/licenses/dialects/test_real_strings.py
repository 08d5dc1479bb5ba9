"""How much of what real packages state is read, and that nothing is lost: shares of each set, as percent.

``exact``: one expression of listed licenses, remarks included; ``open``: candidates, with or without an
expression; ``reference``: a name that only the package explains, or a notice that is no license;
``nothing``: neither.
"""

from __future__ import annotations

import csv
import functools
import json
import re
import tarfile
from collections import Counter

import pytest
from conftest import shared, tar_of, view_of

import sbomctl
from sbomctl import api
from sbomctl.catalogers.apk import ApkCataloger
from sbomctl.catalogers.rpm import RpmCataloger
from sbomctl.licenses.base import Context, Declared
from sbomctl.licenses.dialects import dialect, resolve
from sbomctl.licenses.expression import terms
from sbomctl.model import ImageSpec, OsRelease, Package, Product, Role
from sbomctl.sidecars import dialect_of

KINDS = ("exact", "open", "reference", "nothing")


def kind(expression, *, is_open):
    if is_open:
        return "open"
    if not expression:
        return "nothing"
    return "reference" if "Ref-" in expression else "exact"


def shares(name, strings, field="", os=None):
    """The share of each kind, as rounded percent, of strings or of strings with their number."""
    counted = Counter()
    for text, number in strings.items() if isinstance(strings, dict) else ((one, 1) for one in strings):
        (reading,) = dialect(name).declare([Declared(text, field)], Context(("pkg",), os)).readings
        assert reading.expression or reading.remark
        counted[kind(reading.expression, is_open=bool(reading.candidates))] += number
    return percent(counted)


def percent(counted):
    return {one: round(100 * counted[one] / counted.total()) for one in KINDS if counted[one]}


@functools.cache
def declared_strings(image):
    text = shared("real/licence/declared-strings.tsv").read_text(encoding="utf-8")
    rows = csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {row[2]: int(row[3]) for row in rows if row[0] == image}


@pytest.mark.parametrize(
    ("image", "name", "expected"),
    [
        ("alpine-kobo-xorg", "alpine", {"exact": 69, "open": 20, "reference": 11}),
        ("alpine-vaultwarden-container", "alpine", {"exact": 96, "reference": 4}),
        ("angstrom-s2-opkg", "yocto", {"exact": 62, "open": 33, "reference": 5}),
        ("openwrt-23.05-rpi-opkg", "openwrt", {"exact": 58, "open": 41, "reference": 2}),
        ("yocto-girbu-rpm-bdb", "yocto", {"exact": 85, "open": 12, "reference": 3}),
        ("yocto-petalinux-kria-rpm", "yocto", {"exact": 97, "reference": 3}),
    ],
)
def test_strings_of_images_by_package(image, name, expected):
    assert shares(name, declared_strings(image)) == expected


def test_alpine_strings():
    found = []
    for file in sorted(shared("real/licence/alpine-declared").glob("*.yml")):
        text = re.search(r"^declared_license:\s*(.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
        found.append(text[1].strip("'\" "))
    assert len(found) == 334
    assert shares("alpine", found) == {"exact": 72, "open": 12, "reference": 13, "nothing": 4}


@pytest.mark.parametrize(
    ("os", "expected"),
    [
        (OsRelease("rocky", "9.4"), {"exact": 32, "open": 62, "reference": 6}),
        (OsRelease("rocky", "10.0"), {"exact": 34, "open": 60, "reference": 6}),
    ],
)
def test_rocky_strings(os, expected):
    """More than half of the names of Fedora's old language that a base system uses stand for several licenses."""
    files = sorted(shared("real/licence/rocky-kiwi-packages").iterdir())
    found = {line.rpartition("|")[2] for file in files for line in file.read_text(encoding="utf-8").splitlines()}
    assert shares("fedora", sorted(found), os=os) == expected


def test_buildroot_values():
    lines = shared("licenses/buildroot/license-values-frequency.tsv").read_text(encoding="utf-8").splitlines()
    values = {}
    for number, value in (line.split("\t")[:2] for line in lines):
        text = value.rstrip("\\ ").rstrip(",")  # cut off where the recipe goes on in its next line
        if text and "$(" not in text:
            values[text] = values.get(text, 0) + int(number)
    assert shares("buildroot", list(values)) == {"exact": 63, "open": 7, "reference": 30, "nothing": 0}
    assert shares("buildroot", values) == {"exact": 91, "open": 1, "reference": 8, "nothing": 0}


def test_debian_names():
    with shared("licenses/debian/dep5-synopsis-frequency-bookworm-824pkgs.csv").open(encoding="utf-8") as file:
        names = {row["synopsis_token"]: int(row["packages"]) for row in csv.DictReader(file)}
    assert shares("debian", list(names)) == {"exact": 33, "open": 8, "reference": 60}
    assert shares("debian", names) == {"exact": 67, "open": 11, "reference": 22}


def test_npm_corrections():
    table = json.loads(shared("licenses/npm/npm-license-corrections-1.9.0.json").read_text(encoding="utf-8"))
    assert shares("npm", Counter(row["license"] for row in table)) == {"exact": 97, "open": 3}


def test_classifiers():
    with shared("licenses/python/trove-to-spdx.csv").open(encoding="utf-8") as file:
        names = [row["classifier"] for row in csv.DictReader(file)]
    assert shares("python", names, "Classifier") == {"exact": 58, "open": 28, "reference": 10, "nothing": 5}


def strings_of(cataloger, files):
    view = view_of(tar_of(files), patterns=cataloger.wants.paths)
    packages = [one for one in cataloger.catalog(view) if isinstance(one, Package)]
    return {finding.raw for package in packages for finding in package.licenses}


@pytest.mark.parametrize(
    ("path", "where", "name", "expected"),
    [
        ("rpm-ndb-sle15-bci/Packages.db", "usr/lib/sysimage/rpm/Packages.db", "suse", {"exact": 84, "reference": 16}),
        ("rpm-sqlite-2pkgs/rpmdb.sqlite", "var/lib/rpm/rpmdb.sqlite", "fedora", {"exact": 50, "open": 50}),
        ("rpm-bdb-libuuid/Packages", "var/lib/rpm/Packages", "fedora", {"open": 100}),
        ("syft-redhat/testdata/Packages", "var/lib/rpm/Packages", "fedora", {"open": 100}),
        ("apk-single-installed/installed", "lib/apk/db/installed", "alpine", {"exact": 100}),
        ("apk-small-installed/installed", "lib/apk/db/installed", "alpine", {"exact": 67, "open": 33}),
    ],
)
def test_single_databases(path, where, name, expected):
    cataloger = ApkCataloger() if "apk" in path else RpmCataloger()
    found = strings_of(cataloger, {where: shared(f"real/pkgdb/{path}").read_bytes()})
    assert shares(name, sorted(found)) == expected


def test_an_old_centos():
    with tarfile.open(shared("real/pkgdb/rpm-bdb-scancode-var-lib-rpm/var-lib-rpm.tar.xz")) as tar:
        (member,) = [one for one in tar if one.name.endswith("/Packages")]
        found = strings_of(RpmCataloger(), {"var/lib/rpm/Packages": tar.extractfile(member).read()})
    assert shares("fedora", sorted(found)) == {"exact": 34, "open": 62, "reference": 3}


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("alpine-kobo-xorg", {"exact": 69, "open": 20, "reference": 11}),
        ("alpine-vaultwarden-container", {"exact": 96, "reference": 4}),
        ("angstrom-s2-opkg", {"exact": 62, "open": 33, "reference": 5}),
        ("openwrt-23.05-rpi-opkg", {"exact": 58, "open": 41, "reference": 2}),
        ("yocto-girbu-rpm-bdb", {"exact": 84, "open": 13, "reference": 3}),
        ("yocto-petalinux-kria-rpm", {"exact": 96, "open": 2, "reference": 3}),
    ],
)
def test_packages_of_root_filesystems(image, expected):
    """Every package whose cataloger found a statement, read by the dialect that is found for it.

    Not for Debian, whose copyright files a detector reads together with their texts.
    """
    target = f"rootfs:{shared(f'real/rootfs/{image}/rootfs.tar.gz')}"
    product = Product(image, images=(ImageSpec(image, Role.BASE_OS, target),))
    (inventory,) = sbomctl.scan(product, sbomctl.ScanOptions(engine="native", cache=False))
    counted = Counter()
    recorded = {cataloger.name for cataloger in api.catalogers()}  # evidence has no dialect
    for package in inventory.packages:
        own = dialect_of(package.found_by)
        if package.found_by not in recorded and not own:
            continue
        strings = [Declared(one.raw, one.field) for one in package.licenses if one.found_by == package.found_by]
        if strings:
            reader = dialect(own) if own else resolve(package.found_by, inventory.image.os)
            found = reader.declare(strings, Context((package.found_by, package.name), inventory.image.os))
            counted[kind(found.expression, is_open=any(one.candidates for one in found.readings))] += 1
            assert len(found.readings) == len(strings)
            if found.expression:
                assert terms(found.expression)
    assert percent(counted) == expected
