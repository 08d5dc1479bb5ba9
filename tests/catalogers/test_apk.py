import re

import pytest
from conftest import tar_of, view_of
from hypothesis import given, settings
from hypothesis import strategies as st

from sbomctl.catalogers._apk_database import read_database
from sbomctl.catalogers.apk import ApkCataloger
from sbomctl.model import Package, Problem

DATABASE = "lib/apk/db/installed"
ALPINE = {"etc/os-release": "ID=alpine\nVERSION_ID=3.20.3\n"}
ZLIB = "P:zlib\nV:1.3.1-r1\nA:x86_64\nL:Zlib\no:zlib\nc:abc\nF:lib\nR:libz.so.1\n\n"


def catalog(database, others=ALPINE, path=DATABASE):
    view = view_of(tar_of({**others, path: database}), patterns=ApkCataloger.wants.paths)
    found = list(ApkCataloger().catalog(view))
    return [p for p in found if isinstance(p, Package)], [p for p in found if isinstance(p, Problem)]


def one(record, **kwargs):
    (package,), problems = catalog(record, **kwargs)
    assert problems == []
    return package


def test_every_letter_lands_where_it_belongs():
    package = one(
        "C:Q1x=\nP:libcrypto3\nV:3.3.2-r0\nA:x86_64\nS:1\nI:2\nT:Crypto library\nU:https://www.openssl.org/\n"
        "L:Apache-2.0\no:openssl\nm:Ariadne <a@example.org>\nt:1\nc:0123abcd\nD:so:libc.musl-x86_64.so.1\n"
        "p:so:libcrypto.so.3=3\nr:libressl\nq:1000\ni:[]\nk:100\nF:usr/lib\nM:0:0:755\nR:libcrypto.so.3\na:0:0:755\nZ:Q1=\n\n"
    )
    assert (package.name, package.version, package.architecture) == ("libcrypto3", "3.3.2-r0", "x86_64")
    assert package.purl == "pkg:apk/alpine/libcrypto3@3.3.2-r0?arch=x86_64&distro=alpine-3.20.3&upstream=openssl"
    assert (package.supplier, package.homepage) == ("Ariadne <a@example.org>", "https://www.openssl.org/")
    assert package.description == "Crypto library"
    assert package.files == ("usr/lib/libcrypto.so.3",)
    assert (package.location.path, package.location.line) == (DATABASE, 2)
    (finding,) = package.licenses
    assert (finding.raw, finding.location.line, finding.found_by) == ("Apache-2.0", 9, "apk")


def test_the_source_is_the_origin_at_the_commit_of_the_packaging_tree():
    source = one("P:ssl_client\nV:1.36.1-r29\no:busybox\nc:1747c01f\n\n").source
    assert (source.name, source.version, source.relation) == ("busybox", "1.36.1-r29", "source")
    assert source.purl == "pkg:generic/alpine/busybox@1.36.1-r29?commit=1747c01f"
    assert source.url == ""  # the database does not say where the tree is


def test_without_an_origin_no_source_is_guessed():
    assert one("P:local\nV:1-r0\n\n").source is None


def test_a_package_that_is_its_own_origin_has_no_upstream_in_its_purl():
    assert one(ZLIB).purl == "pkg:apk/alpine/zlib@1.3.1-r1?arch=x86_64&distro=alpine-3.20.3"


def test_constraints_pins_and_conflicts_are_no_part_of_a_capability():
    package = one(
        "P:a\nV:1\nD:b>=1 c<2 d~3 e=4 f@edge !g !h<1 so:libz.so.1 cmd:sh pc:zlib>=1 /bin/sh b\np:/bin/x so:l.so=1.2\n\n"
    )
    assert package.depends_on == ("b", "c", "d", "e", "f", "so:libz.so.1", "cmd:sh", "pc:zlib", "/bin/sh")
    assert package.provides == ("/bin/x", "so:l.so")


@pytest.mark.parametrize(
    ("files", "namespace", "distro"),
    [
        ({"etc/os-release": "ID=wolfi\nVERSION_ID=20230201\n"}, "wolfi/", "&distro=wolfi-20230201"),
        ({"etc/os-release": "ID=openwrt\n"}, "openwrt/", "&distro=openwrt"),
        ({"etc/alpine-release": "3.10.9\n"}, "alpine/", "&distro=alpine-3.10.9"),
        ({}, "", ""),
    ],
    ids=["wolfi", "openwrt", "alpine-release", "unknown"],
)  # fmt: skip
def test_the_namespace_is_the_distribution(files, namespace, distro):
    assert one(ZLIB, others=files).purl == f"pkg:apk/{namespace}zlib@1.3.1-r1?arch=x86_64{distro}"


def test_a_merged_usr_is_read_once():
    layer = tar_of({"lib": ("sym", "usr/lib"), **ALPINE, f"usr/{DATABASE}": ZLIB})
    (package,) = ApkCataloger().catalog(view_of(layer, patterns=ApkCataloger.wants.paths))
    assert package.location.path == f"usr/{DATABASE}"


def test_a_link_may_lead_to_any_directory():
    layer = tar_of({"lib/apk": ("sym", "../srv/state"), **ALPINE, "srv/state/db/installed": ZLIB})
    (package,) = ApkCataloger().catalog(view_of(layer, patterns=(*ApkCataloger.wants.paths, "srv/state/**/*")))
    assert (package.location.path, package.root) == ("srv/state/db/installed", "")


def test_a_database_in_usr_needs_no_link():
    assert one(ZLIB, path=f"usr/{DATABASE}").root == ""


def test_a_root_file_system_inside_the_image_is_another_place():
    others = {**ALPINE, "srv/box/etc/alpine-release": "3.18.0\n"}
    package = one(ZLIB, others=others, path=f"srv/box/{DATABASE}")
    assert package.root == "srv/box"
    assert package.files == ("srv/box/lib/libz.so.1",)
    assert package.purl == "pkg:apk/alpine/zlib@1.3.1-r1?arch=x86_64&distro=alpine"
    del others["srv/box/etc/alpine-release"]
    assert one(ZLIB, others=others, path=f"srv/box/{DATABASE}").purl == "pkg:apk/zlib@1.3.1-r1?arch=x86_64"


@pytest.mark.parametrize(
    ("database", "line", "reason"),
    [
        ("P:a\nA:x\n\n", 1, "has no version"),
        ("V:1\nF:d\nR:f\n\n", 1, "without a name .*1 files"),
        ("P:a b\nV:1\n\n", 1, "not a package name"),
        ("P:\nV:1\n\n", 1, "not a package name"),
        ("P:a\nV:1\ngarbage\n\n", 3, "not a field"),
        ("P:a\nV:1\nR:f\n\n", 3, "before any directory"),
        ("P:a\nV:1\nP:b\nV:2\n\n", 3, "second name"),
        ("P:a\nV:1\nL:MI", 3, "cut off"),
    ],
)
def test_what_cannot_be_read_is_a_problem_with_its_line(database, line, reason):
    _, (problem,) = catalog(database)
    assert problem.location.line == line
    assert re.search(reason, problem.reason)
    assert problem.found_by == "apk"


def test_a_fault_does_not_lose_the_packages_around_it():
    packages, problems = catalog("P:a\nV:1\n\nP:broken\n\n???\n\nP:b\nV:1\nP:c\nV:2\n\n")
    assert [p.name for p in packages] == ["a", "b", "c"]
    assert len(problems) == 3


def test_a_binary_file_is_some_problems_not_a_million():
    _, problems = catalog(b"\x00\xff\n" * 5000)
    assert len(problems) == 21
    assert "4980 more lines" in problems[-1].reason


def test_an_empty_database_holds_no_package_and_no_fault():
    assert catalog("") == ([], [])


def test_file_names_may_be_any_bytes():
    packages, _ = catalog(b"P:a\nV:1\nF:caf\xe9\nR:x\nF:\nR:at-root\n\n")
    assert packages[0].files == ("caf\\xe9/x", "at-root")


@settings(deadline=None)  # the first call imports packageurl
@given(
    st.binary()
    | st.lists(st.sampled_from([b"P:a", b"V:1", b"", b"R:x", b"F:", b"\xff", b"P:", b"o:\n", b"D:! =x"])).map(
        b"\n".join
    )
)
def test_arbitrary_bytes_raise_nothing(data):
    read_database(data)
    packages, problems = catalog(data)
    assert all(p.name and p.version and p.purl for p in packages)
    assert all(p.reason for p in problems)
