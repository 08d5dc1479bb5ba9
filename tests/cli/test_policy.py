"""``sbomctl policy`` and ``sbomctl waivers``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_check import POLICY, WAIVER, licensed
from test_explain import document

from sbomctl import api
from sbomctl.cli.main import cli


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1717200000")  # 2024-06-01
    return tmp_path


def run(*arguments: str, code: int = 0):
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == code, result.output
    return result


def test_explain_shows_the_line_and_what_the_license_asks():
    shown = run("policy", "explain", "GPL-2.0-or-later AND Apache-2.0", "--policy", "embedded-locked").stdout
    assert shown.splitlines()[0] == "Apache-2.0 AND GPL-2.0-or-later: deny"
    assert "elected: GPL-2.0-or-later -> GPL-3.0-only" in shown
    assert "GPL-2.0-or-later, taken as GPL-3.0-only: deny" in shown
    assert "by:      shipped:embedded-locked.yaml:" in shown
    assert "asks:    changes, notice-file, notices, text" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_explain_asks_about_a_place():
    arguments = ("policy", "explain", "GPL-3.0-only", "--policy", "embedded-locked")
    assert ": deny" in run(*arguments).stdout
    assert ": allow" in run(*arguments, "--locked-boot", "no").stdout


def test_explain_of_what_is_no_license():
    result = run("policy", "explain", "Apache2", "--policy", "permissive", code=2)
    assert "did you mean Apache-2.0?" in result.stderr


def test_explain_takes_the_policy_of_this_directory(place):
    assert "there is no policy.yaml here" in run("policy", "explain", "MIT", code=2).stderr
    run("policy", "init")
    assert "MIT: allow" in run("policy", "explain", "MIT").stdout
    assert "by:      policy.yaml:" in run("policy", "explain", "JSON").stdout


def test_init_writes_a_policy_that_works_and_replaces_none(place):
    assert "wrote policy.yaml" in run("policy", "init", "--extends", "embedded-locked").stdout
    policy = api.load_policy("policy.yaml")
    assert [file.name for file in policy.files[:-1]] == [
        "policy.yaml", "shipped:embedded-locked.yaml", "shipped:copyleft-ok.yaml"
    ]  # fmt: skip
    assert "policy.yaml exists" in run("policy", "init", code=2).stderr
    run("policy", "init", "--force")
    assert "no shipped policy 'none'" in run("policy", "init", "--extends", "none", "x.yaml", code=2).stderr


def test_every_comment_of_the_starter_is_valid_once_it_is_uncommented(place):
    from sbomctl.cli.policy import STARTER

    lines = STARTER.format(file="p.yaml", name="p", base="permissive").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("# rules"))
    body = [line.removeprefix("# ") for line in lines[start:]]
    Path("p.yaml").write_text("\n".join(lines[:start] + body) + "\n", encoding="utf-8")
    assert api.load_policy("p.yaml").waivers.longest_days == 180
    lines = [line.replace("  # ", "  ") if line.startswith("  # ") and ":" in line else line for line in lines]
    kept = [line for line in lines if "once somebody has read it" not in line and "Only for one package" not in line]
    Path("p.yaml").write_text("\n".join(kept) + "\n", encoding="utf-8")
    assert len(api.load_policy("p.yaml").lines) > 3


def test_cases_beside_a_policy_are_run(place):
    Path("own.yaml").write_text(POLICY, encoding="utf-8")
    assert "NAME.test.yaml" in run("policy", "test", "own.yaml", code=2).stderr
    Path("own.test.yaml").write_text(
        "cases:\n  - {expression: MIT, verdict: allow}\n"
        "  - {expression: GPL-3.0-only, verdict: allow, because: a test}\n",
        encoding="utf-8",
    )
    shown = run("policy", "test", code=1).stdout
    assert "own.test.yaml:3:5: 'GPL-3.0-only': allow is expected, the policy says deny" in shown
    assert "(a test)" in shown
    assert "own.test.yaml: 2 cases, 1 failure" in shown
    assert run("policy", "test", "own.yaml", code=1).stdout == shown
    Path("own.test.yaml").write_text("cases:\n  - {expresion: MIT, verdict: allow}\n", encoding="utf-8")
    assert "did you mean 'expression'?" in run("policy", "test", code=2).stderr


@pytest.mark.parametrize("name", ["permissive", "copyleft-ok", "embedded-locked"])
def test_the_cases_of_shipped_policies_pass(name):
    assert "passed" in run("policy", "test", name).stdout


@pytest.mark.parametrize("name", ["policy", "waivers", "cases"])
def test_schemas_are_valid_and_explained(name):
    schema = json.loads(run("schema", name).stdout)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["description"]
    if name == "policy":
        rules = schema["properties"]["rules"]["properties"]
        assert {rule.name for rule in api.rules()} | api.waiver_rules() == set(rules)
        assert all(one["description"] for one in rules.values())


# Waivers

ADD = (
    "waivers", "add", "--id", "W-2", "--rule", "denied-license", "--component", "pkg:deb/debian/tar", "--kind",
    "CANT_FIX", "--text", 'a "quoted" reason: #1', "--owner", "os", "--approver", "legal", "--expires", "2024-12-01",
)  # fmt: skip


def test_waivers_are_listed_by_their_end(place):
    Path("waivers.yaml").write_text(WAIVER, encoding="utf-8")
    run(*ADD)
    lines = run("waivers", "list").stdout.splitlines()
    assert lines[1].split()[:4] == ["W-2", "2024-12-01", "183", "denied-license"]
    assert lines[2].split()[:3] == ["W-1", "2024-12-31", "213"]
    assert lines[-1] == "2 waivers, 0 ended"
    assert max(map(len, lines)) <= 80


def test_a_waiver_is_added_to_a_file_that_is_not_there(place):
    run(*ADD)
    assert [one.id for one in api.load_waivers("waivers.yaml", None, _day())] == ["W-2"]
    assert api.load_waivers("waivers.yaml", None, _day())[0].reason.text == 'a "quoted" reason: #1'


def test_an_added_waiver_takes_the_indent_of_the_file(place):
    Path("waivers.yaml").write_text("# ours\n" + WAIVER.replace("\n  ", "\n"), encoding="utf-8")
    run(*ADD)
    assert Path("waivers.yaml").read_text().startswith("# ours\nwaivers:\n- id: W-1\n")
    assert [one.id for one in api.load_waivers("waivers.yaml", None, _day())] == ["W-1", "W-2"]
    Path("empty.yaml").write_text("waivers: []\n", encoding="utf-8")
    run("waivers", "add", "empty.yaml", *ADD[2:])
    assert [one.id for one in api.load_waivers("empty.yaml", None, _day())] == ["W-2"]


def _day():
    from datetime import date

    return date(2024, 6, 1)


def test_a_faulty_waiver_is_not_written(place):
    Path("waivers.yaml").write_text(WAIVER, encoding="utf-8")
    before = Path("waivers.yaml").read_bytes()
    result = run(*ADD[:-1], "2030-01-01", code=2)
    assert "the policy allows 366" in result.stderr
    result = run(*ADD[:3], "W-1", *ADD[4:], code=2)
    assert "'W-1' is already the waiver of line 2" in result.stderr
    assert Path("waivers.yaml").read_bytes() == before
    Path("flow.yaml").write_text("waivers: [{}]\n", encoding="utf-8")
    assert "written in one line" in run("waivers", "add", "flow.yaml", *ADD[2:], code=2).stderr


def test_check_tells_ended_and_unused_waivers(place, monkeypatch):
    Path("waivers.yaml").write_text(WAIVER, encoding="utf-8")
    Path("policy.yaml").write_text(POLICY, encoding="utf-8")
    assert run("waivers", "check").stdout == "1 waiver, 0 findings\n"
    used = document(place, licensed("GPL-3.0-only"))
    arguments = ("waivers", "check", "waivers.yaml")
    assert "0 findings" in run(*arguments, "--against", used, "--policy", "policy.yaml").stdout
    unused = document(place, licensed("MIT"))
    shown = run(*arguments, "--against", unused, "--policy", "policy.yaml", code=1).stdout
    assert "waivers.yaml:2: waiver W-1: it accepts nothing" in shown
    assert "Name the policy" in run(*arguments, "--against", unused, code=2).stderr
    Path("more.yaml").write_text(WAIVER.replace("W-1", "W-9"), encoding="utf-8")
    assert run("waivers", "check", "waivers.yaml", "more.yaml").stdout == "2 waivers, 0 findings\n"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1735689600")  # 2025-01-01
    assert "waivers.yaml:2: waiver W-1: it ended on 2024-12-31" in run("waivers", "check", code=1).stdout
