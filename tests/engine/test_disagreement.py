"""Package databases of one root that contradict each other; and those that do not, though there are two."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import FIXTURES, shared, tool
from scanned import STATUS, inventory, owning, status

from sbomctl.cli.main import cli

OPKG, ENTWARE, SYSIMAGE = "var/lib/opkg/status", "opt/lib/opkg/status", "usr/lib/sysimage/dpkg/status"
APK = "lib/apk/db/installed"
REMEDY = (
    "; the packages of both are listed, though only one of them can be right: "
    "take the database that nothing keeps up to date out of the image, and scan again"
)


def opkg(**versions: str) -> str:
    record = "Package: {}\nVersion: {}\nStatus: install ok installed\nArchitecture: cortexa7\n"
    return "\n".join(record.format(name, version) for name, version in versions.items())


def apk(**versions: str) -> str:
    return "".join(f"P:{name}\nV:{version}\nA:armv7\n\n" for name, version in versions.items())


def reasons(*layers: dict) -> list[tuple[str, str]]:
    found = [(str(one.location), one.reason) for one in inventory(*layers).problems]
    assert all(reason.startswith("it disagrees with") and reason.endswith(REMEDY) for _, reason in found), found
    return [(place, reason.removesuffix(REMEDY)) for place, reason in found]


def test_two_kinds_of_databases_with_other_versions():
    files = {STATUS: status(bash="5.2.15-2+b7", only="1"), OPKG: opkg(bash="5.1.16-r0", busybox="1.35.0-r0")}
    assert reasons(files) == [
        (
            f"image layer 0 {OPKG}",
            f"it disagrees with the package database {STATUS}: bash is 5.1.16-r0 here and 5.2.15-2+b7 there",
        )
    ]
    assert len(inventory(files).packages) == 4, "nothing is left out, for nobody can tell which is right"


def test_two_places_of_one_kind_of_database():
    files = {STATUS: status(a="1:1.0-1", b="2"), SYSIMAGE: status(a="1:1.0-2", b="2")}
    (found,) = reasons(files)
    assert found[1] == f"it disagrees with the package database {SYSIMAGE}: a is 1:1.0-1 here and 1:1.0-2 there"
    homes = {"var/lib/opkg/status": opkg(a="1-r0"), "usr/lib/opkg/status": opkg(a="1-r1")}
    assert [place for place, _ in reasons(homes)] == ["image layer 0 var/lib/opkg/status"]


def test_a_file_that_two_packages_have():
    files = {
        STATUS: status(libssl3="3.0.9-1"), **owning("libssl3", "usr/lib", "usr/lib/libssl.so.3", "usr/lib/engine.so"),
        OPKG: opkg(openssl="3.1.0-r0"), "lib": ("sym", "usr/lib"),
        "var/lib/opkg/info/openssl.list": "/lib\n/lib/libssl.so.3\n/lib/engine.so\n",
        "usr/lib/libssl.so.3": b"\x7fELF", "usr/lib/engine.so": b"\x7fELF.",
    }  # fmt: skip
    ((place, reason),) = reasons(files)
    assert place == f"image layer 0 {OPKG}"
    told = "usr/lib/libssl.so.3 is of openssl 3.1.0-r0 here and of libssl3 3.0.9-1 there"
    assert reason == f"it disagrees with the package database {STATUS}: {told}", "one file of the two is enough"


def test_a_long_list_is_cut_and_counted():
    names = {f"p{number:02}": "1" for number in range(30)}
    ((_, reason),) = reasons({STATUS: status(**names), OPKG: opkg(**dict.fromkeys(names, "2"))})
    assert reason.endswith("p09 is 2 here and 1 there, and 20 more")


@pytest.mark.parametrize(
    "layers",
    [
        [{STATUS: status(a="1:1.0-1"), OPKG: opkg(a="1.0-r5", b="2")}],
        [{STATUS: status(a="1"), OPKG: opkg(b="2")}],
        [{STATUS: status(a="1") + "\n" + status(a="2").replace("arm64", "armhf"), SYSIMAGE: status(a="1")}],
        [{OPKG: opkg(busybox="1.36.1-r0"), ENTWARE: opkg(busybox="1.35.0-r0")}],
        [{APK: apk(musl="1.2.4-r0"), f"chroot/{APK}": apk(musl="1.2.3-r0")}],
        [{STATUS: status(a="1")}, {"var/lib/.wh.dpkg": ""}, {OPKG: opkg(a="2")}],
        [{STATUS: status(a="1")}, {STATUS: status(a="2")}],
        [{STATUS: status(a="1"), OPKG: ("sym", "../dpkg/status")}],
    ],
    ids=[
        "one version of upstream", "disjoint, as alien makes them", "architectures", "another prefix",
        "another root", "replaced by a layer", "upgraded by a layer", "one is a link to the other",
    ],
)  # fmt: skip
def test_no_contradiction(layers):
    assert [one for one in inventory(*layers).problems if "disagrees" in one.reason] == []


def built(folder: Path, name: str, version: str) -> Path:
    tree = folder / f"{name}-{version}"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "usr/share/edge").mkdir(parents=True)
    (tree / "usr/share/edge" / name).write_text(version)
    control = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n"
    (tree / "DEBIAN/control").write_text(control)
    subprocess.run([tool("dpkg-deb"), "-b", "--root-owner-group", tree, folder], check=True, capture_output=True)
    return folder / f"{name}_{version}_all.deb"


def installed(root: Path, *packages: Path) -> None:
    (root / "var/lib/dpkg/info").mkdir(parents=True)
    (root / "var/lib/dpkg/updates").mkdir()
    (root / "var/lib/dpkg/status").touch()
    options = [f"--root={root}", "--force-not-root", "--force-bad-path", "--force-script-chrootless", "--log=/dev/null"]
    subprocess.run([tool("dpkg"), *options, "-i", *packages], check=True, capture_output=True)


def test_what_dpkg_and_rpm_recorded_themselves(tmp_path):
    """A package of the same name that dpkg installed beside a database of rpm; and one that rpm does not have."""
    root = tmp_path / "root"
    installed(root, built(tmp_path, "edge-tools", "1.9-1"), built(tmp_path, "agent", "7-1"))
    rpm = root / "usr/lib/sysimage/rpm/rpmdb.sqlite"
    rpm.parent.mkdir(parents=True)
    rpm.write_bytes((FIXTURES / "catalogers/rpm/sqlite/layer-0/usr/lib/sysimage/rpm/rpmdb.sqlite").read_bytes())
    result = CliRunner().invoke(cli, ["scan", f"dir:{root}", "--strict", "--engine", "native", "-o", "table"])
    assert result.exit_code == 4, result.output
    told = "var/lib/dpkg/status: it disagrees with the package database usr/lib/sysimage/rpm/rpmdb.sqlite: "
    assert f"{told}edge-tools is 1.9-1 here and 1:2.0-3 there; the packages of both" in result.stderr
    assert "agent" not in result.stderr


def test_a_real_opkg_database_in_a_real_ubuntu(tmp_path):
    """33 names of Ångström's 103 packages are also Ubuntu's, none in the same version of upstream."""
    mixed = tmp_path / "mixed.tar"
    ubuntu, angstrom = (
        shared(f"real/rootfs/{name}/rootfs.tar.gz") for name in ("ubuntu-14.04-core-armhf", "angstrom-s2-opkg")
    )
    with tarfile.open(mixed, "w") as new:
        for source, wanted in ((ubuntu, ""), (angstrom, "var/lib/opkg/")):
            with tarfile.open(source) as old:
                for member in old:
                    if wanted in member.name:
                        new.addfile(member, old.extractfile(member) if member.isreg() else None)
    result = CliRunner().invoke(cli, ["scan", f"rootfs:{mixed}", "--strict", "--no-detect", "-o", "table"])
    assert result.exit_code == 4, result.output
    assert "libc6 is 2.17-r3.1 here and 2.19-0ubuntu6 there" in result.stderr
    assert "and 23 more; the packages of both are listed" in result.stderr
