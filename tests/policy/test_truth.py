"""The truth table of ``fixtures/rules/truth/`` and the cases of the shipped policies."""

from __future__ import annotations

import pytest
from conftest import ROOT
from rule_cases import RULES

from sbomctl import api

TABLES = sorted([*RULES.glob("truth/*.test.yaml"), *(ROOT / "policies").glob("*.test.yaml")])


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.name)
def test_the_policy_says_what_is_required(table):
    assert api.run_policy_cases(str(table)).failures == ()


def test_there_are_enough_cases():
    assert sum(api.run_policy_cases(str(table)).count for table in TABLES) >= 250


def test_every_shipped_policy_has_cases():
    tested = {path.name.removesuffix(".test.yaml") for path in TABLES}
    assert set(api.shipped_policies()) <= tested
    assert set(api.shipped_policies()) == {"copyleft-ok", "embedded-locked", "permissive"}
