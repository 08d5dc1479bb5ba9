"""Which source files reach the binary package."""

from __future__ import annotations

import pytest

from sbomctl.licenses._reach import NAMES, excluded_by


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [
        ("debian/*", "debian-packaging"),
        ("./debian/*,", "debian-packaging"),
        ("debian", "debian-packaging"),
        ("debian/rules", "debian-packaging"),
        ("debian/po/de.po", "debian-packaging"),
        ("debian/tests/*", "debian-packaging"),
        ("m4/*", "build-system"),
        ("gl/m4/gnulib-comp.m4", "build-system"),
        ("*.m4", "build-system"),
        ("src/ax_pthread.m4", "build-system"),
        ("build-aux/*", "build-system"),
        ("config.guess", "build-system"),
        ("*config.sub", "build-system"),
        ("*/install-sh", "build-system"),
        ("missing", "build-system"),
        ("*/Makefile.in", "build-system"),
        ("Makefile*", "build-system"),
        ("aclocal.m4", "build-system"),
        ("cmake/FindFoo.cmake", "build-system"),
        ("tests/*", "tests"),
        ("src/tests/*.c", "tests"),
        ("*/testsuite/*", "tests"),
        ("t/*", "tests"),
        ("gnulib-tests/*", "tests"),
        ("doc/*", "documentation"),
        ("docs/", "documentation"),
        ("Documentation/*", "documentation"),
        ("foo.texi", "documentation"),
        ("INSTALL", "documentation"),
        ("examples/*", "examples"),
        ("lib/example/a.c", "examples"),
        ("rpm/*", "other-systems"),
        ("packaging/*", "other-systems"),
        ("win32/*", "other-systems"),
        ("contrib/foo.spec", "other-systems"),
    ],
)
def test_what_does_not_reach(pattern, rule):
    assert excluded_by([pattern], "foo") == rule


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "*.c",
        "*/*",
        "?",
        "src/*",
        "src/tests.c",
        "src/test.c",
        "src/test",
        "test*",
        "*tests/*",
        "debian/patches/*",  # changes what is compiled
        "debian/patches/fancy-feature",
        "debian/foo.init",  # installed
        "debian/manpages/foo.1",
        "debian/missing-sources/*",
        "debian*",
        "debianutils/*",
        "lib/*",
        "gl/*",  # gnulib that is linked
        "gnulib/lib/*",
        "lib/m4.c",
        "src/missing.c",
        "src/compile",
        "config.*",
        "man/*",  # installed beside the program
        "doc/foo.1",
        "doc/man/*",
        "po/*",  # translations are installed
        "contrib/*",  # contrib/minizip of zlib is a library
        "src/windows/*",  # those of a user interface
        "lib/Test/More.pm",
        r"\*",
        "",
    ],
)
def test_what_may_reach(pattern):
    assert excluded_by([pattern], "foo") == ""


@pytest.mark.parametrize(
    ("pattern", "package"),
    [
        ("doc/*", "foo-doc"),
        ("examples/*", "foo-examples"),
        ("tests/*", "foo-tests"),
        ("lib/autoconf/*.m4", "autoconf"),
        ("m4/*", "autoconf-archive"),
        ("src/foo.m4", "libfoo-dev"),
        ("cmake/FooConfig.cmake.in", "libfoo-dev"),
        ("twisted/test/*", "python3-twisted"),
        ("Lib/unittest/*", "libpython3.11-stdlib"),
        ("node_modules/foo/test/*", "node-foo"),
        ("lib/Foo/t/*", "libfoo-perl"),
        ("rpm/*", "librpm9"),
        ("win32/*", "gcc-mingw-w64"),
        ("packaging/*", "python3-packaging"),
        ("tests/*", "librust-foo-dev"),
        ("doc/*", "foo-dkms"),
    ],
)
def test_packages_that_ship_just_these_files(pattern, package):
    assert excluded_by([pattern], package) == ""
    assert excluded_by([pattern], "foo")


def test_the_root_of_a_package_of_modules_is_left_behind():
    assert excluded_by(["tests/*"], "python3-twisted") == "tests"
    assert excluded_by(["m4/ax_pthread.m4"], "libfoo-dev") == "build-system"


def test_one_pattern_that_reaches_is_enough():
    assert excluded_by(["debian/*", "tests/*", "src/a.c"], "foo") == ""
    assert excluded_by(["debian/*", "tests/*", "debian/rules"], "foo") == "debian-packaging, tests"
    assert excluded_by([], "foo") == ""


def test_every_name_is_one_of_the_rules():
    assert len(NAMES) == len(set(NAMES)) == 6
