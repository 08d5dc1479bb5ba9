"""References to the license texts of a Debian system."""

from __future__ import annotations

import pytest

from sbomctl.licenses.common_licenses import common_licenses
from sbomctl.licenses.expression import canonical

DIRECTORY = "/usr/share/common-licenses"


@pytest.mark.parametrize(
    ("name", "candidates"),
    [
        ("GPL-2", ("GPL-2.0-only", "GPL-2.0-or-later")),
        ("LGPL-2.1", ("LGPL-2.1-only", "LGPL-2.1-or-later")),
        ("Apache-2.0", ("Apache-2.0",)),
        ("Artistic", ("Artistic-1.0-Perl",)),
        ("BSD", ("BSD-3-Clause",)),
        ("Nonsense", ()),
    ],
)
def test_what_a_file_is(name, candidates):
    (found,) = common_licenses(f"see `{DIRECTORY}/{name}'.")
    assert found.name == name
    assert found.candidates == candidates
    assert found.decided is (len(candidates) == 1)
    assert not found.version_is_open


@pytest.mark.parametrize("name", ["GPL", "LGPL", "GFDL"])
def test_a_link_to_the_newest_version_decides_nothing(name):
    (found,) = common_licenses(f"{DIRECTORY}/{name}")
    assert found.version_is_open
    assert not found.decided
    assert {one.split("-")[1] for one in found.candidates} > {"3.0" if name != "GFDL" else "1.3"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (f"in {DIRECTORY}/GPL-2.", ["GPL-2"]),
        (f'<file://{DIRECTORY}/GPL-3>, or "{DIRECTORY}/LGPL-2.1"', ["GPL-3", "LGPL-2.1"]),
        (f"{DIRECTORY}/\n  GPL-3", ["GPL-3"]),
        ("/usr/share/common-\n   licenses/GPL", ["GPL"]),
        (f"{DIRECTORY}/{{GPL-2,LGPL-2}}", ["GPL-2", "LGPL-2"]),
        (f"in the directory {DIRECTORY}.", []),
        ("/usr/share/common-licenses", []),
        ("", []),
    ],
)
def test_how_they_are_written(text, names):
    assert [one.name for one in common_licenses(text)] == names


def test_places_and_expressions():
    text = f"see {DIRECTORY}/GPL-1 and {DIRECTORY}/GFDL"
    found = common_licenses(text)
    assert [text[one.start : one.end] for one in found] == [f"{DIRECTORY}/GPL-1", f"{DIRECTORY}/GFDL"]
    assert all(canonical(candidate) == candidate for one in found for candidate in one.candidates)
