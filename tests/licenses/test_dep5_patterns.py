"""File patterns of debian/copyright (copyright-format 1.0, section 6.9)."""

from __future__ import annotations

import fnmatch
import re

import pytest
from conftest import ends
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.licenses._dep5_patterns import bad_escape, last_match, matches


@pytest.mark.parametrize(
    ("pattern", "path", "does"),
    [
        ("*", "a/b/.c", True),
        ("*.in", "deep/down/Makefile.in", True),
        ("Makefile.in", "deep/Makefile.in", False),
        ("*/Makefile.in", "deep/down/Makefile.in", True),
        ("*/Makefile.in", "Makefile.in", False),
        ("?x", "/x", True),
        ("?", "", False),
        (r"\*", "*", True),
        (r"\*", "a", False),
        (r"a\?b\\c", r"a?b\c", True),
        ("[ab]", "a", False),
        ("[ab]", "[ab]", True),
        ("./src/*", "src/a", True),
        ("src/*", "./src/a", True),
        ("a.c,", "a.c", True),
        ("a*b*c", "axxbyyc", True),
        ("a*b*c", "axxbyyb", False),
        ("*a*", "bab", True),
        ("a**b", "ab", True),
    ],
)
def test_patterns(pattern, path, does):
    assert matches(pattern, path) is does


@given(st.text("ab*?/", max_size=8), st.text("ab/", max_size=10))
def test_patterns_match_as_fnmatch_does(pattern, path):
    wanted = pattern.removeprefix("./").lstrip("/")
    assert matches(pattern, path) is (re.match(fnmatch.translate(wanted), path) is not None)


def test_the_last_paragraph_that_matches_applies():
    paragraphs = [["*"], ["debian/*"], ["debian/patches/fancy-feature"], ["*/*.1"]]
    paths = ["src/a.c", "debian/rules", "debian/patches/fancy-feature", "debian/foo.1"]
    assert [last_match(paragraphs, path) for path in paths] == [0, 1, 2, 3]
    assert last_match([["a"]], "b") is None


def test_escapes_of_what_needs_none():
    assert [bad_escape(one) for one in (r"a\*", r"a\\", "a", r"a\b", "a\\")] == [False, False, False, True, True]


def test_patterns_do_not_backtrack():
    with ends():
        assert not matches("*a" * 50 + "*b", "a" * 5000)
