"""Every form of findings: expected bytes, official schema, public parsers, hostile names, no more than fits."""

from __future__ import annotations

import io
import json
import re

import jsonschema
import msgspec
import pytest
from conftest import FIXTURES, ROOT, expect
from results import ATTACK, bom, clean, edge, part, policy

from sbomctl.findings import FINDINGS_WRITERS
from sbomctl.policy.run import run
from sbomctl.readers.findings_json import decode_findings, is_findings

FORMS = {writer.kind: writer for writer in FINDINGS_WRITERS}
FOLDER = FIXTURES / "findings"
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def written(kind: str, result=None) -> str:
    out = io.BytesIO()
    FORMS[kind].write(result or edge(), out)
    return out.getvalue().decode("utf-8")


@pytest.mark.parametrize("kind", FORMS)
def test_expected_document(kind):
    text = re.sub(r"(shipped:[a-z-]+[.]yaml:)[0-9]+", r"\g<1>N", written(kind))
    text = re.sub(r'("line": |"startLine": )[0-9]+', r"\g<1>0", text) if kind in ("json", "sarif") else text
    expect(text, FOLDER / f"edge{FORMS[kind].suffix if kind != 'gitlab-codequality' else '.gitlab.json'}.{kind}")


@pytest.mark.parametrize("kind", FORMS)
def test_the_same_result_gives_the_same_bytes(kind):
    assert written(kind) == written(kind)


@pytest.mark.parametrize("kind", FORMS)
def test_nothing_steers_a_terminal_or_the_reading_order(kind):
    if kind != "json":  # which programs read, and which keeps names as they are
        assert not STEERING.search(written(kind))
    assert written(kind, clean())


@pytest.mark.parametrize("kind", FORMS)
def test_waived_and_open_violations_are_in_every_form(kind):
    text = written(kind)
    assert "tar" in text
    assert "bash" in text or "waived" in text


def test_kinds_are_unique_and_every_module_is_registered():
    modules = {path.stem for path in (ROOT / "sbomctl/findings").glob("[a-z]*.py")} - {"base"}
    assert modules == {type(one).__module__.rpartition(".")[2] for one in FINDINGS_WRITERS}
    assert len(FORMS) == len(FINDINGS_WRITERS)
    assert all(one.about for one in FINDINGS_WRITERS)


# SARIF


def sarif(result=None):
    return json.loads(written("sarif", result))["runs"][0]


@pytest.mark.parametrize("result", [edge, clean], ids=["edge", "clean"])
def test_sarif_is_valid_by_the_official_schema(result):
    schema = json.loads((FOLDER / "sarif-2.1.0-rtm.5.schema.json").read_bytes())
    log = json.loads(written("sarif", result()))
    # jsonschema, because a pattern of this schema is none for the regular expressions of Rust
    errors = [f"{error.json_path}: {error.message}" for error in jsonschema.Draft4Validator(schema).iter_errors(log)]
    assert errors == []


def test_sarif_lists_every_rule_and_refers_to_it():
    run_ = sarif()
    rules = run_["tool"]["driver"]["rules"]
    assert {rule["id"] for rule in rules} == {one.name for one in edge().rules}
    for one in run_["results"]:
        assert rules[one["ruleIndex"]]["id"] == one["ruleId"]
        assert all(location["physicalLocation"]["artifactLocation"]["uri"] for location in one["locations"])


def test_sarif_says_what_is_waived_new_unchanged_and_fixed():
    found = {(one["ruleId"], one["properties"].get("purl", "")[:24]): one for one in sarif()["results"]}
    bash = found["denied-license", "pkg:deb/debian/bash@5.2."]
    assert bash["baselineState"] == "unchanged"
    (suppression,) = bash["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert suppression["properties"]["expires"] == "2026-12-01"
    assert bash["workItemUris"] == ["https://tickets.example/COMP-123"]
    assert found["denied-license", "pkg:deb/debian/tar@1.34?"]["baselineState"] == "new"
    assert found["denied-license", "pkg:deb/debian/grep@1.0?"]["baselineState"] == "absent"
    tar = found["denied-license", "pkg:deb/debian/tar@1.34?"]
    assert (tar["kind"], tar["level"]) == ("fail", "error")
    logical = [one["kind"] for one in tar["locations"][0]["logicalLocations"]]
    assert logical == ["package", "image", "layer"]
    review = found["review-license", "pkg:deb/debian/libstdc++"]
    assert (review["kind"], review["level"]) == ("review", "none")


# JUnit


def test_junit_is_read_by_a_public_parser(tmp_path):
    from junitparser import JUnitXml

    (tmp_path / "junit.xml").write_text(written("junit"), encoding="utf-8")
    read = JUnitXml.fromfile(str(tmp_path / "junit.xml"))
    suites = {suite.name: suite for suite in read}
    result = edge()
    assert list(suites) == [one.name for one in result.rules]
    failing = sum(one.fails for one in result.violations)
    assert read.failures == sum(suite.failures for suite in read) == failing > 0
    denied = suites["denied-license"]
    assert (denied.tests, denied.failures, denied.skipped) == (3, 2, 1)
    for suite in read:
        cases = list(suite)
        assert suite.tests == len(cases)
        assert suite.failures == sum(case.is_failure for case in cases)
        assert suite.skipped == sum(case.is_skipped for case in cases)


# JSON


def test_json_is_read_back_and_is_a_baseline():
    data = written("json").encode()
    assert is_findings(data)
    assert decode_findings(data, "x.json") == edge()


def test_json_of_a_newer_version_is_refused():
    from sbomctl.errors import CorruptInput, UnsupportedInput

    with pytest.raises(UnsupportedInput, match="format 99"):
        decode_findings(b'{"sbomctl_check": 99}', "x.json")
    for data in (b"", b"{}", b"[]", b'{"sbomctl_check": 1}', b"\xff", b'{"sbomctl_check": 1, "result": {}}'):
        with pytest.raises(CorruptInput, match="holds no findings"):
            decode_findings(data, "x.json")


# GitHub, GitLab, Markdown, summary


def test_github_commands_have_the_documented_form():
    lines = written("github").splitlines()
    for line in lines:
        match = re.fullmatch(r"::(error|warning|notice) ((?:file=[^,:]+,line=\d+,)?title=[^,:]*)::(.*)", line)
        assert match, line
        assert "\n" not in match[3]
    assert lines[-1].startswith("::notice title=sbomctl failed::edge-gateway 2.4.0")
    assert "1 waived" in lines[-1]


def test_github_points_at_the_policy_line_of_the_user(tmp_path, monkeypatch):
    from sbomctl.policy.load import load_policy

    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.yaml").write_text("policy: {name: p}\nlicenses:\n  - {verdict: deny, licenses: [MIT]}\n")
    result = run(bom(part("x", "MIT")), load_policy("p.yaml"), today=edge_day())
    assert "::error file=p.yaml,line=3,title=denied-license" in written("github", result)


def edge_day():
    from results import TODAY

    return TODAY


def test_gitlab_issues_have_what_gitlab_asks_for():
    issues = json.loads(written("gitlab-codequality"))
    assert len(issues) == len(edge().violations)
    assert len({one["fingerprint"] for one in issues}) == len(issues)
    for one in issues:
        assert set(one) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert one["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert one["location"]["path"]
        assert one["location"]["lines"]["begin"] >= 1
    assert [one["severity"] for one in issues if "waived by W-7" in one["description"]] == ["info"]


def test_markdown_never_exceeds_a_comment_and_takes_no_markup_from_names():
    text = written("markdown")
    assert "<b>" not in text
    assert "`@all`" not in text
    many = bom(*(part(f"p{number}{ATTACK}", f"LicenseRef-{number}") for number in range(3_000)))
    long = written("markdown", run(many, policy(), today=edge_day()))
    assert len(long) < 65_536
    assert "more; see the full report" in long


def test_the_summary_fits_80_columns_and_ends_with_the_outcome():
    lines = written("summary").splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[-1].startswith("FAILED: ")
    assert lines[-2].startswith("INCOMPLETE: 1 problem")
    assert written("summary", clean()).splitlines()[-1] == "PASSED: 0 errors, 0 warnings, 0 notes"


def test_the_summary_of_thousands_of_violations_stays_short():
    many = bom(*(part(f"p{number}", f"LicenseRef-{number}") for number in range(3_000)))
    text = written("summary", run(many, policy(), today=edge_day()))
    assert len(text.splitlines()) < 60
    assert "and 2,994 violations more" in text


def test_a_waived_problem_does_not_leave_the_check_incomplete():
    result = msgspec.structs.replace(clean(), problems=1, accepted_problems=True)
    assert written("summary", result).splitlines()[-1].startswith("PASSED")
