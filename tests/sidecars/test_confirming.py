"""What files in an image without package database are evidence of, and which listed package that is."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

import pytest
from conftest import shared, tar_of, view_of

from sbomctl import api
from sbomctl.engine.confirming import shared_libraries
from sbomctl.engine.findings import Findings
from sbomctl.engine.reconcile import reconcile
from sbomctl.model import (
    Bom,
    Component,
    ComponentType,
    ImageSpec,
    LicenseFinding,
    Location,
    Package,
    Product,
    Role,
)
from sbomctl.sidecars.base import Listed, Sidecar

LIBRARIES = ("usr/lib/libz.so.1.2.11", "usr/lib/libfoo-2.0.so.0", "usr/lib/libssl.so.1.1", "usr/lib/libicuuc.so.69.1")


def pc(name: str, version: str) -> Package:
    place = Location("os", 0, f"usr/lib/pkgconfig/{name}.pc")
    return Package(name, version, f"pkg:generic/{name}@{version}", place, "pkg-config", confidence=0.8)


def banner(name: str, version: str, *files: str) -> Package:
    place = Location("os", 0, files[0])
    return Package(name, version, f"pkg:generic/{name}@{version}", place, "binaries", confidence=0.9, files=files)


def names(seen: Package, *listed: Listed) -> list[str]:
    """All packages after the manifest; what was seen comes first."""
    view = view_of(tar_of(dict.fromkeys(LIBRARIES, "x")))
    found = reconcile(Findings((seen,)), [Sidecar("license.manifest", "yocto-licenses", listed)], view)
    return [f"{one.name} {one.version}" for one in found.packages]


@pytest.mark.parametrize(
    ("seen", "listed", "expected"),
    [
        (pc("libdrm_intel", "2.4"), [Listed("libdrm-intel", "2.4")], "libdrm-intel 2.4"),
        (pc("x11", "1.7.2"), [Listed("libx11", "1.7.2"), Listed("libx11-dev", "1.7.2")], "libx11 1.7.2"),
        (pc("libzstd", "1.5.0"), [Listed("zstd", "1.5.0")], "zstd 1.5.0"),
        (pc("libssl", "1.1.1l"), [Listed("libssl1.1", "1.1.1l"), Listed("libssl3", "1.1.1l")], "libssl1.1 1.1.1l"),
        (pc("foo-2.0", "2.68"), [Listed("libfoo-2.0-0", "2.68")], "libfoo-2.0-0 2.68"),
        (banner("zlib", "1.2.11", "usr/lib/libz.so.1.2.11"), [Listed("libz1", "1.2.11-r0")], "libz1 1.2.11-r0"),
        (pc("gtk+-3.0", "3.24"), [Listed("gtk+3-dev", "3.24", recipe="gtk+3"), Listed("gtk+3", "3.24")],
         "gtk+3-dev 3.24"),
        (pc("zlib", "1.2.11"), [Listed("libz-dev", "1.2.11", recipe="zlib"), Listed("x-dev", "1", recipe="x")],
         "libz-dev 1.2.11"),
        (pc("libevent", "2.1.12-stable"), [Listed("libevent", "2.1.12")], "libevent 2.1.12"),
    ],
    ids=["spelling", "lib", "lib of the file", "soname", "soname that ends in a digit", "soname of the file",
         "interface", "only package for developers", "a word behind the version"],
)  # fmt: skip
def test_each_rule(seen, listed, expected):
    first, *others = names(seen, *listed)
    assert first == expected, "what was seen is another occurrence of it"
    assert others == [f"{one.name} {one.version}" for one in listed], "and every listed package is one of its own"


@pytest.mark.parametrize(
    ("seen", "listed"),
    [
        (pc("x11", "1.7.2"), [Listed("libx11", "1.7.3")]),
        (pc("bash", "5.1-release"), [Listed("bash", "5.1.8")]),
        (pc("gstreamer-audio-1.0", "1.18.5"), [Listed("gstreamer1.0-dev", "1.18.5", recipe="gstreamer1.0")]),
        (pc("icu-uc", "69.1"), [Listed("icu-dev", "69.1", recipe="icu")]),
        (pc("a-1.0", "3"), [Listed("a1-dev", "3", recipe="a1"), Listed("a2-dev", "3", recipe="a2")]),
        (pc("a", "3"), [Listed("a", "3", architecture="core2_64"), Listed("a", "3", architecture="x86")]),
        (banner("openssl", "1.1", "usr/bin/openssl"), [Listed("openssl-dev", "1.1", recipe="openssl")]),
        (pc("x", "1"), [Listed("x", "1", purl="pkg:npm/x@1")]),
    ],
    ids=["another version", "less of a version", "a common beginning", "a part of it", "two recipes", "two packages",
         "a program is not for developers", "a package of a language"],
)  # fmt: skip
def test_what_no_rule_decides_stays_a_component_of_its_own(seen, listed):
    assert names(seen, *listed) == [f"{one.name} {one.version}" for one in (seen, *listed)]


def test_evidence_keeps_what_it_says_and_takes_the_identity():
    license_ = LicenseFinding("Zlib", Location("os", 0, "usr/lib/pkgconfig/zlib.pc", 9), "pkg-config", field="License")
    seen = Package(
        "zlib", "1.2.11", "pkg:generic/zlib@1.2.11", Location("os", 0, "usr/lib/pkgconfig/zlib.pc"), "pkg-config",
        confidence=0.8, licenses=(license_,), description="zlib compression library", homepage="https://zlib.net",
        files=("usr/lib/pkgconfig/zlib.pc",),
    )  # fmt: skip
    listed = Listed("libz-dev", "1.2.11", 7, architecture="aarch64", recipe="zlib", homepage="https://www.zlib.net/")
    manifests = [Sidecar(name, "yocto-licenses", (listed,)) for name in ("license.manifest", "again.manifest")]
    found = reconcile(Findings((seen,)), manifests, view_of(tar_of({"etc/x": ""})))
    first, second = found.packages
    assert (first.name, first.purl, first.architecture) == (second.name, second.purl, second.architecture)
    assert (first.source.name, first.homepage) == ("zlib", "https://www.zlib.net/"), "the facts of one component agree"
    assert (first.found_by, first.confidence, first.files) == ("pkg-config", 0.8, seen.files)
    assert (first.licenses, first.description, first.location) == (seen.licenses, seen.description, seen.location)
    assert (second.found_by, second.confidence) == ("manifest:yocto-licenses", 0.7)
    assert [(one.confirmed, one.only_listed, one.only_in_image) for one in found.reconciled] == [(1, (), ())] * 2


def test_sonames_are_bounded():
    assert shared_libraries(["lib/libstdc++.so.6.0.28", "x.so.1", "usr/lib/libA_b.so.2", "usr/lib/libx.so"]) == {
        "libstdc++": {"6", "6.0", "6.0.28"},
        "liba-b": {"2"},
    }
    assert shared_libraries(["lib" + "a" * 100_000 + ".so.1", "libx.so." + "1." * 100_000 + "1"]) == {}


# Real images


def scan(target: str, *sbom: str) -> Bom:
    product = Product("p", images=(ImageSpec("os", Role.BASE_OS, target, sbom=sbom),))
    return api.merge(api.scan(product, api.ScanOptions(cache=False, engine="native", detect=False)), product)


def installed(bom: Bom) -> list[Component]:
    return [one for one in bom.components if one.type is not ComponentType.SOURCE]


def test_pkg_config_files_of_a_real_image_without_database():
    """PetaLinux: 130 of 306 are of a listed package, 56 by its very name; without more rules 250 lack a license."""
    bom = scan(f"rootfs:{shared('real/rootfs/yocto-petalinux-kria-rpm/rootfs.tar.gz')}")
    places = [(one, place) for one in installed(bom) for place in one.occurrences if "pkg-config" in place.found_by]
    assert len(places) == 306
    confirmed = [(one, place) for one, place in places if any(other.basis == "manifest" for other in one.occurrences)]
    assert len(confirmed) == 130
    assert sum(not one.licenses.effective for one in installed(bom)) == 176
    assert all(one.licenses.effective for one, _ in confirmed)


def test_every_file_is_of_the_recipe_that_rpm_says(tmp_path):
    """Poky's own database, taken away and made a manifest of, is what the rules are measured by."""
    image = shared("real/rootfs/yocto-girbu-rpm-bdb/rootfs.tar.gz")
    full = installed(scan(f"rootfs:{image}"))
    recipe_of = {path: one.source.name for one in full if one.source for at in one.occurrences for path in at.files}
    manifest = tmp_path / "license.manifest"
    manifest.write_text("".join(record(one) for one in full if one.source))
    stripped = tmp_path / "rootfs.tar"
    without_rpm(image, stripped)
    bom = scan(f"rootfs:{stripped}", str(manifest))
    confirmed = [
        (one, place.location.path)
        for one in installed(bom)
        for place in one.occurrences
        if place.found_by == ("pkg-config",) and len(one.occurrences) > 1
    ]
    assert [(one.source.name, path) for one, path in confirmed if recipe_of[path] != one.source.name] == []
    assert len(confirmed) == 67


def record(one: Component) -> str:
    version = re.sub(r"-r[0-9.]+$", "", one.version.rpartition(":")[2])
    return f"PACKAGE NAME: {one.name}\nPACKAGE VERSION: {version}\nRECIPE NAME: {one.source.name}\nLICENSE: MIT\n\n"


def without_rpm(source: Path, target: Path) -> None:
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for member in old:
            if "lib/rpm/" not in member.name:
                new.addfile(member, old.extractfile(member) if member.isreg() else None)
