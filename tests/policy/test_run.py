"""One check as a whole: severities, profiles, what fails, baselines, views, places of evidence."""

from __future__ import annotations

import pytest
from conftest import ends
from rule_cases import TODAY, bom_of, component, policy_of

from sbomctl.errors import ConfigError
from sbomctl.model import (
    ComponentType,
    Expression,
    LicenseFacts,
    LicenseFinding,
    Location,
    Occurrence,
    Problem,
    Severity,
    State,
)
from sbomctl.policy.baseline import baseline_of
from sbomctl.policy.context import expression_of
from sbomctl.policy.load import load_policy
from sbomctl.policy.run import Demand, run

LINES = (
    "licenses:\n  - {verdict: deny, licenses: ['GPL-3.0-*']}\n  - {verdict: review, classes: [weak-copyleft]}\n"
    "  - {verdict: allow, classes: [permissive, strong-copyleft]}\n"
)


def check(folder, *components, text: str = LINES, bom=None, **demand):
    baseline = demand.pop("baseline", None)
    policy = policy_of(folder, text)
    return run(bom or bom_of(*components), policy, today=TODAY, demand=Demand(**demand), baseline=baseline)


def rules(result) -> list[str]:
    return [one.rule for one in result.violations]


def failing(result) -> list[str]:
    return [one.rule for one in result.violations if one.fails]


def test_the_most_severe_comes_first_and_names_its_line(tmp_path):
    result = check(tmp_path, component("a", "MPL-2.0"), component("b", "GPL-3.0-only"), component("c", "LicenseRef-x"))
    assert rules(result) == ["denied-license", "unknown-license", "review-license"]
    denied = result.violations[0]
    assert str(denied.decided_by).endswith("policy.yaml:3")
    assert denied.locations == (Location("os", 0, "usr/share/doc/b/copyright", 1),)
    assert (denied.purl, denied.image, denied.role) == ("pkg:deb/debian/b@1.0?arch=arm64", "os", "base-os")
    assert failing(result) == ["denied-license", "unknown-license"]


@pytest.mark.parametrize(
    ("demand", "expected"),
    [
        ({}, ["denied-license", "unknown-license"]),
        ({"profile": "release"}, ["denied-license", "unknown-license"]),
        ({"profile": "pr"}, ["denied-license"]),
        ({"profile": "audit"}, ["denied-license", "unknown-license", "review-license"]),
        ({"fail_on": "warning"}, ["denied-license", "unknown-license", "review-license"]),
        ({"profile": "pr", "fail_on": "note"}, ["denied-license", "review-license", "unknown-license"]),
        ({"fail_on": "never"}, []),
    ],
)
def test_profiles_and_thresholds(tmp_path, demand, expected):
    parts = (component("a", "MPL-2.0"), component("b", "GPL-3.0-only"), component("c", "LicenseRef-x"))
    assert failing(check(tmp_path, *parts, **demand)) == expected


def test_a_profile_of_the_policy_sets_and_a_built_in_one_only_lowers(tmp_path):
    text = (
        f"{LINES}rules: {{unknown-license: {{severity: note}}}}\n"
        "profiles:\n  strict: {severities: {unknown-license: error}}\n"
    )
    parts = (component("c", "LicenseRef-x"),)
    assert check(tmp_path, *parts, text=text, profile="pr").violations[0].severity is Severity.NOTE
    assert check(tmp_path, *parts, text=text, profile="strict").violations[0].severity is Severity.ERROR
    with pytest.raises(ConfigError, match="no profile 'prr', did you mean 'pr'"):
        check(tmp_path, *parts, text=text, profile="prr")


def test_a_rule_that_is_off_finds_nothing_and_is_listed(tmp_path):
    result = check(
        tmp_path, component("c", "LicenseRef-x"), text=f'{LINES}rules: {{unknown-license: {{severity: "off"}}}}\n'
    )
    assert rules(result) == []
    assert {one.name: one.severity for one in result.rules}["unknown-license"] == ""


def test_problems_never_fail_as_violations(tmp_path):
    bom = bom_of(component("a", "MIT"), problems=(Problem(Location("os", 0, "x"), "dpkg", "broken"),))
    result = check(tmp_path, bom=bom, fail_on="note")
    assert rules(result) == ["incomplete-scan"]
    assert (failing(result), result.problems, result.accepted_problems) == ([], 1, False)


def test_a_component_is_judged_in_each_image_and_state(tmp_path):
    text = (
        "licenses:\n  - {verdict: deny, licenses: [MIT], roles: [container]}\n"
        "  - {verdict: deny, licenses: [MIT], states: [deleted]}\n  - {verdict: allow, licenses: [MIT]}\n"
    )
    here, there = Location("os", 0, "status", 1), Location("app", 0, "status", 1)
    both = component("both", "MIT", occurrences=(Occurrence(there), Occurrence(here)))
    hidden = component("hidden", "MIT", occurrences=(Occurrence(here), Occurrence(here, State.DELETED, 0, 1)))
    seen = component("seen", "MIT")
    found = [(one.name, one.image, one.states) for one in check(tmp_path, both, hidden, seen, text=text).violations]
    assert found[:2] == [("both", "app", ("visible",)), ("hidden", "os", ("deleted", "visible"))]


def test_lines_for_single_components(tmp_path):
    text = (
        "licenses:\n  - {verdict: allow, licenses: [GPL-3.0-only], components: ['pkg:deb/debian/b*']}\n"
        "  - {verdict: deny, licenses: [GPL-3.0-only]}\n"
    )
    parts = (component("bash", "GPL-3.0-only"), component("tar", "GPL-3.0-only"))
    denied = [one.name for one in check(tmp_path, *parts, text=text).violations if one.rule == "denied-license"]
    assert denied == ["tar"]


def test_source_packages_are_not_judged(tmp_path):
    source = component("glibc", "GPL-3.0-only", type=ComponentType.SOURCE, occurrences=())
    assert rules(check(tmp_path, source)) == []


def test_a_component_of_which_no_place_is_known_is_judged_all_the_same(tmp_path):
    bare = component("bare", "", occurrences=(), licenses=LicenseFacts(), texts=(), purl="", version="")
    result = check(tmp_path, bare, component("x", "GPL-3.0-only", occurrences=()))
    assert [(one.rule, one.name, one.image) for one in result.violations if one.severity is Severity.ERROR] == [
        ("denied-license", "x", ""),
        ("missing-license", "bare", ""),
    ]


def test_elections_are_recorded_with_what_is_left_aside(tmp_path):
    result = check(tmp_path, component("a", "MIT OR LicenseRef-x"), component("b", "GPL-2.0-or-later"))
    assert [(one.name, one.given, one.chosen, one.aside) for one in result.elections] == [
        ("a", "LicenseRef-x OR MIT", "MIT", ("LicenseRef-x",)),
        ("b", "GPL-2.0-or-later", "GPL-2.0-only", ()),
    ]
    assert "policy.yaml:5" in result.elections[0].reason


@pytest.mark.parametrize(
    ("facts", "view", "expected"),
    [
        ({"effective": "MIT", "concluded": "MIT OR ISC"}, "effective", "MIT"),
        ({"concluded": "ISC", "declared": "MIT"}, "effective", "ISC"),
        ({"declared": "MIT"}, "effective", "MIT"),
        ({"detected": "MIT"}, "effective", "MIT"),
        ({"declared": "MIT", "detected": "ISC"}, "effective", "ISC AND MIT"),
        ({"declared": "MIT", "detected": "MIT"}, "effective", "MIT"),
        ({}, "effective", ""),
        ({"concluded": "ISC", "declared": "MIT", "detected": "X11"}, "declared-and-detected", "MIT AND X11"),
        ({"concluded": "ISC", "declared": "MIT"}, "declared", "MIT"),
        ({"concluded": "ISC", "declared": "MIT"}, "detected", ""),
        ({"declared": "not an expression", "detected": "MIT"}, "effective", "not an expression"),
    ],
)
def test_views(facts, view, expected):
    made = LicenseFacts(**{key: Expression(value) for key, value in facts.items()})
    assert expression_of(made, view) == expected


def test_evidence_is_of_the_license_and_of_the_image(tmp_path):
    places = {name: Location(name, 0, f"{name}/copyright", 3) for name in ("os", "app")}
    findings = [
        LicenseFinding("GPL-3", places["os"], "dpkg", expression=Expression("GPL-3.0-only")),
        LicenseFinding("GPL-3", places["app"], "dpkg", expression=Expression("MIT AND GPL-3.0-only")),
        LicenseFinding("MIT", Location("os", 0, "mit"), "dpkg", expression=Expression("MIT")),
    ]
    facts = LicenseFacts(concluded=Expression("GPL-3.0-only AND MIT"), findings=tuple(findings))
    occurrences = tuple(Occurrence(Location(name, 0, "status", 1)) for name in ("app", "os"))
    result = check(tmp_path, component("x", "", licenses=facts, occurrences=occurrences))
    assert {one.image: one.locations for one in result.violations if one.rule == "denied-license"} == {
        name: (place,) for name, place in places.items()
    }


# Baselines


def test_a_rebuild_opens_nothing_and_a_changed_license_does(tmp_path):
    before = check(
        tmp_path, component("bash", "GPL-3.0-only"), component("gone", "GPL-3.0-only"), component("c", "MIT")
    )
    place = Location("os", 3, "usr/lib/dpkg/status", 99)
    after = check(
        tmp_path,
        component("bash", "GPL-3.0-only", 7, occurrences=(Occurrence(place),)),
        component("new", "GPL-3.0-only"),
        component("c", "GPL-3.0-or-later", 2),
        baseline=baseline_of(before),
    )
    assert {(one.name, one.rule): one.baseline for one in after.violations} == {
        ("bash", "denied-license"): "unchanged",
        ("new", "denied-license"): "new",
        ("c", "denied-license"): "new",
        ("c", "license-changed"): "new",
    }
    assert [one.name for one in after.fixed] == ["gone"]
    only_new = check(tmp_path, component("bash", "GPL-3.0-only", 7), baseline=baseline_of(before), only_new=True)
    assert failing(only_new) == []


def test_only_new_needs_a_baseline(tmp_path):
    with pytest.raises(ConfigError, match="needs something to compare with"):
        check(tmp_path, only_new=True)


def test_the_same_component_in_another_image_is_new(tmp_path):
    before = check(tmp_path, component("bash", "GPL-3.0-only"))
    moved = component("bash", "GPL-3.0-only", occurrences=(Occurrence(Location("app", 0, "status", 1)),))
    after = check(tmp_path, moved, baseline=baseline_of(before))
    assert [one.baseline for one in after.violations if one.rule == "denied-license"] == ["new"]


def test_two_versions_of_one_package_are_told_apart_and_compared(tmp_path):
    parts = (component("js", "GPL-3.0-only", 1), component("js", "GPL-3.0-only", 2), component("js", "MIT", 3))
    before = check(tmp_path, *parts)
    assert len({one.fingerprint for one in before.violations}) == 2
    after = check(tmp_path, *parts, baseline=baseline_of(before))
    assert {one.baseline for one in after.violations} == {"unchanged"}
    assert "license-changed" not in rules(after)


def test_another_way_of_writing_a_license_is_no_change(tmp_path):
    before = check(tmp_path, component("x", "MIT AND GPL-3.0-only"))
    after = check(tmp_path, component("x", "GPL-3.0-only AND MIT"), baseline=baseline_of(before))
    assert {one.baseline for one in after.violations} == {"unchanged"}


def test_fingerprints_are_of_single_violations():
    parts = [component(f"p{number}", "GPL-3.0-only AND LGPL-3.0-only") for number in range(50)]
    result = run(bom_of(*parts), load_policy("embedded-locked"), today=TODAY)
    prints = [one.fingerprint for one in result.violations]
    assert len(prints) == 100
    assert len(set(prints)) == len(prints)


# Speed

EXPRESSIONS = (
    "MIT", "GPL-2.0-or-later", "GPL-3.0-or-later", "LGPL-2.1-or-later AND MIT", "Apache-2.0 OR MIT", "LicenseRef-x",
    "BSD-3-Clause", "MPL-2.0", "GPL-2.0-or-later AND Apache-2.0", "ISC AND (MIT OR GPL-1.0-or-later)",
)  # fmt: skip


def many(count: int):
    return bom_of(*(component(f"p{n}", EXPRESSIONS[n % 10 if n % 3 else 0]) for n in range(count)))


def test_a_large_product_has_no_component_that_is_compared_with_all_others():
    bom, policy = many(50_000), load_policy("embedded-locked")
    with ends():
        assert run(bom, policy, today=TODAY).components == 50_000


def test_a_view_of_every_file_holds_what_does_not_reach_the_binary():
    place = Location("os", 0, "usr/share/doc/x/copyright", 9)
    tests = LicenseFinding(
        "GPL-3+", place, "debian-copyright", expression=Expression("GPL-3.0-or-later"), excluded_by="tests"
    )
    facts = LicenseFacts(declared=Expression("MIT"), concluded=Expression("MIT"), findings=(tests,))
    assert expression_of(facts, "effective") == "MIT"
    assert expression_of(facts, "every-file") == "GPL-3.0-or-later AND MIT"
