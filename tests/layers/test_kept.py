"""The short cuts to the paths that a pattern names never change which they are."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from test_patterns import paths, pattern_texts

from sbomctl.layers.index import Index
from sbomctl.layers.kept import Kept
from sbomctl.layers.patterns import merged_usr, to_regex
from sbomctl.model import FileEntry, FileType

names = paths | st.sampled_from(["lib/a", "usr/lib/a", "lib/b/a.x", "usr/lib/b/a.x", "liba/a", "lib-a/a", "lib"])
patterns = pattern_texts | pattern_texts.map("lib/".__add__)


@given(patterns, st.sets(names), st.sets(names))
def test_the_short_cuts_change_nothing(pattern, with_content, without):
    entries = {path: FileEntry(path, FileType.REGULAR, sha256="kept") for path in with_content}
    entries |= {path: FileEntry(path, FileType.REGULAR, sha256="") for path in without - with_content}
    index = Index()
    index.add(0, entries)
    named = Kept([entries], {"kept": b""}).named(pattern)
    matches = [re.compile(to_regex(twin), re.DOTALL).fullmatch for twin in merged_usr(pattern)]
    assert named == sorted(path for path in with_content if any(match(path) for match in matches))


def test_links_count_in_whatever_layer_they_are():
    index = Index()
    layers = [{"a": FileEntry("a", FileType.SYMLINK, link_target="b")}, {"a": FileEntry("a", FileType.DIRECTORY)}]
    for number, entries in enumerate(layers):
        index.add(number, entries)
    assert Kept(layers, {}).named("?") == ["a"]
