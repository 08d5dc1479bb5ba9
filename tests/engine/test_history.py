"""Packages over the layers of an image: what stays known when databases are slimmed, damaged, moved or removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest
from conftest import stack_of, tar_of
from scanned import STATUS, inventory, owning, states, status

from sbomctl.catalogers.base import Wants
from sbomctl.engine.history import packages_of
from sbomctl.layers.view import View
from sbomctl.model import Location, Package, Problem, State

BROKEN = "\nPackage: b\nStatus: install ok installed\nArchitecture: arm64\n"
BODY = {STATUS: status(a="1"), **owning("a", "usr/bin/a", "usr/bin/b"), "usr/bin/a": "#!a", "usr/bin/b": "#!b"}


@pytest.mark.parametrize("slimming", [{"var/lib/dpkg/.wh.info": ""}, owning("a", "usr/bin/a"), owning("a")])
def test_slimming_the_file_lists_does_not_orphan_the_code(slimming):
    found = inventory(BODY, slimming)
    [package] = found.packages
    assert {"usr/bin/a", "usr/bin/b"} <= set(package.files)
    assert package.code_sha256 == inventory(BODY).packages[0].code_sha256
    assert not found.unowned


def test_what_a_reinstallation_replaced_is_still_the_packages():
    other = {STATUS: status(a="1"), **owning("a", "usr/bin/a", "usr/bin/new"), "usr/bin/.wh.b": "", "usr/bin/new": "#!"}
    found = inventory(BODY, other)
    assert states(found) == {"a 1": ("visible", 0, None)}
    assert not found.unowned


def test_a_record_that_became_unreadable_does_not_delete_its_package():
    whole, broken = {STATUS: status(a="1", b="1")}, {STATUS: status(a="1") + BROKEN}
    found = inventory(whole, broken, {STATUS: status(a="1") + BROKEN + "Section: x\n"})
    assert states(found) == {"a 1": ("visible", 0, None), "b 1": ("visible", 0, None)}
    assert found.problems
    assert states(inventory(whole, broken, {STATUS: status(a="1")}))["b 1"] == ("deleted", 0, 2)


def test_an_old_fault_of_a_database_does_not_hide_that_a_package_was_removed():
    found = inventory({STATUS: status(a="1", c="1") + BROKEN}, {STATUS: status(a="1") + BROKEN})
    assert states(found)["c 1"] == ("deleted", 0, 1)


def test_a_database_that_could_not_be_read_deletes_nothing(monkeypatch):
    monkeypatch.setattr("sbomctl.layers.harvest.MAX_FILE", 1 << 20)
    found = inventory({STATUS: status(a="1")}, {STATUS: status(a="2") + "X-Flood: x\n" * (1 << 17)})
    assert states(found) == {"a 1": ("visible", 0, None)}
    [problem] = found.problems
    assert (problem.location.layer, problem.location.path) == (1, STATUS)


@pytest.mark.parametrize("above", [{STATUS: status(a="1")}, {"var/lib/dpkg/.wh.status": ""}])
def test_what_only_a_lower_layer_got_wrong_is_still_said(above):
    [problem] = inventory({STATUS: status(a="1") + BROKEN}, above).problems
    assert (problem.location.layer, problem.reason) == (0, "b: record without Version")


def test_the_same_fault_in_every_layer_is_one_problem():
    found = inventory(*({STATUS: status(a="1", **{f"x{n}": "1"}) + BROKEN} for n in range(4)))
    assert [problem.location.layer for problem in found.problems] == [3]


def test_a_removed_database_revives_only_what_it_still_recorded():
    found = inventory(
        BODY | {STATUS: status(a="1", gone="1"), **owning("gone", "etc/gone.conf"), "etc/gone.conf": "left behind"},
        {STATUS: status(a="2"), "usr/bin/a": "#!2"},
        {"var/lib/.wh.dpkg": ""},
    )
    assert states(found) == {
        "a 1": ("shadowed", 0, 1),
        "a 2": ("visible", 1, None),
        "gone 1": ("deleted", 0, 1),
    }
    [problem] = found.problems
    assert "1 packages below it" in problem.reason


def test_a_file_that_another_package_put_in_its_place_revives_nothing():
    def wheel(name: str) -> dict[str, str]:
        info = f"site/{name}-1.dist-info"
        return {f"{info}/METADATA": f"Name: {name}\nVersion: 1\n", f"{info}/RECORD": "cv2/__init__.py,,\n",
                "site/cv2/__init__.py": f"# {name}"}  # fmt: skip

    found = inventory(wheel("opencv"), {"site/.wh.opencv-1.dist-info": "", **wheel("headless")})
    assert states(found) == {"headless 1": ("visible", 1, None), "opencv 1": ("deleted", 0, 1)}


def test_distroless_records_in_several_layers():
    def record(name: str, version: str) -> dict[str, str]:
        return {f"var/lib/dpkg/status.d/{name}": f"Package: {name}\nVersion: {version}\nArchitecture: all\n"}

    found = inventory(record("a", "1"), record("b", "1"), record("a", "2"), {"var/lib/dpkg/status.d/.wh.b": ""})
    assert states(found) == {
        "a 1": ("shadowed", 0, 2),
        "a 2": ("visible", 2, None),
        "b 1": ("deleted", 1, 3),
    }


def test_a_database_that_moves_ends_no_package():
    def record(version: str) -> str:
        return f"P:a\nV:{version}\nA:x86_64\n\n"

    moved = {"lib/apk/.wh.db": "", "usr/lib/apk/db/installed": record("1") + record("1").replace("P:a", "P:b")}
    found = inventory({"lib/apk/db/installed": record("1")}, moved)
    assert states(found) == {"a 1": ("visible", 0, None), "b 1": ("visible", 1, None)}


def test_a_new_name_of_the_system_ends_no_package():
    found = inventory(
        {STATUS: status(a="1"), "etc/os-release": "ID=debian\nVERSION_ID=12\n"},
        {"etc/os-release": "ID=ubuntu\nVERSION_ID=24.04\n"},
    )
    assert states(found) == {"a 1": ("visible", 0, None)}
    assert found.packages[0].purl == "pkg:deb/ubuntu/a@1?arch=arm64&distro=ubuntu-24.04"


class Failing:
    """Breaks in every view of two layers."""

    name: ClassVar[str] = "failing"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "fails"
    wants: ClassVar[Wants] = Wants(("db",))

    def catalog(self, view: View) -> Iterator[Package | Problem]:
        if view.depth == 2:
            raise ValueError("two")
        yield Package("a", "1", "", Location(view.image, 0, "db"), self.name)


def test_a_cataloger_that_fails_for_one_layer_ends_no_package():
    [package], [problem] = packages_of(Failing(), stack_of(*(tar_of({"db": str(n)}) for n in range(3))))
    assert (package.state, package.introduced_in, package.hidden_in) == (State.VISIBLE, 0, None)
    assert "ValueError: two" in problem.reason
