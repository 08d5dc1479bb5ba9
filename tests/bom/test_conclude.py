"""The five facts, and what is left for a person to look at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.bom.conclude import declared_by, license_facts
from sbomctl.model import Election, Expression, LicenseFinding, LicenseKind, Location, Package

PLACE = Location("os", 0, "usr/share/doc/x/copyright", 3)


def declared(raw: str, expression: str = "", **more) -> LicenseFinding:
    return LicenseFinding(raw, PLACE, "apk", LicenseKind.DECLARED, Expression(expression), **more)


def detected(expression: str, raw: str = "Permission is hereby", **more) -> LicenseFinding:
    return LicenseFinding(raw, PLACE, "license-text", LicenseKind.DETECTED, Expression(expression), **more)


def kinds(facts) -> list[str]:
    return [issue.kind for issue in facts.issues]


@pytest.mark.parametrize(
    ("stated", "seen", "concluded", "reason", "issues"),
    [
        ("MIT", "", "MIT", "declared", []),
        ("", "MIT", "MIT", "detected", []),
        ("MIT", "MIT", "MIT", "declared and detected", []),
        ("GPL-2.0-only OR MIT", "MIT", "GPL-2.0-only OR MIT", "declared and detected", []),
        ("GPL-2.0-only OR MIT", "GPL-2.0-only AND MIT", "GPL-2.0-only OR MIT", "declared and detected", []),
        ("MIT", "BSD-3-Clause AND MIT", "BSD-3-Clause AND MIT", "declared and detected",
         ["declared-differs-from-detected"]),
        ("MIT", "Apache-2.0 OR Zlib", "(Apache-2.0 OR Zlib) AND MIT", "declared and detected",
         ["declared-differs-from-detected"]),
        ("", "", "", "", ["missing-license"]),
    ],
)  # fmt: skip
def test_everything_declared_holds_and_what_was_detected_beside_it(stated, seen, concluded, reason, issues):
    facts = license_facts([], [stated], [seen])
    assert (facts.concluded, facts.effective, facts.reason, kinds(facts)) == (concluded, concluded, reason, issues)


def test_a_text_that_leaves_or_later_open_is_spoken_of_by_a_declaration_of_either():
    text = detected("GPL-2.0-only", candidates=("GPL-2.0-only", "GPL-2.0-or-later"))
    facts = license_facts([text], ["GPL-2.0-or-later"], ["GPL-2.0-only"])
    assert (facts.concluded, kinds(facts)) == ("GPL-2.0-or-later", [])
    alone = license_facts([text], [], ["GPL-2.0-only"])
    assert (alone.concluded, kinds(alone)) == ("GPL-2.0-only", ["ambiguous-license"])
    assert alone.issues[0].candidates == ("GPL-2.0-only", "GPL-2.0-or-later")


def test_what_a_person_concluded_stands_and_settles_what_was_open():
    curated = LicenseFinding(
        "Zlib", Location("", -1, "curations.yaml", 4), "curation:C-1", LicenseKind.CONCLUDED, Expression("Zlib"),
        remark="read the text (legal)",
    )  # fmt: skip
    facts = license_facts([declared("BSD", candidates=("BSD-2-Clause", "BSD-3-Clause")), curated], [], ["MIT"])
    assert (facts.concluded, facts.reason, kinds(facts)) == ("Zlib", "C-1: read the text (legal)", [])
    assert facts.detected == "MIT"


def test_an_election_leaves_the_conclusion_as_it_is():
    chosen = Election("GPL-2.0-only OR MIT", "MIT", "legal", "E-1: we do not ship source")
    whole = license_facts([], ["GPL-2.0-only OR MIT"], elections=[chosen])
    part = license_facts([], ["Zlib AND (GPL-2.0-only OR MIT)"], elections=[chosen])
    assert (whole.concluded, whole.effective) == ("GPL-2.0-only OR MIT", "MIT")
    assert (part.concluded, part.effective) == ("(GPL-2.0-only OR MIT) AND Zlib", "MIT AND Zlib")


def test_nothing_that_was_written_is_lost():
    names = [declared("GPL", candidates=("GPL-1.0-or-later", "GPL-2.0-only")), declared("custom"), declared("MIT")]
    package = Package("x", "1", "pkg:apk/alpine/x@1", PLACE, "apk", licenses=tuple(names))
    own = declared_by(package)
    assert own == "LicenseRef-sbomctl-ambiguous-GPL AND LicenseRef-sbomctl-unknown-custom AND MIT"
    facts = license_facts(names, [own])
    assert facts.raw == ("GPL", "MIT", "custom")
    assert kinds(facts) == ["ambiguous-license", "unknown-license"]


def test_what_is_excluded_is_evidence_only():
    outside = declared("GPL-3+", "GPL-3.0-or-later", excluded_by="debian-packaging")
    package = Package("x", "1", "", PLACE, "dpkg", licenses=(outside, declared("MIT", "MIT")))
    assert declared_by(package) == "MIT"
    assert outside in license_facts(package.licenses, ["MIT"]).findings


def test_a_near_miss_and_a_malformed_file_are_told():
    near = detected("MIT", coverage=0.96, remark="without the last sentence")
    broken = LicenseFinding("", PLACE, "debian-copyright", LicenseKind.DETECTED, remark="no License field")
    facts = license_facts([near, broken], ["MIT"], ["MIT"])
    assert [issue.message for issue in facts.issues] == [
        "no License field", "nearly the text of MIT: without the last sentence",
    ]  # fmt: skip
    assert all(issue.locations == (PLACE,) for issue in facts.issues)


expressions = st.sampled_from(["", "MIT", "GPL-2.0-only OR MIT", "BSD-3-Clause AND Zlib", "LicenseRef-x"])
findings = st.sampled_from(
    [declared("MIT", "MIT"), declared("GPL"), detected("MIT"), detected("", "Thou shalt"), detected("Zlib")]
)


@given(st.lists(findings), st.lists(expressions), st.lists(expressions))
def test_facts_drawn_again_are_the_same(some, stated, seen):
    facts = license_facts(some, stated, seen)
    assert license_facts(facts.findings, [facts.declared], [facts.detected], facts.elections) == facts
    assert license_facts(reversed(some), reversed(stated), reversed(seen)) == facts


def test_an_identifier_that_the_list_deprecates_is_told_where_the_ecosystem_writes_spdx():
    written = LicenseFinding("GPL-2.0", PLACE, "npm", LicenseKind.DECLARED, Expression("GPL-2.0-only"))
    [issue] = license_facts([written], ["GPL-2.0-only"]).issues
    assert (issue.kind, issue.message) == ("deprecated-license", '"GPL-2.0" has GPL-2.0, now GPL-2.0-only')
    assert not license_facts([declared("GPL-2.0", "GPL-2.0-only")], ["GPL-2.0-only"]).issues
