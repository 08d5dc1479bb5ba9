"""License evidence joins the packages it is about, wherever and in whatever layer it lies."""

from __future__ import annotations

from scanned import STATUS, inventory, owning, status

from sbomctl.model import LicenseKind, State

DEP5 = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
GPL = DEP5 + "Files: *\nCopyright: 1999 Ada\nLicense: GPL-2+\n"


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


def test_the_head_of_a_script_that_nobody_owns_is_evidence_of_the_image():
    found = inventory(
        {STATUS: status(a="1"), **owning("a", "opt/owned.py"), "opt/owned.py": "# SPDX-License-Identifier: ISC\n",
         "opt/tool.py": "#!/usr/bin/python3\n# SPDX-License-Identifier: MIT\nprint()\n", "opt/plain.sh": "#!/bin/sh\n"}
    )  # fmt: skip
    [finding] = found.licenses
    assert (finding.expression, finding.found_by) == ("MIT", "source-header")
    assert str(finding.location) == "image layer 0 opt/tool.py:2"
