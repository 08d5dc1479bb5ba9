"""States, layers, ownership and shared layers, with the real catalogers on images made here."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Sequence

import pytest
from conftest import layer, tar_of
from scanned import STATUS, inventory, owning, states, status

from sbomctl import engine
from sbomctl.catalogers import CATALOGERS
from sbomctl.errors import DigestMismatch
from sbomctl.layers.harvest import harvest
from sbomctl.model import Content, Image, Layer, Role, State, UnownedFile
from sbomctl.sources.base import Limits, OpenImage
from sbomctl.sources.tar import TarLayer


def test_what_an_upper_layer_upgrades_or_removes_is_still_there():
    found = inventory(
        {STATUS: status(a="1", b="1", c="1")},
        {"x": ""},
        {STATUS: status(a="1", b="2")},
        {STATUS: status(a="1", b="2", d="1")},
    )
    assert states(found) == {
        "a 1": ("visible", 0, None),
        "b 1": ("shadowed", 0, 2),
        "b 2": ("visible", 2, None),
        "c 1": ("deleted", 0, 2),
        "d 1": ("visible", 3, None),
    }


def test_a_package_that_came_back_is_dated_by_its_return_and_its_first_life_is_kept():
    found = inventory({STATUS: status(a="1")}, {STATUS: status()}, {STATUS: status(a="1")})
    assert [(p.state, p.introduced_in, p.hidden_in) for p in found.packages] == [
        (State.SHADOWED, 0, 1),
        (State.VISIBLE, 2, None),
    ]


def test_a_whiteout_of_a_parent_directory_ends_a_package():
    found = inventory({STATUS: status(a="1")}, {"var/lib/.wh.dpkg": ""}, {STATUS: status(b="1")})
    assert states(found) == {"a 1": ("deleted", 0, 1), "b 1": ("visible", 2, None)}


def test_removing_the_database_does_not_empty_the_bill_of_materials():
    found = inventory(
        {
            STATUS: status(a="1", gone="1"),
            **owning("a", "usr/bin/a"),
            **owning("gone", "usr/bin/gone"),
            "usr/bin/a": "#!x",
        },
        {"var/lib/.wh.dpkg": ""},
    )
    assert states(found) == {"a 1": ("visible", 0, None), "gone 1": ("deleted", 0, 1)}
    [problem] = found.problems
    assert "removed the package database" in problem.reason
    assert problem.location.layer == 1


def test_an_image_without_package_database_is_incomplete():
    [problem] = inventory({"bin/sh": b"\x7fELF"}).problems
    assert "no known package database" in problem.reason


def test_a_database_that_only_a_link_leads_to_is_read():
    link = {STATUS: ("sym", "../../../opt/database")}
    for files in ({"opt/database": status(a="1")}, {"opt/x": status(a="1"), "opt/database": ("hard", "opt/x")}):
        found = inventory(link | files)
        assert (states(found), found.problems) == ({"a 1": ("visible", 0, None)}, ())


@pytest.mark.parametrize("place", ["app/node_modules/x/", ""])
def test_a_system_without_its_package_database_is_incomplete(place):
    files = {f"{place}package.json": '{"name": "x", "version": "1"}'}
    release = {"etc/os-release": "ID=buildroot\nPRETTY_NAME='Buildroot 2024.02'\n"}
    [problem] = inventory(files | release).problems
    assert "this is Buildroot 2024.02, but no package database" in problem.reason
    assert problem.location.path == "etc/os-release"
    assert not inventory(files).problems, "an image that is no system needs none"
    assert not inventory(files | release | {STATUS: status(a="1")}).problems


def test_code_that_no_package_claims_is_listed_in_whatever_layer_it_lies():
    found = inventory(
        {
            "lib": ("sym", "usr/lib"), STATUS: status(a="1"), **owning("a", "lib/liba.so", "usr/bin/a"),
            "usr/lib/liba.so": b"\x7fELF...", "usr/bin/a": "#!/bin/sh", "usr/lib/libx.so.1": b"\x7fELF....",
            "opt/old": b"\x7fELF", "etc/passwd": "root",
        },
        {"opt/.wh.old": "", "app/main.py": "print()", "app/lib.a": b"!<arch>\n",
         "usr/lib/libx.so": ("sym", "libx.so.1")},
    )  # fmt: skip
    assert [(u.path, u.layer, u.content, u.hidden_in) for u in found.unowned] == [
        ("app/lib.a", 1, Content.LIBRARY, None),
        ("app/main.py", 1, Content.SCRIPT, None),
        ("opt/old", 0, Content.ELF, 1),
        ("usr/lib/libx.so.1", 0, Content.ELF, None),
    ]
    assert (found.coverage.files, found.coverage.unowned_files) == (6, 4)
    assert found.coverage.unowned_bytes == sum(u.size for u in found.unowned)


def test_code_that_replaces_a_packages_file_is_not_the_packages():
    base = {STATUS: status(a="1"), **owning("a", "usr/bin/a", "usr/bin/b"), "usr/bin/a": "#!a", "usr/bin/b": "#!b"}
    own = {"usr/bin/a": "#!ours"}
    found = inventory(base, own, {"etc/x": ""})
    [unowned] = found.unowned
    assert (unowned.path, unowned.layer, unowned.replaces, unowned.hidden_in) == ("usr/bin/a", 1, ("a",), None)
    assert (found.coverage.files, found.coverage.unowned_files) == (3, 1)
    # A copy of what was below stays what it was; so does a new version that the package manager recorded.
    assert not inventory(base, {"usr/bin/a": "#!a"}).unowned
    upgraded = {STATUS: status(a="2"), **owning("a", "usr/bin/a"), "usr/bin/a": "#!a2"}
    assert not inventory(base, upgraded, {"usr/bin/a": "#!a"}).unowned
    assert [file.layer for file in inventory(base, own, own, upgraded).unowned] == [1, 2]


def test_code_in_the_place_of_a_removed_package_is_not_the_packages():
    base = {STATUS: status(a="1"), **owning("a", "usr/bin/a"), "usr/bin/a": "#!a"}
    found = inventory(base, {STATUS: status(), "usr/bin/.wh.a": ""}, {"usr/bin/a": "#!ours"})
    assert [(file.layer, file.replaces) for file in found.unowned] == [(2, ("a",))]


def test_code_replaced_inside_a_directory_that_a_package_owns():
    package = "app/node_modules/x"
    base = {f"{package}/package.json": '{"name": "x", "version": "1"}', f"{package}/index.js": "one()"}
    [unowned] = inventory(base, {f"{package}/index.js": "two()"}).unowned
    assert unowned.replaces == ("x",)
    newer = {f"{package}/package.json": '{"name": "x", "version": "2"}', f"{package}/index.js": "two()"}
    assert not inventory(base, newer).unowned


def test_hard_links_count_once():
    found = inventory({STATUS: status(a="1"), "bin/x": b"\x7fELF", "bin/y": ("hard", "bin/x")})
    assert [u.path for u in found.unowned] == ["bin/x"]


def test_the_same_code_gives_the_same_digest_and_other_code_another():
    def digest(content: str, *more: str) -> str:
        files = {STATUS: status(a="1"), **owning("a", "usr/bin/a", "usr/share/doc/a", *more), "usr/bin/a": content}
        return inventory(files).packages[0].code_sha256

    assert digest("#!one") == digest("#!one", "usr/share/doc/b") != digest("#!two")


class Counting(TarLayer):
    readings = 0

    def members(self, limits):
        type(self).readings += 1
        return super().members(limits)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_layer_that_images_share_is_read_once(jobs):
    def opened(name: str, tars: Sequence[bytes]) -> OpenImage:
        import hashlib

        layers = []
        for index, data in enumerate(tars):
            info = Layer(index, "sha256:" + hashlib.sha256(data).hexdigest())
            layers.append(Counting(info, lambda data=data: io.BytesIO(data), changeset=True, name=name))
        image = Image(id=name, name=name, role=Role.CONTAINER, target=name, layers=tuple(one.info for one in layers))
        return OpenImage(image, layers)

    base, one, two = (tar_of({name: name}) for name in ("base", "one", "two"))
    images = [opened("a", [base, one]), opened("b", [base, two]), opened("c", [base])]
    Counting.readings = 0
    harvests = engine.read_layers(images, engine.gate_for(CATALOGERS), Limits(), jobs)
    assert Counting.readings == 3
    assert [[sorted(h.entries) for h in stack] for stack in harvests] == [
        [["base"], ["one"]],
        [["base"], ["two"]],
        [["base"]],
    ]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_layer_that_is_not_what_was_promised_ends_the_scan(jobs):
    layers = [layer(tar_of({"a": "1"}), index, diff_id=f"sha256:{index:064}") for index in range(4)]
    image = Image(id="x", name="x", role=Role.CONTAINER, target="x", layers=tuple(one.info for one in layers))
    with pytest.raises(DigestMismatch):
        engine.read_layers([OpenImage(image, layers)], engine.gate_for(CATALOGERS), Limits(), jobs)


def test_a_second_name_counts_for_itself_once_its_first_has_other_content():
    elf = b"\x7fELF" + bytes(60)
    data = tar_of({"a": elf, "b": ("hard", "a")})
    replaced = data[: 3 * 512] + tar_of({"a": "no code"})
    assert [file.path for file in _unowned(data)] == ["a"]
    assert [file.path for file in _unowned(replaced)] == ["b"]


def _unowned(data: bytes) -> Sequence[UnownedFile]:
    one = harvest(layer(data), engine.gate_for(CATALOGERS), Limits())
    image = Image(id="sha256:0", name="image", role=Role.CONTAINER, target="x", layers=(Layer(0),))
    stack = engine.stack_layers("image", [layer(data)], [one], CATALOGERS, Limits())
    return engine.take_inventory(image, stack, CATALOGERS, [one]).unowned


def test_a_database_that_is_another_name_of_a_file_in_a_lower_layer():
    found = inventory({"backup/status-old": status(a="1")}, {STATUS: ("hard", "backup/status-old")})
    assert states(found) == {"a 1": ("visible", 1, None)}
    assert not found.problems


def test_the_digest_of_code_does_not_tell_where_it_is():
    def wheel(site: str) -> dict:
        info, command = f"{site}/x-1.dist-info", posixpath.normpath(f"{site}/../bin/x")
        record = "x/__init__.py,,\n../bin/x,,\n"
        return {f"{info}/METADATA": "Name: x\nVersion: 1\n", f"{info}/RECORD": record, f"{site}/x/__init__.py": "1",
                command: f"#!/{site}/python"}  # fmt: skip

    found = inventory(wheel("app/site"), wheel("srv/site"))
    assert len({package.code_sha256 for package in found.packages}) == 1
    assert not found.unowned
    merged = {STATUS: status(a="1"), **owning("a", "bin/a"), "bin": ("sym", "usr/bin"), "usr/bin/a": "#!"}
    split = {STATUS: status(a="1"), **owning("a", "bin/a"), "bin/a": "#!"}
    assert inventory(merged).packages[0].code_sha256 == inventory(split).packages[0].code_sha256 != ""


def test_code_that_was_claimed_before_its_directory_became_a_link_is_owned():
    found = inventory(
        {STATUS: status(a="1"), **owning("a", "bin/a"), "bin/a": "#!x"},
        {"bin": ("sym", "usr/bin"), "usr/bin/a": "#!x"},
    )
    assert (found.coverage.files, found.unowned) == (2, ())


def test_a_file_that_is_larger_than_its_cataloger_reads_is_reported():
    large = '{"name": "x", "version": "1", "x": "' + "x" * (17 << 20) + '"}'
    opened = OpenImage(
        Image(id="sha256:0", name="image", role=Role.CONTAINER, target="x", layers=(Layer(0),)),
        [layer(tar_of({"package.json": large, "lib/package.json": "{}" + " " * (2 << 20)}))],
    )
    [[one]] = engine.read_layers([opened], engine.gate_for(CATALOGERS), Limits(), 1)
    assert [(path, "too many for a package database" in reason) for path, reason in one.faults] == [
        ("package.json", True)
    ]


def test_compressed_kernel_modules_are_code():
    found = inventory({STATUS: status(a="1"), "lib/modules/6.1/extra/blob.ko.xz": b"\xfd7zXZ\0", "x.xz": b"\xfd7zXZ\0"})
    assert [(file.path, file.content) for file in found.unowned] == [
        ("lib/modules/6.1/extra/blob.ko.xz", Content.LIBRARY)
    ]
