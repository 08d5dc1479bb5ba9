import pytest
from conftest import tar_of, view_of
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.catalogers._debian_files import checksummed_paths, listed_paths, owned_paths
from sbomctl.catalogers.dpkg import DpkgCataloger
from sbomctl.model import Package, Problem, SourceRef

OS = {"etc/os-release": b"ID=debian\nVERSION_ID=12\n"}
STATUS = "var/lib/dpkg/status"
OK = "Status: install ok installed\n"


def catalog(files):
    view = view_of(tar_of(files), patterns=DpkgCataloger.wants.paths)
    results = list(DpkgCataloger().catalog(view))
    return [r for r in results if isinstance(r, Package)], [r for r in results if isinstance(r, Problem)]


def one(status, files=OS):
    packages, problems = catalog({**files, STATUS: status})
    assert problems == []
    (package,) = packages
    return package


def test_every_field_of_a_record():
    package = one(
        f"\nPackage: libfoo1\n{OK}Maintainer: Foo Team <foo@example.org>\nArchitecture: amd64\nMulti-Arch: same\n"
        "Source: foo\nVersion: 1:2.0-3+b1\nProvides: libfoo-abi (= 2)\nPre-Depends: base (>= 1)\n"
        "Depends: libc6 (>= 2.3), a | b:any\nHomepage: https://foo.example\nDescription: the foo\n and more\n"
    )
    assert (package.name, package.version, package.architecture) == ("libfoo1", "1:2.0-3+b1", "amd64")
    assert package.purl == "pkg:deb/debian/libfoo1@1:2.0-3%2Bb1?arch=amd64&distro=debian-12&upstream=foo"
    assert package.source == SourceRef("foo", "1:2.0-3+b1", "pkg:deb/debian/foo@1:2.0-3%2Bb1?arch=source")
    assert (package.supplier, package.homepage) == ("Foo Team <foo@example.org>", "https://foo.example")
    assert (package.description, package.found_by) == ("the foo", "dpkg")
    assert package.depends_on == ("a|b", "base", "libc6")
    assert package.provides == ("libfoo-abi",)
    assert str(package.location) == "image layer 0 var/lib/dpkg/status:2"


def test_a_source_version_is_the_stated_one():
    package = one(f"Package: dmsetup\n{OK}Architecture: amd64\nSource: lvm2 (2.03.16-2)\nVersion: 2:1.02.185-2\n")
    assert package.source == SourceRef("lvm2", "2.03.16-2", "pkg:deb/debian/lvm2@2.03.16-2?arch=source")
    assert package.purl.endswith("&upstream=lvm2%402.03.16-2")


def test_without_source_it_is_the_package_itself():
    package = one(f"Package: bash\n{OK}Version: 5.2-1+b7\n")
    assert (package.source.name, package.source.version) == ("bash", "5.2-1+b7")
    assert "upstream" not in package.purl


def test_an_openembedded_package_names_its_recipe():
    package = one(f"Package: libz1\n{OK}Version: 1.2-r0\nOE: zlib\nPackageArch: cortexa9\nArchitecture: armhf\n")
    assert (package.source.name, package.source.version) == ("zlib", "1.2-r0")


def test_sources_built_in():
    package = one(
        f"Package: busybox-static\n{OK}Version: 1\nBuilt-Using: glibc (= 2.36)\n"
        "Static-Built-Using: go (= 1.2), rust (= 3)\nX-Cargo-Built-Using: rust (= 3), serde (= 4)\n"
    )
    assert [(ref.name, ref.version, ref.relation) for ref in package.built_using] == [
        ("glibc", "2.36", "built-using"),
        ("go", "1.2", "static-built-using"),
        ("rust", "3", "static-built-using"),
        ("serde", "4", "static-built-using"),
    ]
    assert package.built_using[0].purl == "pkg:deb/debian/glibc@2.36?arch=source"


@pytest.mark.parametrize(
    ("files", "purl"),
    [
        ({}, "pkg:deb/a@1"),
        ({"etc/os-release": b"NAME=x\n"}, "pkg:deb/a@1"),
        ({"etc/debian_version": b"12.5\n"}, "pkg:deb/debian/a@1?distro=debian-12"),
        ({"etc/os-release": b"ID=raspbian\nVERSION_ID=11\n"}, "pkg:deb/raspbian/a@1?distro=raspbian-11"),
    ],
)
def test_the_namespace_is_what_the_image_says(files, purl):
    assert one(f"Package: a\n{OK}Version: 1\n", files).purl == purl


@pytest.mark.parametrize(
    ("status", "present", "problem"),
    [
        ("install ok installed", True, None),
        ("hold ok installed", True, None),
        ("deinstall ok installed", True, None),
        ("install ok unpacked", True, None),
        ("install ok triggers-pending", True, None),
        ("deinstall ok config-files", False, None),
        ("purge ok not-installed", False, None),
        ("install ok half-configured", True, "its installation is broken (install ok half-configured)"),
        ("install reinstreq half-installed", True, "its installation is broken (install reinstreq half-installed)"),
        ("install ok weird", True, "unknown state (install ok weird); taken as installed"),
        ("", False, "record without Status; taken as not installed"),
    ],
)
def test_states(status, present, problem):
    packages, problems = catalog({STATUS: f"Package: a\nStatus: {status}\nVersion: 1\n"})
    assert bool(packages) is present
    assert [p.reason for p in problems] == ([f"a: {problem}"] if problem else [])


def test_files_of_a_multi_arch_package():
    info = "var/lib/dpkg/info/"
    record = "Package: libc6\n{}Version: 1\nMulti-Arch: same\nArchitecture: {}\n\n"
    packages, problems = catalog(
        {
            STATUS: record.format(OK, "amd64") + record.format(OK, "i386"),
            info + "libc6:amd64.list": b"/.\n/lib64\n/lib64/ld.so\n",
            info + "libc6:i386.list": b"/lib/ld.so\n",
            info + "libc6:i386.postinst": b"#!/bin/sh\n",
        }
    )
    assert problems == []
    assert packages[0].files == ("lib64", "lib64/ld.so", info + "libc6:amd64.list")
    assert packages[1].files == ("lib/ld.so", info + "libc6:i386.list", info + "libc6:i386.postinst")


def test_a_diverted_file_keeps_its_owner():
    record = f"Package: {{}}\n{OK}Version: 1\n\n"
    packages, _ = catalog(
        {
            STATUS: record.format("dash") + record.format("bash"),
            "var/lib/dpkg/diversions": b"/bin/sh\n/bin/sh.distrib\ndash\n/bin/ls\n/bin/ls.mine\n:\n",
            "var/lib/dpkg/info/dash.list": b"/bin/sh\n/bin/ls\n",
            "var/lib/dpkg/info/bash.list": b"/bin/sh\n/bin/bash\n",
        }
    )
    assert packages[0].files[:2] == ("bin/sh", "bin/ls.mine")
    assert packages[1].files[:2] == ("bin/sh.distrib", "bin/bash")


def test_where_the_copyright_file_lies():
    package = one(f"Package: libgcc-s1\n{OK}Version: 1\n", OS)
    assert package.license_files == ("usr/share/doc/libgcc-s1/copyright",)


def test_distroless():
    base = "var/lib/dpkg/status.d/"
    packages, problems = catalog(
        {
            **OS,
            base + "libssl3": b"Package: libssl3\nVersion: 3.0\nArchitecture: arm64\nSource: openssl\n",
            base + "libssl3.md5sums": b"0123456789abcdef0123456789abcdef  usr/lib/libssl.so.3\nbad\n",
            base + "tzdata-2024.1": b"Package: tzdata\nVersion: 2024.1\n",
        }
    )
    assert [p.name for p in packages] == ["libssl3", "tzdata"]
    assert packages[0].files == ("usr/lib/libssl.so.3", base + "libssl3", base + "libssl3.md5sums")
    assert packages[1].files == (base + "tzdata-2024.1",)
    assert [str(p.location) for p in problems] == [f"image layer 0 {base}libssl3.md5sums:2"]


def test_the_checksums_belong_to_the_record_of_that_name():
    base = "var/lib/dpkg/status.d/"
    packages, _ = catalog(
        {
            base + "b": b"Package: a\nVersion: 1\n\nPackage: b\nVersion: 1\n",
            base + "b.md5sums": b"0123456789abcdef0123456789abcdef  x\n",
        }
    )
    assert [p.files for p in packages] == [(), ("x", base + "b", base + "b.md5sums")]


def test_broken_records_leave_the_rest():
    packages, problems = catalog(
        {
            STATUS: f"Package: a\n{OK}Version: 1\nrubbish\n\nVersion: 2\n{OK}\nPackage: b\n{OK}\nPackage: ../../c\n{OK}"
            f"Version: 1\nPackage: a\n{OK}Version: 1\n\nPackage: d\n{OK}Version: 1\n"
        }
    )
    assert [p.name for p in packages] == ["a", "../../c", "d"]
    assert [(p.location.line, p.reason) for p in problems] == [
        (4, "1 line(s) of this record are neither field nor continuation"),
        (6, "record without Package"),
        (9, "b: record without Version"),
        (12, "../../c: not a package name; its files are not looked up"),
        (15, "no blank line before this record"),
        (15, "a: a second record"),
    ]


def test_a_second_version_of_a_package_is_kept():
    packages, problems = catalog({STATUS: f"Package: a\n{OK}Version: 1\n\nPackage: a\n{OK}Version: 2\n"})
    assert [p.version for p in packages] == ["1", "2"]
    assert [p.reason for p in problems] == ["a: a second record"]


def test_an_interrupted_dpkg_is_reported():
    update = "var/lib/dpkg/updates/0001"
    _, problems = catalog({STATUS: "", update: b"Package: a\n", "var/lib/dpkg/updates/tmp.i": b"x"})
    assert [p.location.path for p in problems] == [update]


def test_a_linked_home_is_read_once():
    packages, _ = catalog(
        {
            "var/lib/dpkg": ("sym", "../../usr/share/dpkg/database"),
            "usr/share/dpkg/database/status": b"Package: a\nStatus: i o installed\nVersion: 1\n",
        }
    )
    assert [(p.name, p.location.path) for p in packages] == [("a", "usr/share/dpkg/database/status")]


def test_listed_paths():
    assert listed_paths(b"/.\n/usr\n/usr/b c\nrelative\n\n") == ("usr", "usr/b c", "relative")
    assert listed_paths(b"/caf\xc3\xa9\n/caf\xe9\n/a\\x41\n") == ("caf\xe9", "caf\\xe9", "a\\x5cx41")


def test_checksummed_paths():
    digest = b"0" * 32
    paths, faults = checksummed_paths(digest + b"  ./a\n" + digest + b"  /b c\n\nrubbish\nmore\n")
    assert (paths, [f.line for f in faults]) == (("a", "b c"), [4])


def test_incomplete_diversions_are_ignored():
    assert owned_paths(b"/a\n", b"/a\n/b\n", "x") == ("a",)


PIECES = st.sampled_from(
    [
        "Package: a\n",
        "Version: 1\n",
        "Status: install ok installed\n",
        "\n",
        " \n",
        "Source: x (",
        "Depends: (((,|,[\n",
        "\0",
        "\r\n",
        "é:",
        "Built-Using: = (= )\n",
    ]
)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_no_database_breaks_the_cataloger(text):
    packages, problems = catalog({STATUS: text, "var/lib/dpkg/status.d/a": text})
    assert all(result.location.path for result in (*packages, *problems))


@given(st.binary(max_size=200))
def test_no_bytes_break_a_companion_reader(data):
    for reader in (listed_paths, checksummed_paths):
        reader(data)
    owned_paths(data, data, "x")
