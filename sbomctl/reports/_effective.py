"""The license under which each component ships, after every election."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sbomctl.licenses.expression import (
    InvalidExpression,
    Node,
    Term,
    compound,
    conjunction,
    parse,
    render,
    sorted_tree,
    terms,
)
from sbomctl.model import CheckResult, Component, LicenseFacts


@dataclass(frozen=True, slots=True)
class Effective:
    """What a component ships under; ``terms`` is () where nothing valid is known."""

    expression: str
    given: str = ""  # what it was elected from; "" = nothing was left to elect
    by: tuple[str, ...] = ()  # who elected, and why
    terms: tuple[Term, ...] = ()


class Elections:
    """The elections of curations, which the Bom has, and those of the policy, which the check has."""

    def __init__(self, result: CheckResult | None) -> None:
        self._by_policy: dict[tuple[str, str], dict[str, str]] = {}
        self._policy = result.policy if result else ""
        for one in result.elections if result else ():
            if " OR " in one.given:  # a version that was chosen changes no text, and the grant is to be kept
                self._by_policy.setdefault((one.name, one.purl), {})[one.given] = one.chosen

    def of(self, component: Component) -> Effective:
        """What the component ships under; where nobody concluded, all that was declared and detected."""
        facts = component.licenses
        concluded = facts.effective or facts.concluded or _both(facts)
        try:
            elected = _elected(concluded, self._by_policy.get((component.name, component.purl), {}))
            found = terms(elected)
        except InvalidExpression:  # out of a document that another program wrote
            return Effective(concluded)
        by = [f"{one.by}: {one.reason}" for one in facts.elections]
        if elected != concluded:
            by.append(f"policy {self._policy}")
        given = facts.concluded or concluded
        return Effective(elected, given if given != elected else "", tuple(by), found)


def _both(facts: LicenseFacts) -> str:
    if not facts.declared or not facts.detected or facts.declared == facts.detected:
        return facts.declared or facts.detected
    try:
        return conjunction((facts.declared, facts.detected))
    except InvalidExpression:
        return facts.declared


def _elected(expression: str, chosen: Mapping[str, str]) -> str:
    if not expression or not chosen:
        return expression
    return render(sorted_tree(_chosen(parse(expression), chosen)))


def _chosen(node: Node, chosen: Mapping[str, str]) -> Node:
    """``node`` with every choice replaced that was made; as deep as expressions may be nested."""
    if isinstance(node, Term):
        return node
    if branch := chosen.get(render(node)):
        return parse(branch)
    return compound(node.operator, [_chosen(part, chosen) for part in node.parts])
