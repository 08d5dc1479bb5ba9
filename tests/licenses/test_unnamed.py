"""Terms of no known license are found; what is no license is not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.licenses.license_text import LicenseText
from sbomctl.licenses.unnamed import unnamed

TERMS = "Permission is granted to use this program on weekdays, if its author has been asked before noon."
MORE = "There is no warranty, and nobody is liable."
PROSE = "This program draws teapots. It was written in the winter of 1999 and has been improved ever since then."


def found(text: str, seen=(), *, whole=False):
    return unnamed(text.split("\n"), seen, whole=whole)


def test_a_license_file_in_which_nothing_is_known_is_one_text():
    assert found("\nNobody may use it.\n\nNever.\n", whole=True) == [(2, 4)]
    assert found("\n \n", whole=True) == []


def test_terms_are_found_between_known_ones_with_what_follows_them():
    text = f"MIT\n\n{TERMS}\n\n{MORE}\n\n{PROSE}\n\n{TERMS}"
    assert found(text, [(1, 1)]) == [(3, 5), (9, 9)]
    assert found(text, [(1, 5)]) == [(9, 9)]


@pytest.mark.parametrize("text", [PROSE, MORE, "Permission is granted.", "\n"])
def test_what_grants_nothing_is_no_license(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("name", "whole"), [("LICENSE", True), ("COPYING.txt", True), ("license.js", False), ("x", False)]
)
def test_a_name_must_promise_a_license(name, whole):
    statements = LicenseText().read(f"opt/{name}", PROSE.encode()).statements
    assert [(one.expression, one.text) for one in statements] == [("", PROSE + "\n")] * whole


@given(
    st.lists(st.sampled_from(["", TERMS, MORE, PROSE, "* ", "MIT"])),
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9))),
)
def test_texts_do_not_overlap_and_lie_in_the_file(lines, seen):
    places = unnamed(lines, seen, whole=False)
    assert all(1 <= first <= last <= len(lines) for first, last in places)
    assert all(before[1] < after[0] for before, after in pairwise(places))
