"""Our readings against the tables of others, which are read here only; every disagreement is explained.

Where a table has one answer and ours leaves the name open with that answer among the candidates, both
agree on what is possible.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter

import pytest
import yaml
from conftest import shared

from sbomctl.licenses.base import Context, Declared
from sbomctl.licenses.dialects import dialect
from sbomctl.licenses.expression import InvalidExpression, canonical

SAME, OPEN, UNKNOWN, NOTHING, DIFFERS = "same", "open", "unknown", "nothing", "differs"


def spelled(target):
    try:
        return canonical(target)
    except InvalidExpression:
        return f"invalid: {target}"


def read(name, text, field=""):
    (reading,) = dialect(name).declare([Declared(text, field)], Context(("pkg",))).readings
    return reading


def verdict(reading, targets):
    if reading.expression in targets and not reading.candidates:
        return SAME
    if reading.candidates and targets & {*reading.candidates, reading.expression}:
        return OPEN
    if not reading.expression and not reading.candidates:
        return NOTHING
    return UNKNOWN if "Ref-" in reading.expression else DIFFERS


def compared(name, pairs, field=""):
    """How often each verdict was given, and the aliases that differ with what they are to us."""
    counted, different = Counter(), {}
    for alias, targets in pairs:
        valid = {spelled(target) for target in targets if target}
        if valid:
            reading = read(name, alias, field)
            found = verdict(reading, valid)
            counted[found] += 1
            if found == DIFFERS:
                different[alias] = reading.expression or " | ".join(reading.candidates)
    return counted, different


def rows(path, delimiter=","):
    with shared(f"licenses/{path}").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def test_debian_short_names():
    counted, different = compared(
        "debian", [(r["dep5_short_name"], [r["spdx"]]) for r in rows("debian/dep5-to-spdx.csv")]
    )
    assert different == {}
    assert counted[SAME] >= 106
    assert counted[UNKNOWN] == 8  # public-domain and words like "other", which its table leaves to the package


def test_classifiers():
    for row in rows("python/trove-to-spdx.csv"):
        reading = read("python", row["classifier"], "Classifier")
        if row["spdx"]:
            assert reading.expression == canonical(row["spdx"]), row
        elif row["confidence"] == "ambiguous":
            assert reading.expression == "", row
            assert len(reading.candidates) > 1, row
        else:  # "Public Domain" and what names nothing
            assert reading.expression in ("", "LicenseRef-public-domain"), row


def test_yocto_map():
    pairs = [(row["yocto"], [row["spdx"]]) for row in rows("yocto/spdxlicensemap.csv")]
    counted, _ = compared("yocto", pairs)
    assert counted == {SAME: 78}


def test_yocto_generic_licenses():
    names = shared("licenses/yocto/common-licenses-names.txt").read_text(encoding="utf-8").split()
    unknown = [name for name in names if "Ref-" in read("yocto", name).expression]
    assert len(unknown) * 9 < len(names)
    # Exceptions are no licenses, whatever Yocto ships their texts as.
    assert [one for one in unknown if "exception" not in one.lower()] == [
        "GPL-CC-1.0", "LLGPL", "Linux-syscall-note", "PD", "ParaTypeFFL-1.3", "Proprietary", "RecipetoolTransient",
        "SHL-2.0", "SHL-2.1",
    ]  # fmt: skip


def test_fedora_before_spdx():
    table = rows("rpm/fedora-callaway-to-spdx.csv")
    pairs = [(row["callaway"], re.split(r"\s*[|;]\s*", row["spdx_candidates"])) for row in table]
    counted, different = compared("fedora", pairs)
    assert different == {
        # theirs has one rare variant only (NRL) for a name that stands for the family
        "BSD with advertising": "BSD-4-Clause | BSD-4-Clause-UC",
        # theirs has no mapping but a remark
        "GPLv2+ or Artistic": "Artistic-1.0-Perl OR GPL-2.0-or-later",
        "radvd": "radvd",
    }
    assert counted[SAME] + counted[OPEN] > 0.9 * counted.total()
    for row in table:
        if int(row["n_candidates"]) > 2 and row["callaway"] in ("MIT", "BSD", "GFDL", "CC-BY", "CC-BY-SA"):
            assert len(read("fedora", row["callaway"]).candidates) > 2


def test_suse():
    lines = shared("licenses/rpm/opensuse-licenses_changes.tsv").read_text(encoding="utf-8").splitlines()[1:]
    pairs = [(old, [new]) for new, old in (line.split("\t")[:2] for line in lines if "\t" in line)]
    counted, different = compared("suse", pairs)
    assert different == {
        "Perl License": "Artistic-1.0-Perl OR GPL-1.0-or-later",  # the text of Perl is not that of Artistic-1.0
        "GPL-2.0+ or Ruby": "GPL-2.0-or-later OR Ruby",  # theirs drops a branch
        "GPLv2+ or Ruby": "GPL-2.0-or-later OR Ruby",
        "GPL-2.0-with-FLOSS-exception": "GPL-2.0-only WITH Universal-FOSS-exception-1.0",  # listed since
        "GPL-3.0-with-font-exception": "GPL-3.0-only WITH Font-exception-2.0",  # its text fits version 3 too
        "Gnuplot": "gnuplot",  # the rest is on the list since
        "SUSE-Gnuplot+": "gnuplot+",
        "SUSE-Copyleft-Next-0.3.0+": "copyleft-next-0.3.0+",
        "SUSE-Ubuntu-Font-License-1.0+": "Ubuntu-font-1.0+",
    }
    assert counted[SAME] + counted[OPEN] > 0.8 * counted.total()


def test_maven_names():
    table = json.loads(shared("licenses/maven/cyclonedx-license-mapping.json").read_text(encoding="utf-8"))
    counted, different = compared("maven", [(name, [row["exp"]]) for row in table for name in row.get("names", ())])
    assert list(different) == [
        "The GNU General Public License, v2 with Universal FOSS Exception, v1.0",  # theirs loses the exception
    ]
    assert counted[SAME] + counted[OPEN] > 0.9 * counted.total()


@pytest.mark.parametrize(
    ("file", "name", "explained"),
    [
        ("simple-license-mapping", "spdx", {}),
        ("deprecated-license-mapping", "spdx", {}),
        (
            "declared-license-mapping",
            "maven",
            {
                "bsd 4-clause",  # theirs is BSD-3-Clause, an error
                "Apache License, V2 or later",  # theirs drops "or later"
                "Apache License, V2.0 or later",
                "CDDL+GPLv2",  # theirs has no exception; both versions of CDDL were offered with it
                "MIT/X11",  # theirs makes a choice of two that the name confuses
                "Zlib / Libpng License",  # OSI's name for Zlib; the other text has an acknowledgement
                "Zlib/Libpng License",
            },
        ),
    ],
)
def test_ort(file, name, explained):
    table = yaml.safe_load(shared(f"licenses/ort/{file}.yml").read_text(encoding="utf-8"))
    counted, different = compared(name, [(str(alias), [target]) for alias, target in table.items()])
    assert set(different) == set(explained)
    assert counted[SAME] + counted[OPEN] > 0.7 * counted.total()


OSI = "License :: OSI Approved ::"
DECIDED = {
    "mit": "an identifier of the list; in Fedora's old language it is open",
    "afl-2": "the version that it names; one table confuses it with Artistic",
    "artistic-1.0": "an identifier of the list; in Debian it is that of Perl",
    "lgplv2.0+": "2.0 is said in full",
    "mplv1.0": "the version that it names; one table confuses it with FreeImage",
    "mplv1.1": "the version that it names; one table confuses it with CUA-OPL",
    "psf-2.0": "an identifier of the list",
    "psf2": "the version that it names",
    "psfv2": "the version that it names",
    "radvd": "an identifier of the list by now",
    "w3c": "an identifier of the list; in Debian and Fedora it is open",
    "zlib/libpng license": "OSI's name for Zlib",
}


def test_what_tables_disagree_on_is_open_or_decided_with_a_reason():
    silent = set()
    for row in rows("aliases/conflicts.csv"):
        reading = read("spdx", row["alias_lower"])
        if reading.expression and "Ref-" not in reading.expression and not reading.candidates:
            silent.add(row["alias_lower"])
    assert silent == set(DECIDED)
    assert all(read("debian", one).candidates for one in ("artistic-1.0", "w3c", "mit"))


@pytest.mark.parametrize(
    ("name", "text", "expression", "wrong"),
    [
        ("npm", "UNLICENSED", "LicenseRef-npm-UNLICENSED", "Unlicense (ORT)"),
        ("spdx", "UNLICENSED", "LicenseRef-pkg-UNLICENSED", "Unlicense (ORT)"),
        ("maven", "BSD 4-Clause", "BSD-4-Clause", "BSD-3-Clause (ORT)"),
        ("python", f"{OSI} Eclipse Public License 2.0 (EPL-2.0)", "EPL-2.0", "EPL-1.0 (cyclonedx-py)"),
        ("python", f"{OSI} Mulan Permissive Software License v2 (MulanPSL-2.0)", "MulanPSL-2.0", "1.0 (cyclonedx-py)"),
        ("python", f"{OSI} Python Software Foundation License", "PSF-2.0", "Python-2.0 (cyclonedx-py)"),
        ("maven", "Apache License", "", "Apache-1.0 (cyclonedx-core-java)"),
        ("maven", "Mozilla Public License", "", "MPL-1.0 (cyclonedx-core-java)"),
        ("spdx", "GPL", "", "GPL-2.0-or-later (ORT)"),
        ("spdx", "BSD", "", "BSD-3-Clause (ORT)"),
        ("spdx", "BSL", "", "BSL-1.0"),
        ("spdx", "public domain", "LicenseRef-public-domain", "a license"),
        ("alpine", "GPL-2.0", "", "GPL-2.0-only"),
        ("kernel", "GPL v2", "", "GPL-2.0-only"),
        ("fedora", "MIT", "", "MIT"),
        ("suse", "Ruby or GPL-2.0+", "GPL-2.0-or-later OR Ruby", "Ruby (openSUSE)"),
    ],
)  # fmt: skip
def test_errors_of_others_are_not_ours(name, text, expression, wrong):
    assert read(name, text).expression == expression, wrong
