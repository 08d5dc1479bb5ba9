"""Which directories can be reached through a link, and what a view remembers because most cannot."""

from __future__ import annotations

import pytest
from conftest import stack_of, tar_of

LAYERS = (
    tar_of({"usr/lib/a": "1", "lib": ("sym", "usr/lib"), "opt/x/y/z": "2"}),
    tar_of({"opt/x/y/link": ("sym", "z"), "etc/deep/er/f": "3"}),
    tar_of({"etc/.wh.deep": "", "etc/deep": ("sym", "../opt")}),
)


@pytest.mark.parametrize(
    ("directory", "straight"),
    [("", True), ("usr/lib", True), ("opt/x/y", True), ("opt/x", True), ("lib", False), ("etc", True),
     ("etc/deep", False), ("etc/deep/er", False), ("nowhere", False), ("opt//x", False), ("opt/./x", False)],
)  # fmt: skip
def test_a_directory_is_straight_when_no_layer_has_a_link_on_the_way(directory, straight):
    assert stack_of(*LAYERS).index.is_straight(directory) is straight


def test_a_layer_added_later_may_bring_the_link():
    stack = stack_of(*LAYERS[:2])
    assert stack.index.is_straight("etc/deep")
    assert not stack_of(*LAYERS).index.is_straight("etc/deep")


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize(
    "path", ["lib/a", "usr/lib/a", "etc/deep/x/y/z", "etc/deep/er/f", "opt/x/y/link", "opt//x/y/z"]
)
def test_short_cuts_lead_where_the_long_way_does(depth, path):
    short, long = stack_of(*LAYERS).view(depth), stack_of(*LAYERS).view(depth)
    long._stack.index.is_straight = lambda _: False
    assert short.resolve(path) == long.resolve(path)
    assert short.entry(path) == long.entry(path)


def test_what_a_file_says_is_read_once_where_views_share_it():
    stack = stack_of(tar_of({"a": "1", "b": "1"}), tar_of({"a": "2"}))
    read = []

    def note(file):
        read.append((file.path, file.data))
        return len(read)

    for depth in (1, 2):
        for path in ("a", "b"):
            stack.view(depth).open(path).here(note)
    assert read == [("a", b"1"), ("b", b"1"), ("a", b"2")]


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_what_is_stored_is_told_of_many_paths_as_of_each(depth):
    view = stack_of(*LAYERS).view(depth)
    paths = ["lib", "lib/a", "usr/lib/a", "etc/deep/er/f", "etc/deep", "opt/x/y/link", "nowhere"]
    assert view.stored(paths) == [path for path in paths if view.lookup(path)]
    assert view.stored(paths) == {1: ["lib", "usr/lib/a"], 2: ["lib", "usr/lib/a", "etc/deep/er/f", "opt/x/y/link"],
                                  3: ["lib", "usr/lib/a", "etc/deep", "opt/x/y/link"]}[depth]  # fmt: skip
