"""What holds for every expression and every text."""

from __future__ import annotations

import pytest
from conftest import ends
from hypothesis import given
from hypothesis import strategies as st

from sbomctl.licenses import expression as subject
from sbomctl.licenses.expression import Compound, InvalidExpression, Term

LICENSES = st.sampled_from(
    ["MIT", "apache-2.0", "GPL-2.0-or-later", "GPL-2.0", "GPL-3.0+", "MPL-1.1+", "LicenseRef-x.1", "Net-SNMP",
     "DocumentRef-a:LicenseRef-b", "BSD-2-Clause-FreeBSD", "eCos-2.0", "LGPL-2.1-only"]
)  # fmt: skip
WITHOUT = st.sampled_from(["MIT", "GPL-2.0-only", "LicenseRef-x", "Apache-2.0"])
EXCEPTIONS = st.sampled_from(["Classpath-exception-2.0", "llvm-exception", "AdditionRef-y", "Nokia-Qt-exception-1.1"])
TERMS = st.one_of(LICENSES, st.builds("{} WITH {}".format, WITHOUT, EXCEPTIONS))
EXPRESSIONS = st.recursive(
    TERMS,
    lambda inner: st.builds(
        lambda parts, operator: f"({f' {operator} '.join(parts)})",
        st.lists(inner, min_size=1, max_size=4),
        st.sampled_from(["AND", "OR", "and", "or"]),
    ),
    max_leaves=12,
)
ANY_TEXT = st.one_of(st.text(max_size=80), st.text("MIT()ANDORWITHwith -.+0aG:\n", max_size=80))


@given(EXPRESSIONS)
def test_the_canonical_form_of_the_canonical_form_is_itself(text):
    once = subject.canonical(text)
    assert subject.canonical(once) == once


@given(EXPRESSIONS)
def test_what_is_rendered_is_parsed_as_the_same(text):
    node = subject.parse(text)
    assert subject.parse(subject.render(node)) == node


@given(st.lists(TERMS, min_size=1, max_size=5), st.data())
def test_an_expression_without_parentheses_means_what_the_library_reads_in_it(terms, data):
    text = terms[0]
    for term in terms[1:]:
        text += f" {data.draw(st.sampled_from(['AND', 'OR', 'and', 'or']))} {term}"
    assert subject.parse(text) == subject.parse(f"({text})")  # parentheses are read by the library


@given(EXPRESSIONS, EXPRESSIONS, st.sampled_from(["AND", "OR"]))
def test_order_and_repetition_do_not_matter(left, right, operator):
    wanted = subject.canonical(f"{left} {operator} {right}")
    assert subject.canonical(f"{right} {operator} {left} {operator} {right}") == wanted


@given(st.lists(EXPRESSIONS, max_size=4))
def test_joined_expressions_are_canonical(parts):
    for joined in (subject.conjunction(parts), subject.disjunction(parts)):
        assert joined == (subject.canonical(joined) if parts else "")


@given(EXPRESSIONS)
def test_every_leaf_is_a_valid_expression(text):
    for term in subject.terms(text):
        assert subject.parse(str(term)) == term
        for choice in subject.choices(term):
            assert subject.parse(str(choice)) == choice


@given(ANY_TEXT)
def test_any_text_is_an_expression_or_invalid(text):
    try:
        node = subject.parse(text)
    except InvalidExpression as error:
        assert str(error)
    else:
        assert isinstance(node, Term | Compound)
    assert subject.unasserted(text) in ("", "NONE", "NOASSERTION")
    assert all(one.identifier for one in subject.deprecated_identifiers(text))


@pytest.mark.parametrize(
    "text",
    [
        "(" * 50_000 + "MIT" + ")" * 50_000,
        "(" * 100_000,
        "()" * 50_000,
        "MIT AND " * 130_000,
        "MIT " * 19_000,
        "A" * 1_000_000,
        "(" * 101 + "MIT" + ")" * 101,
        "MIT WITH " * 1_000,
        "NOASSERTION",
        "NONE",
        "MIT AND NONE",
        "MIT AND NOASSERTION",
        "LicenseRef-a_b",
        "licenseref-a",
        "LicenseRef-a+",
        "GPL-2.0-only+",
        "MIT And ISC",
        "MIT AND ISC AND",
        "MIT OR (ISC AND)",
        "AND MIT",
        "MIT OR OR ISC",
        "(MIT OR ISC",
        "MIT) OR (ISC",
        "(MIT OR ISC) WITH LLVM-exception",
        "MIT WITH LLVM-exception WITH LLVM-exception",
        "eCos-2.0 WITH LLVM-exception",
        "Nokia-Qt-exception-1.1",
        "GPL-2.0-only WITH GPL-2.0",
        "MIT WITH Nunit",
        "MIT (ISC)",
        "MIT ISC",
        "()",
        "",
    ],
)
def test_what_is_refused(text):
    with ends(), pytest.raises(InvalidExpression) as error:
        subject.parse(text)
    assert len(str(error.value)) < 300


def test_a_long_expression_is_read():
    parts = [f"LicenseRef-{number}" for number in range(5_000)]
    assert subject.canonical(" OR ".join(parts)).count(" OR ") == 4_999


def test_deep_parentheses_are_read():
    assert subject.canonical("(" * 100 + "mit" + ")" * 100) == "MIT"


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("mit or apache-2.0", "Apache-2.0 OR MIT"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("GFDL-1.2+", "GFDL-1.2-or-later"),
        ("AGPL-3.0", "AGPL-3.0-only"),
        ("GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("MIT AND GPL-3.0-with-GCC-exception", "GPL-3.0-only WITH GCC-exception-3.1 AND MIT"),
        ("wxWindows", "GPL-2.0-or-later WITH WxWindows-exception-3.1"),
        ("BSD-2-Clause-NetBSD", "BSD-2-Clause"),
        ("BSD-2-Clause-FreeBSD", "BSD-2-Clause-FreeBSD"),
        ("net-snmp", "Net-SNMP"),
        ("MPL-1.1+", "MPL-1.1+"),
        ("LGPL-2.1-only WITH Nokia-Qt-exception-1.1", "LGPL-2.1-only WITH Qt-LGPL-exception-1.1"),
        ("DocumentRef-spdx-tool-1.2:LicenseRef-MIT-Style-2", "DocumentRef-spdx-tool-1.2:LicenseRef-MIT-Style-2"),
    ],
)
def test_identifiers(text, expression):
    assert subject.canonical(text) == expression


@pytest.mark.parametrize(
    ("term", "versions"),
    [
        ("GPL-2.0-or-later", "GPL-2.0-only GPL-3.0-only"),
        ("LGPL-2.0-or-later", "LGPL-2.0-only LGPL-2.1-only LGPL-3.0-only"),
        ("GFDL-1.2-no-invariants-or-later", "GFDL-1.2-no-invariants-only GFDL-1.3-no-invariants-only"),
        ("MPL-1.1+", "MPL-1.1 MPL-2.0"),
        ("Apache-1.1+", "Apache-1.1 Apache-2.0"),
        ("LPPL-1.3a+", "LPPL-1.3a LPPL-1.3c"),
        ("CC-BY-SA-3.0+", "CC-BY-SA-3.0 CC-BY-SA-4.0"),
        ("BSD-3-Clause+", "BSD-3-Clause"),
        ("bzip2-1.0.6+", "bzip2-1.0.6"),
        ("GPL-2.0-only", "GPL-2.0-only"),
        ("MIT", "MIT"),
        ("LicenseRef-GPL-1.0-or-later", "LicenseRef-GPL-1.0-or-later"),
    ],
)
def test_versions_to_choose_from(term, versions):
    assert [str(one) for one in subject.choices(Term(term))] == versions.split()


def test_an_exception_goes_with_every_version():
    term = Term("GPL-2.0-or-later", "Classpath-exception-2.0")
    assert [one.exception for one in subject.choices(term)] == ["Classpath-exception-2.0"] * 2


def test_deprecated_identifiers_and_their_successors():
    text = "GPL-2.0 AND (gpl-3.0+ OR BSD-2-Clause-FreeBSD) AND MIT AND Net-SNMP AND GPL-2.0"
    assert subject.deprecated_identifiers(text) == (
        ("GPL-2.0", ("GPL-2.0-only",)),
        ("GPL-3.0+", ("GPL-3.0-or-later",)),
        ("BSD-2-Clause-FreeBSD", ("BSD-2-Clause", "BSD-2-Clause-Views")),
        ("Net-SNMP", ()),
    )


def test_additions_for_formats_that_have_none():
    given = "MIT AND (GPL-2.0-only WITH AdditionRef-x OR ISC WITH LLVM-exception)"
    wanted = "(ISC WITH LLVM-exception OR LicenseRef-GPL-2.0-only-with-x) AND MIT"
    assert subject.without_additions(given) == wanted
    assert subject.without_additions("ISC AND MIT") == "ISC AND MIT"
    assert subject.without_additions("") == ""


def test_no_license_and_no_assertion_are_told_apart():
    assert subject.unasserted(" NONE ") == "NONE"
    assert subject.unasserted("NOASSERTION") == "NOASSERTION"
    assert subject.unasserted("none") == subject.unasserted("MIT") == ""
