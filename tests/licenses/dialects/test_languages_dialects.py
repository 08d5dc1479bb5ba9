"""License fields of language ecosystems."""

from __future__ import annotations

import pytest

from sbomctl.licenses.base import Context, Declared
from sbomctl.licenses.dialects import dialect


def declare(name, *stated):
    """Strings, or field and string."""
    strings = [Declared(one) if isinstance(one, str) else Declared(one[1], one[0]) for one in stated]
    return dialect(name).declare(strings, Context(("pkg",)))


def read(name, stated):
    (reading,) = declare(name, stated).readings
    return reading


EXPRESSION, LICENSE, CLASSIFIER = "License-Expression", "License", "Classifier"
MIT, BSD = "License :: OSI Approved :: MIT License", "License :: OSI Approved :: BSD License"


@pytest.mark.parametrize(
    ("stated", "expression"),
    [
        ([(EXPRESSION, "MIT OR Apache-2.0"), (LICENSE, "BSD"), (CLASSIFIER, BSD)], "Apache-2.0 OR MIT"),
        ([(LICENSE, "Apache License, Version 2.0"), (CLASSIFIER, MIT)], "Apache-2.0"),
        ([(LICENSE, "BSD"), (CLASSIFIER, BSD)], ""),
        ([(LICENSE, "LICENSE.txt"), (CLASSIFIER, MIT)], "MIT"),
        ([(LICENSE, "My own license"), (CLASSIFIER, MIT)], "MIT"),
        ([(LICENSE, "My own license")], "LicenseRef-pkg-My-own-license"),
        ([(LICENSE, "GPL"), (CLASSIFIER, "License :: OSI Approved :: GNU General Public License v3 (GPLv3)")],
         "GPL-3.0-only"),
        ([MIT, "License :: OSI Approved :: Apache Software License"], "LicenseRef-pkg-Apache-Software-License AND MIT"),
        ([MIT, "License :: OSI Approved"], "MIT"),
        ([(LICENSE, "MIT License\n\nCopyright (c) me\n\nPermission is hereby granted")], "MIT"),
        ([(LICENSE, "Copyright (c) me\nPermission is hereby granted")], ""),
        ([(LICENSE, "MIT\nBSD")], "MIT"),
        ([(LICENSE, "UNKNOWN")], ""),
        ([(LICENSE, "BSD-2-Clause or Apache-2.0")], "Apache-2.0 OR BSD-2-Clause"),
        ([(LICENSE, "LGPL with exceptions")], ""),
        ([], ""),
    ],
)  # fmt: skip
def test_python(stated, expression):
    assert declare("python", *stated).expression == expression


def test_a_version_without_more_is_open_in_free_text_but_not_in_a_classifier():
    assert read("python", (LICENSE, "GPLv3")).candidates == ("GPL-3.0-only", "GPL-3.0-or-later")
    assert read("python", "License :: OSI Approved :: GNU General Public License v3 (GPLv3)").candidates == ()


def test_several_classifiers_are_remarked():
    readings = declare("python", MIT, "License :: OSI Approved :: zlib/libpng License").readings
    assert all("one of several" in one.remark for one in readings)


@pytest.mark.parametrize(
    ("stated", "expression"),
    [
        (["MIT"], "MIT"),
        (["(MIT OR Apache-2.0)"], "Apache-2.0 OR MIT"),
        (["MIT", "Apache-2.0"], "Apache-2.0 OR MIT"),
        ([("license", "ISC"), ("licenses", "MIT")], "ISC"),
        ([("licenses", "MIT"), ("licenses", "GPL-2.0")], "GPL-2.0-only OR MIT"),
        (["SEE LICENSE IN LICENSE.md"], ""),
        (["UNLICENSED"], "LicenseRef-npm-UNLICENSED"),
        (["Unlicense"], "Unlicense"),
        (["BSD"], ""),
        (["Apache 2"], "Apache-2.0"),
        (["http://opensource.org/licenses/MIT"], "MIT"),
        (["MIT/Apache-2.0"], "Apache-2.0 OR MIT"),
        (["MIT", "BSD"], "LicenseRef-pkg-BSD OR MIT"),
    ],
)
def test_npm(stated, expression):
    assert declare("npm", *stated).expression == expression


def test_the_file_of_an_npm_license_is_named():
    assert "LICENSE.md" in read("npm", "SEE LICENSE IN LICENSE.md").remark


def test_a_slash_without_a_meaning_is_open():
    assert read("npm", "MIT/Apache-2.0").candidates == ("Apache-2.0 AND MIT", "Apache-2.0 OR MIT")
    assert read("python", "MIT/X11").candidates == ("MIT", "X11")
    assert read("npm", "own/private").expression == "LicenseRef-pkg-own-private"


@pytest.mark.parametrize(
    ("name", "stated", "expression"),
    [
        ("cargo", ["MIT/Apache-2.0"], "Apache-2.0 OR MIT"),
        ("cargo", ["MIT OR Apache-2.0 WITH LLVM-exception"], "Apache-2.0 WITH LLVM-exception OR MIT"),
        ("cargo", [("license-file", "LICENSE")], ""),
        ("composer", ["LGPL-2.1-only", "GPL-3.0-or-later"], "GPL-3.0-or-later OR LGPL-2.1-only"),
        ("composer", ["(LGPL-2.1-only or GPL-3.0-or-later)"], "GPL-3.0-or-later OR LGPL-2.1-only"),
        ("composer", ["proprietary"], "LicenseRef-proprietary"),
        ("maven", ["The Apache Software License, Version 2.0", "EPL 1.0"], "Apache-2.0 AND EPL-1.0"),
        ("maven", ["Eclipse Public License - v 2.0"], "EPL-2.0"),
        ("maven", [("name", "BSD"), ("url", "https://opensource.org/licenses/BSD-3-Clause")], "BSD-3-Clause"),
        ("maven", [("name", "MIT License"), ("url", "http://www.example.org/license")], "MIT"),
        ("maven", [("url", "https://www.apache.org/licenses/LICENSE-2.0.txt")], "Apache-2.0"),
        ("maven", ["https://creativecommons.org/publicdomain/zero/1.0/"], "CC0-1.0"),
        ("maven", ["http://creativecommons.org/licenses/by-sa/3.0/"], "CC-BY-SA-3.0"),
        ("maven", ["https://spdx.org/licenses/MIT.html"], "MIT"),
        ("maven", ["GNU Lesser General Public License (LGPL), version 2.1 or later"], "LGPL-2.1-or-later"),
        ("maven", ["GNU General Public License, version 2 with the GNU Classpath Exception"], ""),
        ("spdx", ["MIT AND (ISC OR Zlib)"], "(ISC OR Zlib) AND MIT"),
        ("spdx", ["MIT", "ISC"], "ISC AND MIT"),
        ("spdx", ["MIT OR X11"], "MIT OR X11"),
        ("maven", ["MIT or X11"], "MIT OR X11"),
        ("spdx", ["MIT AND Artistic-2.0 AND GPL-1.0-or-later"], "Artistic-2.0 AND GPL-1.0-or-later AND MIT"),
        ("spdx", ["NOASSERTION"], ""),
        ("spdx", ["NONE"], ""),
        ("spdx", ["MIT AND NOASSERTION"], ""),
        ("spdx", [""], ""),
    ],
)
def test_others(name, stated, expression):
    assert declare(name, *stated).expression == expression


def test_none_and_no_assertion_are_told_apart():
    assert read("spdx", "NONE").remark == "it says that there is no license"
    assert read("spdx", "NOASSERTION").remark == "it says that nothing is asserted"
