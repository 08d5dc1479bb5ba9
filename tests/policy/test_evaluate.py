"""What must hold of every verdict, whatever the expression and the policy."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sbomctl.licenses.expression import canonical, terms
from sbomctl.model import PolicyLine, Verdict
from sbomctl.policy.classes import shipped_table
from sbomctl.policy.evaluate import RANK, judge
from sbomctl.policy.lines import Line

LICENSES = (
    "MIT", "Apache-2.0", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "LGPL-2.1-or-later",
    "MPL-1.1+", "MPL-2.0", "LicenseRef-U", "GPL-2.0-or-later WITH Classpath-exception-2.0",
    "GPL-3.0-only WITH GCC-exception-3.1", "Apache-2.0 WITH LLVM-exception",
)  # fmt: skip
TABLE = shipped_table()

expressions = st.recursive(
    st.sampled_from(LICENSES),
    lambda inner: st.tuples(st.sampled_from((" AND ", " OR ")), st.lists(inner, min_size=2, max_size=3)).map(
        lambda pair: "(" + pair[0].join(pair[1]) + ")"
    ),
    max_leaves=8,
)


def line(verdict: Verdict, *names: str, classes: tuple[str, ...] = ()) -> Line:
    found = [term for name in names for term in terms(name)]
    return Line(
        verdict,
        PolicyLine("p.yaml", 1),
        ids=tuple(term.license for term in found if not term.exception),
        pairs=tuple((term.license, term.exception) for term in found if term.exception),
        classes=classes,
    )


said = st.sampled_from((Verdict.ALLOW, Verdict.REVIEW, Verdict.DENY))
lines = st.lists(
    st.one_of(
        st.tuples(said, st.sampled_from(LICENSES)).map(lambda pair: line(pair[0], pair[1])),
        st.tuples(said, st.sampled_from(("permissive", "weak-copyleft", "strong-copyleft"))).map(
            lambda pair: line(pair[0], classes=(pair[1],))
        ),
    ),
    max_size=8,
)


@settings(max_examples=400)
@given(expressions, lines, st.sampled_from((*LICENSES, "GPL-3.0-only", "LGPL-2.1-only", "MPL-1.1")))
def test_denying_one_more_license_makes_nothing_better(expression, policy, license_name):
    before = judge(expression, policy, TABLE).verdict
    after = judge(expression, [line(Verdict.DENY, license_name), *policy], TABLE).verdict
    assert RANK[after] >= RANK[before]


@settings(max_examples=300)
@given(expressions, lines, st.sampled_from(LICENSES))
def test_allowing_one_more_license_makes_nothing_worse(expression, policy, license_name):
    before = judge(expression, policy, TABLE).verdict
    after = judge(expression, [line(Verdict.ALLOW, license_name), *policy], TABLE).verdict
    assert RANK[after] <= RANK[before]


@given(expressions, expressions, lines)
def test_the_order_of_operands_does_not_matter(one, other, policy):
    for operator in ("AND", "OR"):
        forward, backward = (judge(f"{a} {operator} {b}", policy, TABLE) for a, b in ((one, other), (other, one)))
        assert forward == backward


@given(expressions, lines)
def test_every_spelling_of_an_expression_gets_the_same(expression, policy):
    known = judge(expression, policy, TABLE)
    for same in (
        canonical(expression),
        expression.replace("MIT", "mit"),
        f"({expression})",
        f"{expression} AND {expression}",
    ):
        assert judge(same, policy, TABLE).verdict is known.verdict


@given(expressions, expressions, lines)
def test_and_is_no_better_and_or_no_worse_than_one_part(one, other, policy):
    alone = judge(one, policy, TABLE).verdict
    assert RANK[judge(f"{one} OR {other}", policy, TABLE).verdict] <= RANK[alone]
    assert RANK[judge(f"{one} AND {other}", policy, TABLE).verdict] >= RANK[alone]


@given(expressions, lines)
def test_what_decided_explains_the_verdict(expression, policy):
    judgement = judge(expression, policy, TABLE)
    assert judgement.verdict is max((one.verdict for one in judgement.reasons), key=RANK.__getitem__)
    for one in judgement.reasons:
        assert (one.line is None) == (one.verdict is Verdict.UNKNOWN)
        assert (one.gap != "") == (one.line is None)


@given(expressions, lines)
def test_what_remains_gets_the_same_verdict_and_leaves_no_or(expression, policy):
    judgement = judge(expression, policy, TABLE)
    if judgement.verdict in (Verdict.ALLOW, Verdict.REVIEW):
        assert " OR " not in judgement.elected
        assert RANK[judge(judgement.elected, policy, TABLE).verdict] <= RANK[judgement.verdict]


def test_an_expression_of_many_parts_is_judged_at_once():
    names = [one for one in TABLE.licenses if one.isascii()][:600]
    wide = " AND ".join(f"({one} OR MIT)" for one in names)
    assert judge(wide, [line(Verdict.ALLOW, "MIT")], TABLE).elected == "MIT"
    deep = "(" * 99 + "MIT" + ")" * 99
    assert judge(deep, [line(Verdict.ALLOW, "MIT")], TABLE).verdict is Verdict.ALLOW


def test_hostile_expressions_are_unknown_not_errors():
    for text in ("(" * 5000, "MIT AND", "\x00", "A" * 100_000, "MIT " * 30_000, "WITH", "()"):
        assert judge(text, [line(Verdict.ALLOW, "MIT")], TABLE).verdict is Verdict.UNKNOWN
