"""Waivers: what they accept, when they end, and every fault of their file."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from conftest import ends
from rule_cases import TODAY, bom_of, component, policy_of

from sbomctl.errors import ConfigError
from sbomctl.model import Location, Occurrence, Problem, ShippedText, State
from sbomctl.policy.lines import WaiverTerms
from sbomctl.policy.run import run
from sbomctl.policy.waivers import load_waivers

ITEM = {
    "id": "W-1",
    "rule": "denied-license",
    "component": "pkg:deb/debian/bash",
    "reason": "{kind: LICENSE_ACQUIRED, text: bought}",
    "owner": "os-team",
    "approver": "legal",
    "created": "2026-11-01",
    "expires": "2027-05-01",
}
POLICY = "licenses:\n  - {verdict: deny, licenses: ['GPL-3.0-*']}\n  - {verdict: allow, classes: [permissive]}\n"
BASH = component("bash", "GPL-3.0-or-later", 5)


def written(folder, *changes: dict):
    items = [{**ITEM, **change} for change in changes] or [ITEM]
    lines = [
        f"  {'- ' if number == 0 else '  '}{key}: {value if value.startswith('{') else repr(value)}"
        for item in items
        for number, (key, value) in enumerate((k, v) for k, v in item.items() if v)
    ]
    file = folder / "waivers.yaml"
    file.write_text("waivers:\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return file


def faults(folder, *changes: dict, today: date = TODAY) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_waivers(written(folder, *changes), WaiverTerms(), today)
    return [str(fault).replace(f"{folder}/", "") for fault in caught.value.faults]


def checked(folder, *changes: dict, bom=None, today: date = TODAY, policy: str = POLICY):
    waivers = load_waivers(written(folder, *changes), WaiverTerms(), today)
    return run(bom or bom_of(BASH), policy_of(folder, policy), waivers, today=today)


def waived(result) -> list[str]:
    return [one.name for one in result.violations if one.waived_by]


def about_waivers(result) -> list[tuple[str, str]]:
    return [(one.rule, one.topic) for one in result.violations if "waiver" in one.rule]


def test_a_waived_violation_stays_and_does_not_fail(tmp_path):
    result = checked(tmp_path)
    (one,) = result.violations
    assert (one.rule, one.waived_by, one.fails) == ("denied-license", "W-1", False)
    assert result.waivers[0].reason.text == "bought"


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        ({"versions": ">=1.2,<1.9"}, True),
        ({"versions": "<1.5"}, False),
        ({"component": "pkg:deb/debian/ba*"}, True),
        ({"component": "pkg:deb/debian/tar"}, False),
        ({"component": "PKG:deb/debian/bash"}, None),
        ({"license": "GPL-3.0-or-later"}, True),
        ({"license": "GPL-3.0-only"}, False),
        ({"role": "base-os"}, True),
        ({"role": "container"}, False),
        ({"image": "os"}, True),
        ({"image": "app"}, False),
        ({"rule": "review-license"}, False),
        ({"component": "", "license": "GPL-3.0-or-later"}, True),
    ],
)
def test_what_a_waiver_accepts(tmp_path, change, holds):
    if holds is None:
        assert faults(tmp_path, change)
    else:
        result = checked(tmp_path, change)
        assert bool(waived(result)) is holds
        assert about_waivers(result) == ([] if holds else [("unused-waiver", "W-1")])
        assert any(one.fails for one in result.violations) is not holds


def test_the_last_day_still_holds_and_the_next_does_not(tmp_path):
    last = date(2027, 5, 1)
    assert waived(checked(tmp_path, today=last)) == ["bash"]
    result = checked(tmp_path, today=last + timedelta(1))
    assert waived(result) == []
    assert about_waivers(result) == [("expired-waiver", "W-1")]
    assert "1 violation counts again" in result.violations[1].message
    assert sum(one.fails for one in result.violations) == 2


def test_the_end_is_announced(tmp_path):
    assert about_waivers(checked(tmp_path, today=date(2027, 3, 31))) == []
    assert about_waivers(checked(tmp_path, today=date(2027, 4, 1))) == [("waiver-ends-soon", "W-1")]


def test_the_next_waiver_takes_over_when_one_has_ended(tmp_path):
    result = checked(tmp_path, {"expires": "2026-11-02"}, {"id": "W-2"})
    assert [one.waived_by for one in result.violations if one.rule == "denied-license"] == ["W-2"]
    assert about_waivers(result) == [("expired-waiver", "W-1")]


def test_a_waiver_of_many_components_is_too_broad(tmp_path):
    many = [component(f"gnu{number}", "GPL-3.0-only") for number in range(11)]
    result = checked(tmp_path, {"component": "pkg:deb/debian/gnu*"}, bom=bom_of(*many))
    assert len(waived(result)) == 11
    assert about_waivers(result) == [("broad-waiver", "W-1")]
    assert about_waivers(checked(tmp_path, {"component": "pkg:deb/debian/gnu*"}, bom=bom_of(*many[:10]))) == []


def test_a_waiver_for_one_license_text(tmp_path):
    text = ShippedText("license", "a" * 64, Location("os", 0, "usr/share/doc/bash/copyright", 1))
    bash = component("bash", "GPL-3.0-or-later", 5, texts=(text,))
    assert waived(checked(tmp_path, {"text_sha256": "a" * 64}, bom=bom_of(bash))) == ["bash"]
    result = checked(tmp_path, {"text_sha256": "b" * 64}, bom=bom_of(bash))
    assert waived(result) == []
    assert about_waivers(result) == [("outdated-waiver", "W-1")]


def test_a_component_in_two_images_is_waived_in_the_one_that_is_named(tmp_path):
    places = tuple(Occurrence(Location(name, 0, "var/lib/dpkg/status", 1), State.VISIBLE) for name in ("app", "os"))
    result = checked(tmp_path, {"image": "app"}, bom=bom_of(component("bash", "GPL-3.0-only", occurrences=places)))
    found = {(one.image, one.waived_by) for one in result.violations if one.rule == "denied-license"}
    assert found == {("app", "W-1"), ("os", "")}


def test_what_could_not_be_read_can_be_accepted_for_one_image(tmp_path):
    bom = bom_of(problems=(Problem(Location("app", 0, "x.jar"), "engine", "no cataloger"),))
    assert not checked(tmp_path, bom=bom).accepted_problems
    assert checked(tmp_path, {"rule": "incomplete-scan", "component": "", "image": "app"}, bom=bom).accepted_problems


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"expires": ""}, "waivers.yaml:2:5: 'expires' is missing"),
        ({"owner": ""}, "'owner' is missing"),
        ({"reason": "{kind: NO_REASON, text: x}"}, "'NO_REASON': expected one of"),
        ({"reason": "{kind: CANT_FIX}"}, "'text' is missing in 'reason'"),
        ({"expires": "2027-02-30"}, "is not a date of the calendar"),
        ({"expires": "2028-11-01"}, "731 days after created; the policy allows 366"),
        ({"expires": "2026-10-01"}, "lies before created"),
        ({"created": "2026-12-01"}, "lies in the future: the clock says 2026-11-20"),
        ({"rule": "denied-licence"}, "there is no rule 'denied-licence', did you mean 'denied-license'?"),
        ({"component": "bash"}, "is no purl"),
        ({"component": "pkg:deb/debian/bash@5.2"}, "has a version; write it under versions"),
        ({"component": "pkg:deb/debian/bash?arch=arm64"}, "has qualifiers"),
        ({"component": "pkg:*"}, "is no purl"),
        ({"versions": ">>5"}, "is no condition on a version"),
        ({"component": "", "license": "MIT", "versions": ">=1"}, "versions need a component"),
        ({"license": "Nope"}, "is no license expression"),
        ({"component": ""}, "it would accept every violation of the rule"),
        ({"id": "W 1"}, "is not a short id without spaces"),
        ({"role": "desktop"}, "expected one of base-os, container"),
        ({"text_sha256": "abc"}, "is not a SHA-256 in hex"),
        ({"severity": "error"}, "unknown key 'severity'"),
    ],
)
def test_each_fault_is_told_with_its_place(tmp_path, change, expected):
    found = faults(tmp_path, change)
    assert len(found) == 1, found
    assert expected in found[0]
    assert found[0].startswith("waivers.yaml:")


def test_all_faults_are_told_at_once(tmp_path):
    found = faults(tmp_path, {"rule": "no-such"}, {"component": "bash", "versions": ">>"})
    assert len(found) == 4, found
    assert "'W-1' is already the waiver of line 2" in found[1]


def test_thousands_of_waivers_cost_nothing(tmp_path):
    many = [component(f"gnu{number}", "GPL-3.0-only") for number in range(2_000)]
    changes = [{"id": f"W-{number}", "component": f"pkg:deb/debian/gnu{number}"} for number in range(2_000)]
    file = written(tmp_path, *changes)
    with ends():
        waivers = load_waivers(file, WaiverTerms(), TODAY)
        result = run(bom_of(*many), policy_of(tmp_path, POLICY), waivers, today=TODAY)
    assert len(waived(result)) == 2_000
