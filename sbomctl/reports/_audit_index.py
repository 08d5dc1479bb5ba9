"""Who belongs to whom in a product: built once for a report, asked for every component."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec

from sbomctl.licenses.expression import InvalidExpression, Term, conjunction, fold, parse
from sbomctl.model import Bom, CheckResult, Component, ComponentType, LicenseFacts, RelationshipType, Violation
from sbomctl.policy.classes import CLASSES, shipped_table

UNCLASSED = "not classified"
UNKNOWN = "unknown"
CLASS_NAMES: tuple[str, ...] = (*CLASSES, UNCLASSED, UNKNOWN)
"""From those that ask least to what nobody knows."""

_VERDICTS = ("allow", "review", "unknown", "deny")
_UNKNOWN_RULES = frozenset(("unknown-license", "unhandled-license", "missing-license", "ambiguous-license"))
_DECIDING = frozenset(("denied-license", "review-license", "unknown-license"))


@dataclass(slots=True)
class Index:
    """The components in the order of the table, and what hangs on each; positions count in that order."""

    bom: Bom
    result: CheckResult | None
    components: tuple[Component, ...]
    positions: dict[str, int]  # component id -> position
    images: dict[str, int]  # image name -> position in ``bom.images``
    texts: dict[str, int]  # SHA-256 -> position among the texts in their order
    violations: dict[str, list[Violation]] = field(default_factory=dict)  # by component id
    forth: dict[tuple[str, RelationshipType], list[int]] = field(default_factory=dict)
    back: dict[tuple[str, RelationshipType], list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, bom: Bom, result: CheckResult | None) -> Index:
        """The index of a product and of its check, if there was one."""
        components = tuple(sorted(bom.components, key=lambda one: (one.name.lower(), one.version, one.purl, one.id)))
        index = cls(
            bom,
            result,
            components,
            {one.id: number for number, one in enumerate(components)},
            {facts.image.name: number for number, facts in enumerate(bom.images)},
            {digest: number for number, digest in enumerate(sorted(bom.license_texts))},
        )
        for one in result.violations if result else ():
            index.violations.setdefault(one.component, []).append(one)
        for link in bom.relationships:
            source, target = index.positions.get(link.source), index.positions.get(link.target)
            if source is not None and target is not None:
                index.forth.setdefault((link.source, link.type), []).append(target)
                index.back.setdefault((link.target, link.type), []).append(source)
        return index

    def verdict(self, component: Component) -> str:
        """The worst that the check says of the licenses of a component; "" where it says nothing."""
        if self.result is None or component.type is ComponentType.SOURCE:
            return ""
        found = {_verdict(one) for one in self.violations.get(component.id, ())}
        worst = max(found & set(_VERDICTS), key=_VERDICTS.index, default="")
        on = {rule.name for rule in self.result.rules if rule.severity}
        # "allow" is the absence of findings; it means nothing where the rules that find are off
        return worst if worst not in ("", "allow") else "allow" * (on >= _DECIDING)


def _verdict(violation: Violation) -> str:
    return "unknown" if violation.rule in _UNKNOWN_RULES else violation.verdict


def expression_of(facts: LicenseFacts) -> str:
    """The license to tell first: what is effective, else what was concluded, else all that is said; "" = unknown."""
    if facts.effective or facts.concluded:
        return facts.effective or facts.concluded
    try:
        return conjunction((facts.declared, facts.detected))
    except InvalidExpression:  # of a document that others wrote
        return facts.declared or facts.detected


@lru_cache(maxsize=8192)
def class_of(expression: str) -> str:
    """What an expression asks most: of an AND the class that asks most, of an OR the one that asks least.

    Licenses without a class count only where there is no other: the verdict tells of them.
    """
    if not expression:
        return UNKNOWN
    try:
        rank = fold(parse(expression), _rank, _most, _least)
    except InvalidExpression:
        return UNCLASSED
    return CLASSES[rank] if rank >= 0 else UNCLASSED


def _rank(term: Term) -> int:
    name = shipped_table().of(term).name
    return CLASSES.index(name) if name else -1


def _most(ranks: Sequence[int]) -> int:
    return max(ranks)


def _least(ranks: Sequence[int]) -> int:
    return min((rank for rank in ranks if rank >= 0), default=-1)


class Bar(msgspec.Struct, frozen=True):
    """One row of a chart: parts of a whole, in the order of the legend of the chart."""

    label: str
    parts: tuple[int, ...]
    whole: int  # the length that the longest bar of the chart stands for
    link: str = ""  # fragment of this document
    remark: str = ""

    @property
    def total(self) -> int:
        """All parts."""
        return sum(self.parts)

    @property
    def spans(self) -> tuple[tuple[int, float, float], ...]:
        """Of each part that is not empty: its place in the legend, start and width in percent."""
        found, start = [], 0
        for number, part in enumerate(self.parts):
            if part:
                found.append((number, 100 * start / self.whole, 100 * part / self.whole))
                start += part
        return tuple(found)
