"""License evidence joins the packages it is about, wherever and in whatever layer it lies."""

from __future__ import annotations

import json

from scanned import STATUS, inventory, owning, status

from sbomctl.model import LicenseKind, State

DEP5 = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
GPL = DEP5 + "Files: *\nCopyright: 1999 Ada\nLicense: GPL-2+\n"
MIT = """\
MIT License

Copyright (c) 2020 Grace

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


def packages(found) -> dict:
    return {one.name: one for one in found.packages}


def doc(name: str) -> str:
    return f"usr/share/doc/{name}/copyright"


def test_a_copyright_file_declares():
    found = inventory({STATUS: status(a="1"), doc("a"): GPL})
    [package] = found.packages
    [finding] = package.licenses
    assert (finding.raw, finding.expression, finding.kind) == ("GPL-2+", "GPL-2.0-or-later", LicenseKind.DECLARED)
    assert (str(finding.location), finding.found_by) == (f"image layer 0 {doc('a')}:5", "debian-copyright")
    assert package.declared == "GPL-2.0-or-later"
    assert [(line.text, line.location.line) for line in package.copyrights] == [("1999 Ada", 4)]


def test_a_linked_documentation_directory_is_followed_to_where_its_text_lies():
    found = inventory({STATUS: status(a="1", b="1"), doc("a"): GPL, "usr/share/doc/b": ("sym", "a")})
    [finding] = packages(found)["b"].licenses
    assert finding.location.path == doc("a")
    assert not found.licenses, "what belongs to a package is not counted as nobody's"


def test_a_link_to_a_place_that_no_pattern_names_is_followed_too():
    found = inventory({STATUS: status(a="1"), "opt/notices/a.txt": GPL, doc("a"): ("sym", "/opt/notices/a.txt")})
    assert [one.location.path for one in packages(found)["a"].licenses] == ["opt/notices/a.txt"]


def test_a_loop_of_links_says_nothing_and_hangs_nothing():
    found = inventory({STATUS: status(a="1"), doc("a"): ("sym", "copyright")})
    assert packages(found)["a"].licenses == ()


def test_slimming_the_documentation_keeps_the_license():
    found = inventory({STATUS: status(a="1"), doc("a"): GPL}, {"usr/share/.wh.doc": ""})
    [finding] = found.packages[0].licenses
    assert (finding.raw, finding.location.layer) == ("GPL-2+", 0)


def test_a_hidden_package_has_the_license_of_its_own_layer():
    found = inventory(
        {STATUS: status(a="1"), doc("a"): GPL},
        {STATUS: status(a="2"), doc("a"): GPL.replace("GPL-2+", "Zlib")},
    )
    assert {one.version: (one.declared, one.state) for one in found.packages} == {
        "1": ("GPL-2.0-or-later", State.SHADOWED),
        "2": ("Zlib", State.VISIBLE),
    }


def test_license_files_among_the_files_of_a_package_are_detected():
    found = inventory({STATUS: status(a="1"), **owning("a", "opt/a/LICENSE"), "opt/a/LICENSE": MIT})
    [package] = found.packages
    assert (package.declared, package.detected) == ("", "MIT")
    [text] = package.texts
    assert (text.role, found.license_texts[text.sha256]) == ("license", MIT)
    assert [line.text for line in package.copyrights] == ["Copyright (c) 2020 Grace"]


def test_the_innermost_directory_decides_whose_file_it_is():
    manifest = {"version": "1", "license": "ISC"}
    files = {
        "app/node_modules/a/package.json": json.dumps(manifest | {"name": "a"}),
        "app/node_modules/a/node_modules/b/package.json": json.dumps(manifest | {"name": "b"}),
        "app/node_modules/a/node_modules/b/LICENSE": MIT,
    }
    found = packages(inventory(files))
    assert (found["a"].detected, found["b"].detected) == ("", "MIT")
    assert (found["a"].declared, found["b"].declared) == ("ISC", "ISC")


def test_a_license_file_that_belongs_to_nobody_is_evidence_of_the_image():
    found = inventory({STATUS: status(a="1"), "opt/tool/LICENSE": MIT})
    assert [(one.expression, one.location.path) for one in found.licenses] == [("MIT", "opt/tool/LICENSE")]


def test_texts_that_a_distribution_collects_are_nobodys_license():
    collection = "usr/share/common-licenses/MIT"
    found = inventory({STATUS: status(base="1"), **owning("base", collection), collection: MIT})
    [package] = found.packages
    assert package.detected == ""
    assert all(one.excluded_by for one in package.licenses)


def test_the_texts_of_a_yocto_recipe_are_those_of_its_packages():
    record = (
        "Package: libz1\nVersion: 1\nStatus: install ok installed\nArchitecture: x\nLicense: Zlib\nSource: zlib_1.bb\n"
    )
    found = inventory(
        {"var/lib/opkg/status": record, "usr/share/common-licenses/zlib/LICENSE": MIT, "etc/os-release": "ID=poky\n"}
    )
    [package] = found.packages
    assert (package.declared, package.detected) == ("Zlib", "MIT")


def test_an_empty_or_binary_license_file_is_recorded_and_breaks_nothing():
    found = inventory({STATUS: status(a="1"), doc("a"): "", "opt/x/LICENSE": b"\x7fELF\0\0\1" * 100})
    assert packages(found)["a"].declared == ""
    assert any(problem.location.path == "opt/x/LICENSE" for problem in found.problems)


def test_the_head_of_a_script_that_nobody_owns_is_evidence_of_the_image():
    found = inventory(
        {STATUS: status(a="1"), **owning("a", "opt/owned.py"), "opt/owned.py": "# SPDX-License-Identifier: ISC\n",
         "opt/tool.py": "#!/usr/bin/python3\n# SPDX-License-Identifier: MIT\nprint()\n", "opt/plain.sh": "#!/bin/sh\n"}
    )  # fmt: skip
    [finding] = found.licenses
    assert (finding.expression, finding.found_by) == ("MIT", "source-header")
    assert str(finding.location) == "image layer 0 opt/tool.py:2"


def test_what_a_paragraph_reaches_depends_on_the_package_though_the_file_is_the_same():
    both = GPL + "\nFiles: doc/*\nCopyright: 2000 Grace\nLicense: GFDL-1.3\n"
    found = packages(inventory({STATUS: status(a="1", **{"a-doc": "1"}), doc("a"): both, doc("a-doc"): both}))
    assert found["a"].declared == "GPL-2.0-or-later"
    assert "GFDL" in found["a-doc"].declared
