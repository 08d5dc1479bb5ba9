"""What a policy says of one expression in one place: for ``policy explain`` and for the tests of a policy."""

from __future__ import annotations

from difflib import get_close_matches

import msgspec

from sbomctl.licenses.expression import InvalidExpression, canonical
from sbomctl.model import Distribution, ExplainedLicense, Explanation
from sbomctl.policy.classes import shipped_table
from sbomctl.policy.evaluate import Decision, Judgement, judge
from sbomctl.policy.globs import matches
from sbomctl.policy.lines import Line, Policy


class Place(msgspec.Struct, frozen=True):
    """Where the expression is asked about; "" is a place that no narrowed line holds in."""

    role: str = "base-os"
    image: str = ""
    state: str = "visible"
    component: str = ""  # purl, with or without version
    user_product: str = "unknown"
    locked_boot: str = "unknown"


def judged(policy: Policy, expression: str, place: Place) -> Judgement:
    """The verdict with its lines."""
    return judge(expression, [line for line in policy.lines if _holds(line, place)], policy.table)


def explained(policy: Policy, expression: str, place: Place) -> Explanation:
    """The verdict as plain facts."""
    judgement = judged(policy, expression, place)
    return Explanation(
        policy=policy.name,
        policy_version=policy.version,
        expression=judgement.expression,
        elected=judgement.elected,
        verdict=judgement.verdict,
        licenses=tuple(_license(one) for one in judgement.reasons),
        elections=tuple((one.given, one.chosen, one.aside) for one in judgement.choices),
    )


def _license(decision: Decision) -> ExplainedLicense:
    line = decision.line
    return ExplainedLicense(
        license=decision.license,
        chosen=decision.chosen,
        verdict=decision.verdict,
        decided_by=line.place if line else None,
        remark=decision.remark,
        why=line.why if line else "",
        how_to_fix=line.how_to_fix if line else "",
        class_name=decision.asks.name,
        obligations=tuple(sorted(decision.asks.obligations)),
    )


def _holds(line: Line, place: Place) -> bool:
    scope = line.scope
    purl = place.component if "@" in place.component else f"{place.component}@"
    return (
        scope.fits_product(Distribution(place.user_product, place.locked_boot))
        and scope.fits_place(place.image, place.role, place.state)
        and (not scope.components or any(matches(pattern, purl) for pattern in scope.components))
    )


def expression_fault(text: str) -> str:
    """What is wrong with an expression that a person typed; "" when it is one."""
    try:
        canonical(text)
    except InvalidExpression as error:
        close = get_close_matches(text.lower()[:60], list(shipped_table().licenses), n=1)
        return f"{error}, did you mean {canonical(close[0])}?" if close else str(error)
    return ""
