"""``sbomctl check`` as CI meets it: exit codes, outputs, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from bad_input import ROOTFS
from click.testing import CliRunner
from edge_bom import BASH, EDGE
from test_explain import document

from sbomctl.cli.main import cli
from sbomctl.model import Bom, Expression, LicenseFacts, Problem, State

POLICY = """\
policy: {name: test}
licenses:
  - {verdict: deny, licenses: ['GPL-3.0-*']}
  - {verdict: allow, classes: [permissive]}
"""
WAIVER = """\
waivers:
  - id: W-1
    rule: denied-license
    component: pkg:deb/debian/bash
    reason: {kind: LICENSE_ACQUIRED, text: bought}
    owner: os-team
    approver: legal
    created: 2024-01-01
    expires: 2024-12-31
"""


def licensed(expression: str, **changes) -> Bom:
    """The small product with one package, under that license, complete and with nothing unowned."""
    facts = LicenseFacts(raw=(expression,), concluded=Expression(expression))
    images = tuple(msgspec.structs.replace(one, unowned=()) for one in EDGE.images)
    bash = msgspec.structs.replace(BASH, licenses=facts)
    bom = msgspec.structs.replace(EDGE, components=(bash,), relationships=(), problems=(), images=images)
    return msgspec.structs.replace(bom, **changes)


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1717200000")  # 2024-06-01
    Path("policy.yaml").write_text(POLICY, encoding="utf-8")
    Path("waivers.yaml").write_text(WAIVER, encoding="utf-8")
    return tmp_path


def check(*arguments: str):
    result = CliRunner().invoke(cli, ["check", *arguments])
    assert "Traceback" not in result.output
    return result


def test_violations_are_exit_code_1_and_nothing_else_is(place):
    denied = document(place, licensed("GPL-3.0-only"))
    result = check(denied, "--policy", "policy.yaml")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "FAILED: 2 errors, 2 warnings, 0 notes"
    assert "by      policy.yaml:3" in result.stdout
    fine = document(place, licensed("MIT"))
    assert check(fine, "--policy", "policy.yaml").exit_code == 0
    assert check(fine, "--policy", "policy.yaml", "--profile", "audit").exit_code == 1


def test_incomplete_is_exit_code_4_unless_it_is_allowed(place):
    problems = (Problem(EDGE.problems[0].location, "engine", "no cataloger reads jar files"),)
    broken = document(place, licensed("MIT", problems=problems))
    result = check(broken, "--policy", "policy.yaml")
    assert result.exit_code == 4
    assert "INCOMPLETE: 1 problem" in result.stdout
    assert check(broken, "--policy", "policy.yaml", "--allow-incomplete").exit_code == 0
    both = document(place, licensed("GPL-3.0-only", problems=problems))
    assert check(both, "--policy", "policy.yaml", "--allow-incomplete").exit_code == 1
    assert check(both, "--policy", "policy.yaml").exit_code == 1


def test_a_waiver_accepts_what_could_not_be_read(place):
    """In every run, as --allow-incomplete does in one; also where it is bundled."""
    problems = (Problem(EDGE.problems[0].location, "engine", "no cataloger reads jar files"),)
    arguments = (document(place, licensed("MIT", problems=problems)), "--policy", "policy.yaml")
    accepted = WAIVER.replace("denied-license", "incomplete-scan").replace(
        "component: pkg:deb/debian/bash", f"image: {problems[0].location.image}"
    )
    Path("waivers.yaml").write_text(accepted, encoding="utf-8")
    assert check(*arguments).exit_code == 4
    result = check(*arguments, "--waivers", "waivers.yaml")
    assert result.exit_code == 0, result.output
    bundle = ("bundle", *arguments, "--without", "source-offer", "-o")
    assert CliRunner().invoke(cli, [*bundle, "one"]).exit_code == 4
    assert CliRunner().invoke(cli, [*bundle, "two", "--waivers", "waivers.yaml"]).exit_code == 0


def test_a_waiver_accepts_until_its_last_day(place, monkeypatch):
    denied = document(place, licensed("GPL-3.0-only"))
    arguments = (denied, "--policy", "policy.yaml", "--waivers", "waivers.yaml")
    assert check(*arguments).exit_code == 0
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1735689600")  # 2025-01-01
    result = check(*arguments)
    assert result.exit_code == 1
    assert "it ended on 2024-12-31" in result.stdout
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")  # 2023
    result = check(*arguments)
    assert result.exit_code == 2
    assert "waivers.yaml:8:14: lies in the future: the clock says 2023-11-14" in result.stderr


def test_every_output_is_written_and_the_summary_stays_on_the_terminal(place):
    denied = document(place, licensed("GPL-3.0-only"))
    wishes = [f"-o{kind}={kind}.out" for kind in ("json", "sarif", "junit", "gitlab-codequality", "markdown", "github")]
    result = check(denied, "--policy", "policy.yaml", *wishes)
    assert result.stdout.splitlines()[-1].startswith("FAILED")
    assert all((place / f"{wish.partition('=')[2]}").stat().st_size for wish in wishes)
    result = check(denied, "--policy", "policy.yaml", "-o", "github=-", "-o", "sarif=x.sarif")
    assert all(line.startswith("::") for line in result.stdout.splitlines())
    assert result.exit_code == 1


def test_a_baseline_of_findings_and_one_of_a_document(place):
    before = document(place, licensed("GPL-3.0-only"))
    check(before, "--policy", "policy.yaml", "-o", "json=before.json")
    Path("old.json").write_bytes(Path(before).read_bytes())
    for baseline in ("before.json", "old.json"):
        same = check(before, "--policy", "policy.yaml", "--baseline", baseline, "--fail-on", "new")
        assert same.exit_code == 0, same.output
        changed = document(place, licensed("GPL-3.0-or-later"))
        result = check(changed, "--policy", "policy.yaml", "--baseline", baseline, "--fail-on", "new")
        assert result.exit_code == 1
        assert "4 fixed" in result.stdout.splitlines()[-1]
        before = document(place, licensed("GPL-3.0-only"))


def test_the_same_input_gives_the_same_bytes(place):
    denied = document(place, licensed("GPL-3.0-only"))
    for name in ("one", "two"):
        check(denied, "--policy", "policy.yaml", "-o", f"json={name}.json", "-o", f"sarif={name}.sarif")
    assert Path("one.json").read_bytes() == Path("two.json").read_bytes()
    assert Path("one.sarif").read_bytes() == Path("two.sarif").read_bytes()
    assert str(place) not in Path("one.json").read_text()


def test_a_product_file_names_policy_and_waivers(place):
    Path("os.tar").write_bytes(ROOTFS)
    Path("product.yaml").write_text(
        "product: {name: edge}\nimages:\n  - {name: os, role: base-os, target: 'rootfs:os.tar'}\n"
        "policy: policy.yaml\nwaivers: waivers.yaml\n",
        encoding="utf-8",
    )
    result = check("--no-cache", "--engine", "native", "-o", "json=found.json")
    assert result.exit_code == 1, result.output
    found = json.loads(Path("found.json").read_text())["result"]
    assert found["policy"] == "test"
    assert [one["rule"] for one in found["violations"] if "waiver" in one["rule"]] == ["unused-waiver"]
    Path("product.yaml").write_text(
        "product: {name: edge}\nimages:\n  - {name: os, role: base-os, target: 'rootfs:os.tar'}\npolicy: permissive\n",
        encoding="utf-8",
    )
    result = check("product.yaml", "--no-cache", "--engine", "native")
    assert "policy permissive 1.0" in result.stdout
    result = check("product.yaml", "--no-cache", "--engine", "native", "--policy", "policy.yaml")
    assert "policy test" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "there is no policy to check against"),
        (("--policy", "nothing"), 2, "there is no policy 'nothing'"),
        (("--policy", "policy.yaml", "--profile", "strict"), 2, "no profile 'strict'"),
        (("--policy", "policy.yaml", "--fail-on", "new"), 2, "needs something to compare with"),
        (("--policy", "policy.yaml", "--fail-on", "error", "--fail-on", "note"), 2, "two thresholds"),
        (("--policy", "policy.yaml", "--fail-on", "fatal"), 2, "Invalid value"),
        (("--policy", "policy.yaml", "--waivers", "gone.yaml"), 2, "cannot read gone.yaml"),
        (("--policy", "policy.yaml", "--baseline", "gone.json"), 2, "cannot read the baseline gone.json"),
        (("--policy", "policy.yaml", "--baseline", "policy.yaml"), 3, "policy.yaml is no sbomctl document"),
        (("--policy", "policy.yaml", "-o", "html=x"), 2, "unknown kind 'html'"),
        (("--policy", "policy.yaml", "-o", "sarif=/no/such/folder/x"), 3, "cannot write"),
        (("--policy", "policy.yaml", "-o", "sarif", "-o", "junit"), 2, "two outputs go to standard output"),
        (("--policy", "."), 2, "there is no policy '.'"),
        (("--policy", "x" * 5000), 2, "there is no policy"),
    ],
)
def test_what_is_refused(place, arguments, code, message):
    result = check(document(place, licensed("MIT")), *arguments)
    assert result.exit_code == code, result.output
    assert message in result.stderr


def test_an_sbom_of_another_tool_is_judged_but_never_passes_as_complete(place):
    Path("bom.json").write_text('{"bomFormat": "CycloneDX", "specVersion": "1.6"}', encoding="utf-8")
    result = check("bom.json", "--policy", "policy.yaml")
    assert result.exit_code == 4
    assert "read from an SBOM of an unnamed tool (CycloneDX 1.6)" in result.stdout.replace("\n  ", " ")
    assert check("bom.json", "--policy", "policy.yaml", "--allow-incomplete").exit_code == 0


def test_an_sbom_of_a_version_that_nobody_knows_is_refused(place):
    Path("bom.json").write_text('{"bomFormat": "CycloneDX", "specVersion": "9.9"}', encoding="utf-8")
    result = check("bom.json", "--policy", "policy.yaml")
    assert result.exit_code == 3
    assert "bom.json: CycloneDX 9.9, this sbomctl reads 1.2, 1.3, 1.4, 1.5, 1.6, 1.7" in result.stderr


def test_all_faults_of_a_policy_are_told(place):
    Path("policy.yaml").write_text("policy: {name: test}\nx: 1\nlicenses:\n  - {verdict: no}\n", encoding="utf-8")
    result = check(document(place, licensed("MIT")), "--policy", "policy.yaml")
    assert result.exit_code == 2
    assert "policy.yaml:2:1: unknown key 'x'" in result.stderr
    assert "policy.yaml:4:15: 'no': expected one of allow" in result.stderr


def test_a_hidden_package_counts_and_says_so(place):
    hidden = (msgspec.structs.replace(BASH.occurrences[1], state=State.DELETED, hidden_in=0),)
    bash = msgspec.structs.replace(
        BASH, occurrences=hidden, licenses=LicenseFacts(concluded=Expression("GPL-3.0-only"))
    )
    result = check(document(place, licensed("MIT", components=(bash,))), "--policy", "policy.yaml")
    assert result.exit_code == 1
    assert "bash 5.2.15-2 (os, deleted)" in result.stdout
