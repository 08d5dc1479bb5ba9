"""What is not known of the license of a component, and which rule tells it."""

from __future__ import annotations

from collections.abc import Iterator

from sbomctl.model import Violation
from sbomctl.policy.base import Rule
from sbomctl.policy.context import Check, Placed
from sbomctl.policy.evaluate import UNSTATED, Decision

_KINDS = ("ambiguous-license", "unknown-license", "missing-license")


def gaps(check: Check, kind: str) -> Iterator[tuple[Placed, Decision]]:
    """The licenses that are unknown for the reason ``kind``, each with its component."""
    for placed in check.doubtful:
        for decision in placed.judgement.reasons:
            if decision.gap == kind:
                yield placed, decision


def unstated(rule: Rule, check: Check) -> Iterator[Violation]:
    """What the license facts say that is of the kind of ``rule``.

    Where there is no expression and the facts do not say why, the raw statements tell which
    of the three rules it is: nothing stated, several meanings, or none known.
    """
    for placed in check.doubtful:
        for issue in placed.component.licenses.issues:
            if issue.kind == rule.name:
                topic = ", ".join(issue.candidates) or (issue.locations[0].path if issue.locations else "")
                here = [one for one in issue.locations if one.image == placed.facts.image.name] or issue.locations
                yield check.violation(
                    rule.name, issue.message, rule.how_to_fix, placed=placed, locations=here, topic=topic
                )
    for placed, decision in gaps(check, UNSTATED):
        told = any(issue.kind in _KINDS for issue in placed.component.licenses.issues)
        if not told and _derived(placed) == rule.name:
            yield check.violation(
                rule.name, _sentence(placed, decision), rule.how_to_fix, placed=placed, decision=decision
            )


def _derived(placed: Placed) -> str:
    facts = placed.component.licenses
    if any(finding.candidates for finding in facts.findings):
        return "ambiguous-license"
    return "unknown-license" if facts.raw or placed.judgement.expression else "missing-license"


def _sentence(placed: Placed, decision: Decision) -> str:
    facts = placed.component.licenses
    candidates = sorted({one for finding in facts.findings for one in finding.candidates})
    said = "; ".join(facts.raw)[:200]
    if candidates:
        return f"{said!r} may mean {', '.join(candidates[:5])}"
    if said:
        return f"{said!r} is not one license expression"
    return decision.remark
