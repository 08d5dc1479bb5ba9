"""License fields of distributions and build systems."""

from __future__ import annotations

import pytest

from sbomctl.licenses.base import Context, Declared
from sbomctl.licenses.dialects import dialect
from sbomctl.model import OsRelease


def declare(name, *raws, os=None):
    return dialect(name).declare([Declared(raw) for raw in raws], Context(("pkg",), os))


def read(name, raw, os=None):
    (reading,) = declare(name, raw, os=os).readings
    return reading


FEDORA_37, FEDORA_38 = OsRelease("fedora", "37"), OsRelease("fedora", "38")
RHEL_9, RHEL_10 = OsRelease("rhel", "9.4"), OsRelease("centos", "10")


@pytest.mark.parametrize(
    ("raw", "expression"),
    [
        ("GPLv2+ and ASL 2.0", "Apache-2.0 AND GPL-2.0-or-later"),
        ("GPL+ or Artistic", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
        ("(GPL+ or Artistic) and ISC", "(Artistic-1.0-Perl OR GPL-1.0-or-later) AND ISC"),
        ("LGPLv3+", "LGPL-3.0-or-later"),
        ("GPLv2", "GPL-2.0-only"),
        ("MPLv2.0", "MPL-2.0"),
        ("Boost", "BSL-1.0"),
        ("MPLv1.1 or LGPLv3+", "LGPL-3.0-or-later OR MPL-1.1"),
        ("Public Domain", "LicenseRef-public-domain"),
        ("pubkey", "LicenseRef-fedora-pubkey"),
        ("GPLv3+ with exceptions", "GPL-3.0-or-later WITH AdditionRef-fedora-exceptions"),
        ("BSD and GPLv2+", "GPL-2.0-or-later AND LicenseRef-fedora-BSD"),
        ("MIT AND BSD-3-Clause", "BSD-3-Clause AND MIT"),
        ("GPL-2.0-or-later and MIT", "GPL-2.0-or-later AND MIT"),
        ("LicenseRef-Fedora-Public-Domain", "LicenseRef-Fedora-Public-Domain"),
        ("Apache-2.0 WITH LLVM-exception OR NCSA", "Apache-2.0 WITH LLVM-exception OR NCSA"),
    ],
)
def test_fedora(raw, expression):
    assert read("fedora", raw).expression == expression


@pytest.mark.parametrize("raw", ["BSD", "MIT", "LGPLv2+", "LGPLv2", "BSD with advertising", "GFDL", "AFL", "CC-BY-SA"])
def test_names_of_fedora_that_stand_for_several_licenses(raw):
    reading = read("fedora", raw, RHEL_9)
    assert reading.expression == ""
    assert len(reading.candidates) > 1


@pytest.mark.parametrize(
    ("os", "spdx"), [(FEDORA_37, False), (FEDORA_38, True), (RHEL_9, False), (RHEL_10, True), (None, False),
                     (OsRelease("amzn", "2023"), False), (OsRelease("fedora", "rawhide"), False)]
)  # fmt: skip
def test_the_release_decides_what_could_be_either(os, spdx):
    reading = read("fedora", "MIT", os)
    assert (reading.expression == "MIT") is spdx
    assert bool(reading.candidates) is not spdx
    assert read("fedora", "GPLv2+ and MIT", FEDORA_38).candidates  # an old tag in a new release
    assert read("fedora", "MIT AND ISC", FEDORA_37).expression == "ISC AND MIT"


@pytest.mark.parametrize(
    ("raw", "expression"),
    [
        ("MIT AND (GPL-2.0-or-later OR LGPL-2.1-or-later)", "(GPL-2.0-or-later OR LGPL-2.1-or-later) AND MIT"),
        ("GPL-2.0+ ; LGPL-3.0", "GPL-2.0-or-later AND LGPL-3.0-only"),
        ("SUSE-Public-Domain", "LicenseRef-public-domain"),
        ("SUSE-Firmware", "LicenseRef-SUSE-Firmware"),
        ("SUSE-MPL-1.1+ or SUSE-Gitslave", "LicenseRef-SUSE-Gitslave OR MPL-1.1+"),
        ("SUSE-GPL-2.0-with-openssl-exception", "GPL-2.0-only WITH AdditionRef-SUSE-openssl-exception"),
        ("Foo", "LicenseRef-pkg-Foo"),
    ],
)
def test_suse(raw, expression):
    assert read("suse", raw).expression == expression


@pytest.mark.parametrize(
    ("raw", "expression"),
    [
        ("MIT", "MIT"),
        ("MIT BSD-2-Clause GPL-2.0-or-later", "BSD-2-Clause AND GPL-2.0-or-later AND MIT"),
        ("GPL-2.0-only WITH Linux-syscall-note MIT", "GPL-2.0-only WITH Linux-syscall-note AND MIT"),
        ("(MIT OR ISC) Zlib", "(ISC OR MIT) AND Zlib"),
        ("GPL2+", "GPL-2.0-or-later"),
        ("custom", "LicenseRef-pkg-custom"),
        ("custom:XFREE86", "LicenseRef-pkg-custom-XFREE86"),
        ("Public-Domain", "LicenseRef-public-domain"),
        ("MIT GPL-2.0", "LicenseRef-pkg-GPL-2.0 AND MIT"),
        ("GPL-2.0-or-later AND", ""),
    ],
)
def test_alpine(raw, expression):
    assert read("alpine", raw).expression == expression


@pytest.mark.parametrize("raw", ["GPL-2.0", "GPL2", "gplv2"])
def test_alpine_left_later_versions_open(raw):
    assert read("alpine", raw).candidates == ("GPL-2.0-only", "GPL-2.0-or-later")
    assert read("alpine", raw).expression == ""


def test_the_other_licenses_of_an_open_one_stay_known():
    assert read("alpine", "MIT GPL-2.0").candidates == ("GPL-2.0-only AND MIT", "GPL-2.0-or-later AND MIT")


@pytest.mark.parametrize(
    ("raw", "expression"),
    [
        ("GPLv2 & LGPLv2.1+ & MIT", "GPL-2.0-only AND LGPL-2.1-or-later AND MIT"),
        ("(GPLv2+ | LGPLv3) & GPLv3+", "(GPL-2.0-or-later OR LGPL-3.0-only) AND GPL-3.0-or-later"),
        ("LGPLv2+", "LGPL-2.0-or-later"),
        ("GPLv2&bzip2-1.0.4", "GPL-2.0-only AND LicenseRef-bzip2-1.0.4"),
        ("Firmware-imx-hdmi", "LicenseRef-Firmware-imx-hdmi"),
        ("CLOSED", "LicenseRef-CLOSED"),
        ("Proprietary", "LicenseRef-proprietary"),
        ("INVALID", ""),
        ("Unknown", ""),
        ("GPL-3.0-with-GCC-exception & GPLv3", "GPL-3.0-only AND GPL-3.0-only WITH GCC-exception-3.1"),
        ("PD & MIT-style", "LicenseRef-public-domain AND MIT"),
        ("MIT AND Apache-2.0-with-LLVM-exception", "Apache-2.0 WITH LLVM-exception AND MIT"),
    ],
)
def test_yocto(raw, expression):
    assert read("yocto", raw).expression == expression


@pytest.mark.parametrize(
    ("raw", "expression"),
    [
        ("LGPL-2.1+ (library), GPL-2.0+ (tools)", "GPL-2.0-or-later AND LGPL-2.1-or-later"),
        ("Artistic or GPL-1.0+ (perl module), MIT", "(Artistic-1.0-Perl OR GPL-1.0-or-later) AND MIT"),
        ("GPL-2.0+ or LGPL-3.0, GPL-3.0 with exception(tools), GFDL-1.3 (docs)",
         "GFDL-1.3-only AND (GPL-2.0-or-later OR LGPL-3.0-only) AND GPL-3.0-only WITH AdditionRef-pkg-exception"),
        ("PROPRIETARY", "LicenseRef-proprietary"),
        ("Apache-2.0 with exceptions", "Apache-2.0 WITH AdditionRef-pkg-exceptions"),
        ("MIT with advertising clause", "MIT-advertising"),
        ("Bigelow & Holmes License (no modification)", "LicenseRef-pkg-Bigelow-Holmes-License"),
        ("bzip2-1.0.5", "bzip2-1.0.6"),
    ],
)  # fmt: skip
def test_buildroot(raw, expression):
    assert read("buildroot", raw).expression == expression


def test_what_a_part_of_the_list_is_for_is_kept():
    remark = read("buildroot", "LGPL-2.1+ (library), GPL-2.0+ (tools)").remark
    assert remark == "LGPL-2.1+ is for: library; GPL-2.0+ is for: tools"


@pytest.mark.parametrize(
    ("raw", "expression"),
    [
        ("GPL-2.0-or-later BSD-3-Clause", "BSD-3-Clause AND GPL-2.0-or-later"),
        ("GPL-2.0", "GPL-2.0-only"),
        ("GPL-3.0-with-GCC-exception", "GPL-3.0-only WITH GCC-exception-3.1"),
        ("PUBLICDOMAIN", "LicenseRef-public-domain"),
    ],
)
def test_openwrt(raw, expression):
    assert read("openwrt", raw).expression == expression


def test_several_strings_hold_together():
    assert declare("debian", "GPL-2+", "Apache", "Expat").expression == (
        "GPL-2.0-or-later AND LicenseRef-pkg-Apache AND MIT"
    )
    assert declare("debian", "Apache", "Zope").expression == ""
    assert declare("debian").expression == ""


@pytest.mark.parametrize(
    ("raw", "count"), [("GPL", 2), ("GPL v2", 2), ("Dual BSD/GPL", 4), ("Dual MIT/GPL", 2), ("Dual MPL/GPL", 4)]
)
def test_kernel_modules_do_not_tell_the_version(raw, count):
    reading = read("kernel", raw)
    assert reading.expression == ""
    assert len(reading.candidates) == count


def test_proprietary_kernel_modules():
    assert read("kernel", "Proprietary").expression == "LicenseRef-proprietary"
