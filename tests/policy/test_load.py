"""Policy files with faults: every fault at once, each with its place; what is right is merged as it is documented."""

from __future__ import annotations

import pytest

from sbomctl.errors import ConfigError
from sbomctl.model import Verdict
from sbomctl.policy.explain import Place, judged
from sbomctl.policy.load import load_policy

HEAD = "policy: {name: test}\n"
FINE = "licenses:\n  - {verdict: allow, classes: [permissive]}\n"


def faults(folder, text: str, name: str = "p.yaml") -> list[str]:
    """The faults of a policy, without the folder."""
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_policy(str(folder / name))
    assert caught.value.exit_code == 2
    return [str(fault).replace(f"{folder}/", "") for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{HEAD}{FINE}colour: red\n", "p.yaml:4:1: unknown key 'colour'"),
        (f"{HEAD}{FINE}rule: {{}}\n", "p.yaml:4:1: unknown key 'rule', did you mean 'rules'?"),
        ("licenses: [{verdict: allow, classes: [permissive]}]\n", "p.yaml:1:1: 'policy' is missing"),
        (f"{HEAD}licenses: []\n", "p.yaml:2:11: the list is empty"),
        (f"{HEAD}licenses:\n  - {{licenses: [MIT]}}\n", "p.yaml:3:5: 'verdict' is missing"),
        (f"{HEAD}licenses:\n  - {{verdict: maybe, licenses: [MIT]}}\n", "p.yaml:3:15: 'maybe': expected one of allow"),
        (f"{HEAD}licenses:\n  - {{verdict: allow}}\n", "p.yaml:3:5: it names no license"),
        (f"{HEAD}licenses:\n  - {{verdict: allow, licenses: MIT}}\n", "expected a list, not 'MIT'"),
        (f"{HEAD}licenses:\n  - {{verdict: allow, licenses: [MIT-2]}}\n", "p.yaml:3:33: 'MIT-2' is no SPDX license"),
        (f"{HEAD}licenses:\n  - {{verdict: allow, licenses: [Apache2.0]}}\n", "did you mean Apache-2.0?"),
        (f"{HEAD}licenses:\n  - {{verdict: deny, licenses: [GPL-3.0]}}\n", "GPL-3.0 is deprecated; write GPL-3.0-only"),
        (f"{HEAD}licenses:\n  - {{verdict: deny, licenses: [permissive]}}\n", "it is a class: write it under classes"),
        (f"{HEAD}licenses:\n  - {{verdict: deny, licenses: [GLP-*]}}\n", "'GLP-*' fits no license"),
        (f"{HEAD}licenses:\n  - {{verdict: deny, licenses: [MIT WITH X]}}\n", "'X' is no SPDX exception"),
        (f"{HEAD}licenses:\n  - {{verdict: deny, licenses: ['* WITH X-*']}}\n", "'X-*' fits no exception"),
        (f"{HEAD}licenses:\n  - {{verdict: deny, licenses: [MIT OR]}}\n", "is no license expression"),
        (f"{HEAD}licenses:\n  - {{verdict: deny, licenses: [MIT OR (ISC]}}\n", "is no license expression"),
        (f"{HEAD}licenses:\n  - {{verdict: deny, licenses: [MIT AND AND ISC]}}\n", "is no license expression"),
        (f"{HEAD}licenses:\n  - {{verdict: deny, classes: [copyleft]}}\n", "'copyleft': expected one of"),
        (f"{HEAD}licenses:\n  - {{verdict: deny, classes: [permissive], components: [bash]}}\n", "'bash' is no purl"),
        (f"{HEAD}{FINE}rules:\n  mising-source: {{severity: error}}\n", "did you mean 'missing-source'?"),
        (f"{HEAD}{FINE}rules:\n  missing-source: {{severity: fatal}}\n", "'fatal': expected one of error"),
        (f"{HEAD}{FINE}rules:\n  missing-source: {{}}\n", "nothing is written in it"),
        (f"{HEAD}{FINE}rules:\n  missing-source: {{neeed: named}}\n", "did you mean 'need'?"),
        (f"{HEAD}{FINE}rules:\n  unowned-executables: {{most_files: -1}}\n", "-1 is too small; the least is 0"),
        (f"{HEAD}{FINE}rules:\n  unowned-executables: {{most_files: some}}\n", "expected a whole number, not 'some'"),
        (
            f'{HEAD}{FINE}rules:\n  forbidden-package: {{packages: [{{purl: "pkg:deb/x", versions: "~1"}}]}}\n',
            "'~1' is no condition on a version",
        ),
        (f"{HEAD}{FINE}rules:\n  forbidden-package: {{packages: [{{purl: bash}}]}}\n", "'bash' is not a purl"),
        (f"{HEAD}{FINE}waivers: {{longest_days: 0}}\n", "0 is too small"),
        (f"{HEAD}{FINE}profiles: {{pr: {{fail_on: fatal}}}}\n", "'fatal': expected one of"),
        (f"{HEAD}{FINE}profiles: {{pr: {{severities: {{no-rule: error}}}}}}\n", "unknown key 'no-rule'"),
        (f"{HEAD}{FINE}extends: [nothing]\n", "p.yaml:4:11: there is no policy 'nothing'"),
        (f"{HEAD}{FINE}extends: [gone.yaml]\n", "p.yaml:4:11: cannot read"),
        (f"{HEAD}{FINE}extends: [p.yaml]\n", "p.yaml:4:11: it extends itself: p.yaml -> p.yaml"),
        (f"{HEAD}{FINE}classify: [{{class: permissive, ids: ['MIT*']}}]\n", "only ids that start with LicenseRef-"),
        (f"{HEAD}{FINE}classify: [{{class: permissive, ids: [Nope]}}]\n", "'Nope' is no SPDX license"),
        (f"{HEAD}{FINE}view: raw\n", "'raw': expected one of effective"),
        (HEAD, "there is no line under 'licenses', so nothing would be judged"),
        ("", "p.yaml:1:1: the file is empty"),
        ("- a\n", "expected a mapping"),
        ("policy: [\n", "not YAML"),
        (f"{HEAD}{HEAD}{FINE}", "key 'policy' is already given in line 1"),
    ],
)
def test_each_fault_is_told_with_its_place(tmp_path, text, expected):
    found = faults(tmp_path, text)
    assert len(found) == 1, found
    assert expected in found[0]
    assert found[0].startswith("p.yaml:")


def test_all_faults_of_all_files_are_told_at_once(tmp_path):
    (tmp_path / "base.yaml").write_text(f"{HEAD}licenses:\n  - {{verdict: no, licenses: [MIT]}}\n", encoding="utf-8")
    text = f"{HEAD}extends: [base.yaml]\nx: 1\nlicenses:\n  - {{verdict: allow, licenses: [Nope, GPL-2.0]}}\n"
    found = faults(tmp_path, text)
    assert [one.split(" ")[0] for one in found] == ["p.yaml:3:1:"], "a file that the schema refuses is not followed"
    found = faults(tmp_path, text.replace("x: 1\n", ""))
    assert [one.split(" ")[0] for one in found] == ["base.yaml:3:15:", "p.yaml:4:33:", "p.yaml:4:39:"]


def test_a_circle_through_other_files(tmp_path):
    (tmp_path / "a.yaml").write_text(f"{HEAD}{FINE}extends: [b.yaml]\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text(f"{HEAD}{FINE}extends: [p.yaml]\n", encoding="utf-8")
    found = faults(tmp_path, f"{HEAD}{FINE}extends: [a.yaml]\n")
    assert found == ["b.yaml:4:11: it extends itself: p.yaml -> a.yaml -> b.yaml -> p.yaml"]


def test_a_policy_of_too_many_files(tmp_path):
    for number in range(60):
        text = f"{HEAD}{FINE}extends: [p{number + 1}.yaml]\n" if number < 59 else HEAD + FINE
        (tmp_path / f"p{number}.yaml").write_text(text, encoding="utf-8")
    assert "more than 50 files" in faults(tmp_path, f"{HEAD}{FINE}extends: [p0.yaml]\n")[0]


def test_one_file_extended_twice_is_read_once(tmp_path):
    (tmp_path / "base.yaml").write_text(HEAD + FINE, encoding="utf-8")
    (tmp_path / "left.yaml").write_text(f"{HEAD}extends: [base.yaml]\n", encoding="utf-8")
    (tmp_path / "p.yaml").write_text(f"{HEAD}extends: [left.yaml, base.yaml]\n", encoding="utf-8")
    policy = load_policy(str(tmp_path / "p.yaml"))
    assert [file.name.rpartition("/")[2] for file in policy.files[:-1]] == ["p.yaml", "left.yaml", "base.yaml"]
    assert len(policy.lines) == 1
    assert all(len(file.sha256) == 64 for file in policy.files)


def test_the_own_lines_and_settings_come_before_those_extended(tmp_path):
    (tmp_path / "base.yaml").write_text(
        f"{HEAD}view: declared\nlicenses:\n  - {{verdict: deny, licenses: [MIT, ISC]}}\n"
        "rules:\n  missing-source: {severity: note, need: located}\nwaivers: {longest_days: 10, announce_days: 5}\n"
        "profiles: {pr: {fail_on: warning, severities: {missing-source: note}}}\n",
        encoding="utf-8",
    )
    (tmp_path / "p.yaml").write_text(
        "policy: {name: own, version: 1.10}\nextends: [base.yaml]\nlicenses:\n  - {verdict: allow, licenses: [MIT]}\n"
        "rules:\n  missing-source: {severity: error}\nwaivers: {longest_days: 20}\n"
        "profiles: {pr: {fail_on: error}}\n",
        encoding="utf-8",
    )
    policy = load_policy(str(tmp_path / "p.yaml"))
    assert (policy.name, policy.version, policy.view) == ("own", "1.10", "declared")
    assert judged(policy, "MIT", Place()).verdict is Verdict.ALLOW
    assert judged(policy, "ISC", Place()).verdict is Verdict.DENY
    assert policy.rules["missing-source"].severity == "error"
    assert policy.rules["missing-source"].parameters == {"need": "located"}
    assert (policy.waivers.longest_days, policy.waivers.announce_days) == (20, 5)
    assert policy.profiles["pr"].fail_on == "error"
    assert policy.profiles["pr"].severities == {"missing-source": "note"}


def test_shipped_policies_are_found_by_name_and_a_file_comes_first(tmp_path, monkeypatch):
    assert load_policy("embedded-locked").files[0].name == "shipped:embedded-locked.yaml"
    with pytest.raises(ConfigError) as caught:
        load_policy("embeded")
    assert "copyleft-ok, embedded-locked, permissive" in caught.value.hint
    monkeypatch.chdir(tmp_path)
    (tmp_path / "permissive").write_text(HEAD + FINE, encoding="utf-8")
    assert load_policy("permissive").name == "test"


def test_a_huge_policy(tmp_path):
    found = faults(tmp_path, HEAD + "licenses:\n" + "  - {verdict: allow, licenses: [MIT]}\n" * 40_000)
    assert "larger than" in found[0]
    found = faults(tmp_path, HEAD + "licenses:\n" + "  - {verdict: allow, licenses: [MIT]}\n" * 12_000)
    assert "12000 items, 10000 are allowed" in found[0]
    (tmp_path / "p.yaml").write_text(HEAD + "licenses:\n" + "  - {verdict: allow, licenses: [MIT]}\n" * 9_000)
    assert len(load_policy(str(tmp_path / "p.yaml")).lines) == 9_000
