"""Short names of debian/copyright."""

from __future__ import annotations

import pytest

from sbomctl.licenses.base import Context, Declared
from sbomctl.licenses.dialects.debian import DebianDialect


def read(raw):
    (reading,) = DebianDialect().declare([Declared(raw)], Context(("debian", "src"))).readings
    return reading


@pytest.mark.parametrize(
    ("raw", "expression"),
    [
        ("GPL-2+", "GPL-2.0-or-later"),
        ("gpl-2.0", "GPL-2.0-only"),
        ("LGPL-2", "LGPL-2.0-only"),
        ("Expat", "MIT"),
        ("Perl", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
        ("GPL-1+ or Artistic", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
        ("GFDL-NIV-1.2+", "GFDL-1.2-no-invariants-or-later"),
        ("GFDL-1.3", "GFDL-1.3-only"),
        ("Apache-2", "Apache-2.0"),
        ("CC0", "CC0-1.0"),
        ("public-domain", "LicenseRef-public-domain"),
        ("GPL-2+ and/or Expat", "GPL-2.0-or-later OR MIT"),
        ("GPL-2+ or Expat, and BSD-3-clause", "BSD-3-Clause AND (GPL-2.0-or-later OR MIT)"),
        ("GPL-2+ or Expat and BSD-3-clause", "(BSD-3-Clause AND MIT) OR GPL-2.0-or-later"),
        ("GPL-2+, BSD-3-clause and Expat", "BSD-3-Clause AND GPL-2.0-or-later AND MIT"),
        ("GPL-2+, BSD-3-clause or Expat", "BSD-3-Clause OR GPL-2.0-or-later OR MIT"),
        ("GPL-2+ | Expat", "GPL-2.0-or-later OR MIT"),
        ("GPL-3+ with Bison exception", "GPL-3.0-or-later WITH Bison-exception-2.2"),
        ("GPL-3 with GCC exception", "GPL-3.0-only WITH GCC-exception-3.1"),
        ("GPL-2 with Linux-syscall-note", "GPL-2.0-only WITH Linux-syscall-note"),
        ("BSD-3-clause-pcre", "LicenseRef-debian-src-BSD-3-clause-pcre"),
        ("permissive", "LicenseRef-debian-src-permissive"),
        ("other and Expat", "LicenseRef-debian-src-other AND MIT"),
    ],
)
def test_names(raw, expression):
    assert read(raw).expression == expression


def test_what_a_name_leaves_open_is_said():
    for raw in ("GPL", "LGPL", "MIT", "Artistic", "Apache", "GFDL", "BSL", "Zope", "BSD", "Python"):
        reading = read(raw)
        assert len(reading.candidates) > 1, raw
        assert reading.remark, raw
    assert read("GPL").expression == "GPL-1.0-only"
    assert read("BSL").expression == "BSL-1.0"


def test_an_exception_that_has_no_identifier_keeps_its_license():
    reading = read("GPL-2+ with OpenSSL exception and Expat")
    assert reading.expression == "GPL-2.0-or-later WITH AdditionRef-debian-src-OpenSSL-exception AND MIT"
    assert "GPL-2.0-or-later WITH x11vnc-openssl-exception AND MIT" in reading.candidates


def test_an_open_name_does_not_take_the_others_along():
    reading = read("Apache and GPL-3+")
    assert reading.expression == "GPL-3.0-or-later AND LicenseRef-debian-src-Apache"
    assert "Apache-2.0 AND GPL-3.0-or-later" in reading.candidates
