import pytest
from conftest import tar_of, view_of
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.catalogers._opkg_record import installed_paths
from sbomctl.catalogers.opkg import OpkgCataloger
from sbomctl.model import Package, Problem, SourceRef

OS = {"etc/os-release": b"ID=poky\nVERSION_ID=4.0\n"}
HOME = "var/lib/opkg"


INFO = HOME + "/info/"
OK = "Status: install user installed\n"


def catalog(status, files=None):
    database = {} if status is None else {HOME + "/status": status}
    view = view_of(tar_of({**OS, **database, **(files or {})}), patterns=OpkgCataloger.wants.paths)
    results = list(OpkgCataloger().catalog(view))
    return [r for r in results if isinstance(r, Package)], [r for r in results if isinstance(r, Problem)]


def one(status, files=None):
    packages, problems = catalog(status, files)
    assert problems == []
    (package,) = packages
    return package


def test_the_cpe_that_openwrt_states():
    control = b"Package: dnsmasq\nVersion: 2.90-2\nCPE-ID: cpe:/a:thekelleys:dnsmasq\n"
    status = f"Package: dnsmasq\nVersion: 2.90-2\nArchitecture: arm\n{OK}"
    assert one(status, {INFO + "dnsmasq.control": control}).cpe == "cpe:/a:thekelleys:dnsmasq"


def test_yocto():
    control = (
        b"Package: libz1\nVersion: 9\nDescription: Zip\n More\nMaintainer: Poky <p@example.org>\nLicense: Zlib & MIT\n"
        b"OE: zlib\nHomepage: http://z.example\nSource: http://z.example/zlib-1.tar.xz;name=z file://fix.patch\n"
    )
    package = one(
        f"Package: libz1\nVersion: 2:1.2.13-r0\nDepends: libc6 (>= 2.35)\nProvides: \nArchitecture: cortexa9\n{OK}",
        {
            INFO + "libz1.control": control,
            INFO + "libz1.list": b"/lib/libz.so.1\t0755\n/lib/\n",
            INFO + "libz1.prerm": b"",
        },
    )
    assert (package.name, package.version, package.architecture) == ("libz1", "2:1.2.13-r0", "cortexa9")
    assert package.purl == "pkg:generic/poky/libz1@2:1.2.13-r0?arch=cortexa9&distro=poky-4.0"
    assert package.source == SourceRef(
        "zlib", "2:1.2.13-r0", "pkg:generic/poky/zlib@2:1.2.13-r0?arch=source", "http://z.example/zlib-1.tar.xz"
    )
    assert (package.supplier, package.homepage, package.description) == (
        "Poky <p@example.org>",
        "http://z.example",
        "Zip",
    )
    assert (package.depends_on, package.provides) == (("libc6",), ())
    assert package.files == ("lib/libz.so.1", "lib", INFO + "libz1.control", INFO + "libz1.list", INFO + "libz1.prerm")
    (finding,) = package.licenses
    assert (finding.raw, str(finding.location)) == ("Zlib & MIT", f"image layer 0 {INFO}libz1.control:6")
    assert str(package.location) == "image layer 0 var/lib/opkg/status:1"


def test_openwrt():
    control = b"Package: libssl3\nSource: feeds/base/libs/openssl\nSourceName: libssl\nDescription:  TLS\n"
    package = one(f"Package: libssl3\nVersion: 3.0.14-2\n{OK}", {INFO + "libssl3.control": control})
    assert (package.source.name, package.source.version, package.source.url) == ("libssl", "3.0.14-2", "")
    assert package.source.purl.endswith("?arch=source&recipe=feeds/base/libs/openssl")
    assert package.description == "TLS"
    assert package.licenses == ()


@pytest.mark.parametrize(
    ("source", "name"),
    [("Source: package/zlib\n", "package/zlib"), ("Source: zlib_1.2.13.bb\n", "zlib"), ("", None)],
)
def test_other_forms_of_source(source, name):
    package = one(f"Package: zlib\nVersion: 1\n{OK}{source}")
    assert (package.source.name if package.source else None) == name


def test_a_license_in_the_status_file():
    package = one(f"\nPackage: dropbear\nVersion: 1\n{OK}License: MIT\n")
    assert [(f.raw, f.location.path, f.location.line) for f in package.licenses] == [("MIT", "var/lib/opkg/status", 5)]


@pytest.mark.parametrize(
    ("status", "present", "problem"),
    [
        ("install ok installed", True, ""),
        ("install hold,user installed", True, ""),
        ("install ok unpacked", True, ""),
        ("unknown ok not-installed", False, ""),
        ("deinstall ok config-files", False, ""),
        ("install user post-inst-failed", True, "its installation is broken (install user post-inst-failed)"),
        ("installed?", True, "unknown state (installed?); taken as installed"),
    ],
)
def test_states(status, present, problem):
    packages, problems = catalog(f"Package: a\nStatus: {status}\nVersion: 1\n")
    assert bool(packages) is present
    assert [p.reason for p in problems] == ([f"a: {problem}"] if problem else [])


def test_a_control_file_without_record_is_a_package_and_a_problem():
    control = b"Package: left\nVersion: 1\nStatus: unknown ok not-installed\nLicense: MIT\n"
    packages, problems = catalog(None, {INFO + "left.control": control})
    assert [(p.name, p.licenses[0].raw) for p in packages] == [("left", "MIT")]
    assert [p.reason for p in problems] == ["left: no status record; taken as installed"]


def test_the_control_file_of_a_removed_package_is_not_one():
    assert catalog(
        "Package: gone\nVersion: 1\nStatus: deinstall ok not-installed\n", {INFO + "gone.control": b"Package: gone\n"}
    ) == ([], [])


def test_broken_records_leave_the_rest():
    packages, problems = catalog(
        f"bogus status\n\nPackage: a\n{OK}\nPackage: b/c\nVersion: 1\n{OK}\nPackage: d\nVersion: 1\n"
    )
    assert [p.name for p in packages] == ["b/c"]
    assert [(p.location.line, p.reason) for p in problems] == [
        (1, "1 line(s) of this record are neither field nor continuation"),
        (1, "record without Package"),
        (3, "a: record without Version"),
        (6, "b/c: not a package name; its files are not looked up"),
        (10, "d: record without Status; taken as not installed"),
    ]


@pytest.mark.parametrize("home", ["usr/lib/opkg", "usr/lib/ipkg", "opt/lib/opkg", "opt/var/opkg-lists"])
def test_other_homes(home):
    packages, _ = catalog(None, {home + "/status": f"Package: a\nVersion: 1\n{OK}".encode()})
    assert [p.location.path for p in packages] == [home + "/status"]


def test_a_linked_home_is_read_once():
    packages, _ = catalog(
        None, {HOME: ("sym", "/usr/lib/opkg"), "usr/lib/opkg/status": f"Package: a\nVersion: 1\n{OK}".encode()}
    )
    assert len(packages) == 1


def test_installed_paths():
    assert installed_paths(b"/.\n/a\n./b/\n/c\t0644\tx\n\n") == ("a", "b", "c")


PIECES = st.sampled_from(
    ["Package: a\n", "Version: 1\n", OK, "\n", "Source: x_\n", "License: MIT\n", "\0", "é", "OE: /\n"]
)


@given(st.lists(PIECES, max_size=20).map("".join), st.lists(PIECES, max_size=9).map("".join))
def test_no_database_breaks_the_cataloger(status, control):
    packages, problems = catalog(status, {INFO + "a.control": control.encode(), INFO + "b.control": control.encode()})
    assert all(result.location.path for result in (*packages, *problems))
