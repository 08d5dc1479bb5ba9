"""Every rule on every case of ``fixtures/rules/RULE/``; a new rule needs no code here."""

from __future__ import annotations

import json

import pytest
from conftest import ROOT, expect
from rule_cases import CASES, RULES, read_bom, result_of

from sbomctl.policy.rules import RULES as KNOWN


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_the_rule_says_what_is_expected(case):
    found = [one for one in result_of(case).violations if one.rule == case.parent.name]
    facts = [
        {
            "severity": one.severity.value,
            "component": f"{one.name} {one.version}".strip(),
            "image": one.image,
            "license": one.license,
            "message": one.message,
            "seen at": [str(place) for place in one.locations],
            "by": one.decided_by.line if one.decided_by else 0,
        }
        for one in found
    ]
    shown = [{key: value for key, value in one.items() if value} for one in facts]
    expect(json.dumps(shown, indent=1, ensure_ascii=False) + "\n", case / "expected.json")


def test_every_rule_has_a_fixture_and_every_fixture_a_rule():
    names = {rule.name for rule in KNOWN}
    assert names == {path.name for path in RULES.iterdir() if path.is_dir() and path.name != "truth"}
    assert len(names) == len(KNOWN)


def test_every_module_is_registered_and_says_what_it_is():
    modules = {path.stem for path in (ROOT / "sbomctl/policy/rules").glob("[a-z]*.py")}
    assert modules == {type(rule).__module__.rpartition(".")[2] for rule in KNOWN}
    for rule in KNOWN:
        assert rule.about
        assert not rule.about.endswith(".")
        assert rule.how_to_fix.endswith(".")
        assert rule.severity in ("error", "warning", "note", "off")


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_no_violation_is_without_words_place_and_remedy(case):
    bom = read_bom(case)
    for one in result_of(case).violations:
        assert one.message
        assert not one.message.endswith(".")
        assert one.how_to_fix.endswith((".", "them"))
        assert len(one.fingerprint) == 32
        if one.component:
            assert one.locations, one
            assert one.component in {component.id for component in bom.components}
