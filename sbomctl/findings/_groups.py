"""Violations that say the same of several components, told together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sbomctl.model import CheckResult, RuleInfo, Severity, Violation
from sbomctl.terminal import counted


@dataclass(frozen=True, slots=True)
class Group:
    """Violations of one rule with one message, one remedy and one severity."""

    rule: str
    severity: Severity
    message: str
    how_to_fix: str
    members: tuple[Violation, ...]

    @property
    def fails(self) -> bool:
        """Whether one of them makes the check fail."""
        return any(one.fails for one in self.members)


def grouped(violations: Iterable[Violation]) -> tuple[Group, ...]:
    """The groups in the order of their first members."""
    found: dict[tuple[str, Severity, str, str], list[Violation]] = {}
    for one in violations:
        found.setdefault((one.rule, one.severity, one.message, one.how_to_fix), []).append(one)
    return tuple(Group(*key, tuple(members)) for key, members in found.items())


def open_ones(result: CheckResult) -> tuple[Violation, ...]:
    """The violations that no waiver accepts."""
    return tuple(one for one in result.violations if not one.waived_by)


def rules_of(result: CheckResult) -> dict[str, RuleInfo]:
    """The rules by name."""
    return {one.name: one for one in result.rules}


def place(violation: Violation) -> str:
    """What violates, in words: ``bash 5.2.15-2 (os, deleted)``, an image, or the product."""
    if not violation.component:
        return violation.image or "the product"
    return _named(violation, _where(violation))


def _named(violation: Violation, where: str) -> str:
    words = [violation.name, violation.version, f"({where})" if where else ""]
    return " ".join(word for word in words if word)


def places(members: Sequence[Violation]) -> list[str]:
    """What violates, each component once with all images where it does: ``bash 5.2.15-2 (app, os) NEW``."""
    found: dict[tuple[str, str, str], list[Violation]] = {}
    for one in members:
        key = (one.component, one.name, one.version) if one.component else ("", place(one), "")
        found.setdefault(key, []).append(one)
    named = []
    for those in found.values():
        new = " NEW" if any(one.baseline == "new" for one in those) else ""
        inside = list(dict.fromkeys(_where(one) for one in those))
        first = those[0]
        named.append((_named(first, "; ".join(inside)) if first.component else place(first)) + new)
    return named


def _where(violation: Violation) -> str:
    """The image, and the states where the component is only hidden."""
    hidden = () if "visible" in violation.states else violation.states
    return ", ".join(part for part in (violation.image, *hidden) if part)


def ending(result: CheckResult) -> str:
    """How the check ended: ``failed``, ``incomplete`` or ``passed``."""
    if any(one.fails for one in result.violations):
        return "failed"
    return "incomplete" if result.problems and not result.accepted_problems else "passed"


def totals(result: CheckResult) -> str:
    """``3 errors, 1 warning, 12 notes; 2 waived; 1 new; 4 fixed``."""
    left = open_ones(result)
    parts = [
        counted(sum(1 for one in left if one.severity is severity), severity.value) for severity in reversed(Severity)
    ]
    told = [", ".join(parts)]
    if waived := len(result.violations) - len(left):
        told.append(f"{waived:,} waived")
    if result.compared:
        told.append(f"{sum(1 for one in left if one.baseline == 'new'):,} new, {len(result.fixed):,} fixed")
    return "; ".join(told)


def some(words: Sequence[str], most: int) -> str:
    """The first of ``words`` and how many more there are."""
    unique = list(dict.fromkeys(words))
    more = f" and {len(unique) - most:,} more" if len(unique) > most else ""
    return ", ".join(unique[:most]) + more


def title(result: CheckResult) -> str:
    """The product and its version."""
    return " ".join(part for part in (result.product, result.product_version) if part)


def asked(result: CheckResult) -> str:
    """The policy and the profile."""
    name = " ".join(part for part in (result.policy, result.policy_version) if part)
    return f"policy {name}, profile {result.profile}"
