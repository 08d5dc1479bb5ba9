"""Patterns, and that the gate's short cuts never change its answer."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.layers.patterns import Gate, literal_prefix, to_regex


@pytest.mark.parametrize(
    ("pattern", "path", "named"),
    [
        ("var/lib/dpkg/status", "var/lib/dpkg/status", True),
        ("var/lib/dpkg/status", "var/lib/dpkg/status2", False),
        ("lib/apk/db/installed", "usr/lib/apk/db/installed", True),
        ("**/METADATA", "METADATA", True),
        ("**/METADATA", "a/b/METADATA", True),
        ("**/METADATA", "a/XMETADATA", False),
        ("a/*/c", "a/b/c", True),
        ("a/*/c", "a/b/b/c", False),
        ("a/?.{x,yz}", "a/1.yz", True),
        ("a/?.{x,yz}", "a/1.y", False),
        ("a/x.*", "a/x.", True),
        ("a.b", "axb", False),
    ],
)
def test_what_a_pattern_names(pattern, path, named):
    assert Gate([pattern])(path) is named


def test_the_literal_directories_of_a_pattern():
    assert [literal_prefix(p) for p in ("a/b/c", "a/*/c", "**/x", "x", "a/b{c,d}")] == ["a/b", "a", "", "", "a"]


segments = st.sampled_from(["a", "b", "a.x", "*", "?", "{a,b}", "*.x", "a*", "**"])
pattern_texts = st.lists(segments, min_size=1, max_size=4).map("/".join).filter(lambda p: not p.endswith("**"))
paths = st.lists(st.sampled_from(["a", "b", "a.x", "ab", "usr"]), min_size=1, max_size=5).map("/".join)


@given(st.lists(pattern_texts, max_size=4), paths)
def test_the_short_cuts_of_the_gate_change_nothing(patterns, path):
    gate = Gate(patterns)
    assert gate(path) is any(re.fullmatch(to_regex(pattern), path) is not None for pattern in gate.patterns)


def test_of_several_bounds_the_most_generous_counts():
    gate = Gate(bounds=[("**/*.json", 5), ("lib/a/*", 7), ("lib/a/*", 6)])
    assert [gate.most(path) for path in ("x.json", "lib/a/x.json", "usr/lib/a/x", "x")] == [5, 7, 7, 0]
    assert gate.patterns == Gate(["**/*.json", "lib/a/*"]).patterns
