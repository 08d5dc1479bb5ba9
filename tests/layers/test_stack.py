"""The overlay, by the OCI rules and by what unpacking onto a file system does."""

from __future__ import annotations

import tarfile

import pytest
from conftest import layer, stack_of, tar_of

from sbomctl.layers.harvest import harvest
from sbomctl.layers.patterns import Gate
from sbomctl.layers.second_look import origin
from sbomctl.layers.second_look import second_look as look_again
from sbomctl.layers.stack import Stack
from sbomctl.layers.stack_view import StackView
from sbomctl.layers.view import NotHarvested
from sbomctl.sources.base import Limits


def files(*layers: dict) -> StackView:
    return stack_of(*(tar_of(one) for one in layers)).view()


def text(view: StackView, path: str) -> str | None:
    found = view.open(path)
    return None if found is None else found.data.decode()


@pytest.mark.parametrize(
    ("layers", "visible"),
    [
        ([{"a/x": "1", "a/y": "2"}, {"a/.wh.x": "", "a/z": "3"}], ["a/y", "a/z"]),
        ([{"a/x": "1", "b": "0"}, {"a/new": "2", "a/.wh..wh..opq": ""}], ["a/new", "b"]),
        ([{"a": None, "a/x": "1", "ab": "q"}, {".wh.a": ""}], ["ab"]),
        ([{"a": None, "a/x": "1"}, {"a": "file"}], ["a"]),
        ([{"a/x": "1"}, {"a": "file over a directory nobody listed"}], ["a"]),
        ([{"a": None, "a/x": "1"}, {".wh.a": "", "a": None, "a/y": "2"}], ["a", "a/y"]),
        ([{"a/b/c": "1"}, {"a/.wh..wh..opq": "", "a": None}], ["a"]),
        ([{"a/b/c": "1", "d": "2"}, {".wh..wh..opq": "", "e": "3"}], ["e"]),
        ([{"a": "1"}, {".wh.a": ""}, {"a": "2"}], ["a"]),
        ([{"a": "file"}, {"a": None, "a/x": "1"}], ["a", "a/x"]),
        ([{"a/x": "1"}, {".wh..wh.plnk": None, ".wh..wh.aufs": ""}], ["a/x"]),
        ([{"a": None, "a/x": "1", "b": None}, {"a": ("sym", "b")}], ["a", "b"]),
        ([{"c/c": ("sym", "..")}, {"c/c/c": "a file where c is, for a moment", "c": None}], ["c"]),
    ],
)
def test_what_is_visible(layers, visible):
    assert sorted(files(*layers)) == visible


def test_names_that_look_like_whiteouts_are_files_of_a_bare_root_filesystem():
    stack = stack_of(tar_of({"etc/.wh.x": "1", "etc/x": "2"}), changeset=False)
    assert sorted(stack.view()) == ["etc/.wh.x", "etc/x"]


def test_a_view_of_fewer_layers_shows_what_was_there_then():
    stack = stack_of(tar_of({"a": "old"}), tar_of({"a": "new"}), tar_of({".wh.a": ""}), tar_of({"b": ""}))
    assert [text(stack.view(depth), "a") for depth in range(1, 5)] == ["old", "new", None, None]


def test_links_are_followed_inside_the_image():
    view = files({
        "lib": ("sym", "usr/lib"), "usr/lib/db": "D", "etc/h": ("hard", "usr/lib/db"), "abs": ("sym", "/usr/lib"),
        "up": ("sym", "../../../usr/lib/db"), "chain": ("sym", "abs"),
    })  # fmt: skip
    assert [text(view, path) for path in ("lib/db", "etc/h", "abs/db", "up", "chain/db")] == ["D"] * 5


def test_link_loops_end():
    view = files({"a": ("sym", "b"), "b": ("sym", "a"), "c": ("sym", "c/c")})
    assert view.open("a") is None
    assert view.resolve("c/x") is None


def test_a_hard_link_keeps_its_content_when_an_upper_layer_replaces_the_target():
    view = files({"a": "old", "b": ("hard", "a")}, {"a": "new"})
    assert (text(view, "a"), text(view, "b")) == ("new", "old")


def test_a_hard_link_to_a_file_of_a_lower_layer_has_its_content():
    view = files({"a": "old"}, {"b": ("hard", "a")}, {"a": "new"})
    assert (text(view, "a"), text(view, "b")) == ("new", "old")


def test_a_hard_link_may_name_a_file_that_its_own_layer_removes():
    """It was still there when the link was made."""
    view = files({"a": "old"}, {".wh.a": "", "b": ("hard", "a")})
    assert (sorted(view), text(view, "b")) == (["b"], "old")


def test_the_content_of_a_link_to_a_link_is_where_the_first_leads():
    stack = stack_of(tar_of({"a": "old"}), tar_of({"b": ("hard", "a"), "c": ("hard", "b"), "d": ("hard", "c")}))
    assert [origin(stack, 1, stack.layers[1][name]) for name in "bcd"] == [(0, "a")] * 3
    own = stack_of(tar_of({"a": "x", "b": ("hard", "a"), "c": ("hard", "b")}))
    assert [origin(own, 0, own.layers[0][name]) for name in "abc"] == [(0, "a")] * 3


def test_files_stored_through_a_link_of_a_lower_layer_land_where_it_leads():
    view = files({"lib": ("sym", "usr/lib"), "usr/lib/db": "D"}, {"lib/db": "E", "lib/new": "N"})
    assert (text(view, "usr/lib/db"), text(view, "lib/new")) == ("E", "N")
    assert "lib/db" not in set(view)


def test_a_whiteout_through_a_link_of_a_lower_layer_hides_the_file_behind_it():
    assert sorted(files({"lib": ("sym", "usr/lib"), "usr/lib/db": "D"}, {"lib/.wh.db": ""})) == ["lib"]


def test_a_directory_that_replaces_a_link_is_a_directory():
    view = files({"lib": ("sym", "usr/lib"), "usr/lib/db": "D"}, {"lib": None, "lib/x": "X"})
    assert text(view, "lib/x") == "X"
    assert "usr/lib/x" not in set(view)


def test_of_duplicate_members_the_last_one_counts():
    data = tar_of({"a": "first"})[:1024] + tar_of({"a": "second"})
    assert text(stack_of(data).view(), "a") == "second"


def test_a_later_member_replaces_a_whole_directory_of_its_own_layer():
    data = tar_of({"a/x": "1", "a": None})[: 3 * 512] + tar_of({"a": "file"})[:1024] + tar_of({"a": None, "a/y": "2"})
    assert sorted(stack_of(data).view()) == ["a", "a/y"]


def test_a_second_member_of_another_kind_is_a_fault():
    data = tar_of({"a": None, "a/x": "1"})[: 3 * 512] + tar_of({"a": ("sym", "b")})
    (one,) = [harvest(layer(data), lambda _: True, Limits())]
    assert one.faults == (("a", "stored twice in this layer and not alike: directory, then symlink"),)
    again = tar_of({"lib": ("sym", "usr/lib"), "lib/x": "1"})[: 3 * 512] + tar_of({"lib": ("sym", "usr/lib")})
    assert not harvest(layer(again), lambda _: True, Limits()).faults
    assert sorted(stack_of(again).view()) == ["lib", "usr/lib/x"]


def test_entries_stored_through_a_link_of_their_own_layer_land_where_it_leads():
    view = files({"lib": ("sym", "usr/lib"), "lib/x": "1", "usr/lib/y": "2"})
    assert sorted(view) == ["lib", "usr/lib/x", "usr/lib/y"]


def test_a_hard_link_has_the_content_that_its_target_had_then():
    data = tar_of({"a": "first", "b": ("hard", "a")})[: 3 * 512] + tar_of({"a": "second"})
    assert [text(stack_of(data).view(), name) for name in "ab"] == ["second", "first"]
    assert text(files({"a": "lower"}, {"b": ("hard", "a"), "a": "upper"}), "b") == "lower"


def test_a_hard_link_to_a_symbolic_link_is_that_link():
    for layers in (
        [{"d/x": "1", "d/s": ("sym", "x"), "e/x": "2", "e/h": ("hard", "d/s")}],
        [{"d/x": "1", "d/s": ("sym", "x")}, {"e/x": "2", "e/h": ("hard", "d/s")}],
    ):
        assert text(files(*layers), "e/h") == "2"


def test_a_file_whose_directory_no_archive_lists_replaces_the_file_that_was_there():
    view = files({"a": "file"}, {"a/x": "1"})
    assert sorted(view) == ["a/x"]


def test_a_file_over_directories_that_hold_only_directories():
    assert sorted(files({"a/b/c": None}, {"a": "file"})) == ["a"]


def test_opening_what_no_pattern_declares_is_a_bug():
    view = stack_of(tar_of({"etc/passwd": "x"}), wanted=lambda _: False).view()
    with pytest.raises(NotHarvested):
        view.open("etc/passwd")


def test_glob_through_links_and_each_file_once():
    view = files({"lib": ("sym", "usr/lib"), "usr/lib/db/a": "1", "usr/lib/db/b": "2"})
    assert [file.data for file in view.glob("lib/db/*")] == [b"1", b"2"]
    assert [file.data for file in view.glob("**/db/*")] == [b"1", b"2"]
    assert [file.location.path for file in view.glob("lib/db/a")] == ["usr/lib/db/a"]


def second_look(*layers: dict, patterns: tuple[str, ...]) -> dict[int, set[str]]:
    gate = Gate(patterns)
    harvests = [harvest(layer(tar_of(one), i), gate, Limits()) for i, one in enumerate(layers)]
    return look_again(Stack("image", harvests), patterns, harvests)


def test_a_second_look_fetches_what_wanted_links_lead_to():
    copyright_files = ("usr/share/doc/*/copyright",)
    assert second_look(
        {"usr/share/common/GPL-2": "text", "usr/share/doc/p/copyright": ("sym", "../../common/GPL-2"),
         "usr/share/doc/q/copyright": ("hard", "usr/share/common/GPL-2")},
        {"x": "1"}, patterns=copyright_files,
    ) == {0: {"usr/share/common/GPL-2"}}  # fmt: skip
    assert second_look(
        {"var/lib/dpkg": ("sym", "../../usr/lib/sysdb"), "usr/lib/sysdb/status": "x"}, patterns=("var/lib/dpkg/status",)
    ) == {0: {"usr/lib/sysdb/status"}}
    assert second_look({"var/lib/dpkg/status": "x", "etc/passwd": "y"}, patterns=("var/lib/dpkg/status",)) == {}


def test_a_second_look_goes_where_the_content_is_stored():
    status = ("db/status",)
    assert second_look({"old": "x"}, {"db/status": ("hard", "old")}, patterns=status) == {0: {"old"}}
    lower = {"lib": ("sym", "usr/lib"), "usr/lib/old": "x"}
    assert second_look(lower, {"db/status": ("hard", "lib/old")}, patterns=status) == {0: {"usr/lib/old"}}
    assert second_look(lower, {"lib/new": "y"}, {"db/status": ("sym", "/lib/new")}, patterns=status) == {1: {"lib/new"}}
    assert second_look(
        lower, {"lib/new": "y"}, {"a": ("hard", "lib/new")}, {"db/status": ("hard", "a")}, patterns=status
    ) == {1: {"lib/new"}}


def test_which_layers_touch_a_path():
    layers = [{"db/status": "1"}, {"x": ""}, {"db/status": "2"}, {".wh.db": ""}, {"y": ""}]
    stack = stack_of(*map(tar_of, layers))
    assert stack.touched(("db/status",)) == [0, 2, 3]


@pytest.mark.parametrize("fmt", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_undecodable_names(fmt):
    long = "d/" * 90 + "x" * 120
    view = stack_of(tar_of({long: "1", "caf\udce9": "2", "back\\xe9": "3"}, fmt=fmt)).view()
    assert text(view, long) == "1"
    assert text(view, "caf\\xe9") == "2"
    assert text(view, "back\\x5cxe9") == "3"


def test_names_cannot_climb_out():
    stack = stack_of(tar_of({"../../etc/passwd": "1", "/abs": "2", "a/../b": "3"}))
    assert sorted(stack.view()) == ["abs", "b", "etc/passwd"]
