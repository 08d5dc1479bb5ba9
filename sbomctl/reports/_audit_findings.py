"""The findings of the HTML report: violations by rule and message, with what to do; and the waivers."""

from __future__ import annotations

from datetime import date

import msgspec

from sbomctl.model import CheckResult, Severity, Violation, Waiver

SEVERITIES = tuple(severity.value for severity in reversed(Severity))


class Member(msgspec.Struct, frozen=True):
    """What violates."""

    component: str  # id; "" = an image or the product
    label: str
    where: str  # image, and the states where it is only hidden
    new: bool


class Group(msgspec.Struct, frozen=True):
    """Violations that say the same of several components."""

    number: int
    rule: str
    severity: str
    message: str
    how_to_fix: str
    waived_by: str  # "" = open
    fails: bool
    decided_by: tuple[str, ...]
    members: tuple[Member, ...]


class RuleFindings(msgspec.Struct, frozen=True):
    """The groups of one rule, open ones first."""

    rule: str
    about: str
    severity: str  # the worst among the open ones; of all where none is open
    open: int
    waived: int
    groups: tuple[Group, ...]


class WaiverLine(msgspec.Struct, frozen=True):
    """A waiver and how it stands on the day of the check."""

    waiver: Waiver
    scope: tuple[tuple[str, str], ...]  # label, value
    uses: int
    days_left: int  # negative = it has ended

    @property
    def state(self) -> str:
        """``ended``, ``ends soon``, ``unused`` or ``in use``."""
        if self.days_left < 0:
            return "ended"
        return "ends soon" if self.days_left <= 30 else "in use" if self.uses else "unused"


def group_key(violation: Violation) -> tuple[str, ...]:
    """What the members of a group have in common."""
    return (
        violation.rule,
        violation.severity.value,
        violation.message,
        violation.how_to_fix,
        violation.waived_by,
    )


def group_numbers(result: CheckResult | None) -> dict[tuple[str, ...], int]:
    """A number for each group, in the order of the first members."""
    keys = dict.fromkeys(group_key(one) for one in result.violations) if result else {}
    return {key: number for number, key in enumerate(keys)}


def findings_of(result: CheckResult | None, numbers: dict[tuple[str, ...], int]) -> tuple[RuleFindings, ...]:
    """The findings by rule, most severe first."""
    if result is None:
        return ()
    members: dict[tuple[str, ...], list[Violation]] = {}
    for one in result.violations:
        members.setdefault(group_key(one), []).append(one)
    rules: dict[str, list[Group]] = {}
    for key, some in members.items():
        rules.setdefault(key[0], []).append(_group(numbers[key], key, some))
    about = {one.name: one.about for one in result.rules}
    found = [_rule(name, about.get(name, ""), groups) for name, groups in rules.items()]
    return tuple(sorted(found, key=lambda one: (not one.open, SEVERITIES.index(one.severity), -one.open, one.rule)))


def _rule(name: str, about: str, groups: list[Group]) -> RuleFindings:
    ordered = sorted(groups, key=lambda one: (bool(one.waived_by), -len(one.members), one.message, one.waived_by))
    left = [one for one in groups if not one.waived_by]
    worst = min((one.severity for one in left or groups), key=SEVERITIES.index)
    waived = sum(len(one.members) for one in groups if one.waived_by)
    return RuleFindings(name, about, worst, sum(len(one.members) for one in left), waived, tuple(ordered))


def _group(number: int, key: tuple[str, ...], members: list[Violation]) -> Group:
    rule, severity, message, how_to_fix, waived_by = key
    lines = tuple(sorted({str(one.decided_by) for one in members if one.decided_by}))
    fails = any(one.fails for one in members)
    return Group(
        number, rule, severity, message, how_to_fix, waived_by, fails, lines, tuple([_member(one) for one in members])
    )


def _member(violation: Violation) -> Member:
    hidden = () if "visible" in violation.states else violation.states
    if not violation.component:
        what = violation.image or "the product"
        return Member("", f"{what}: {violation.topic}" if violation.topic else what, "", violation.baseline == "new")
    label = f"{violation.name} {violation.version}".rstrip()
    where = ", ".join((violation.image, *hidden)) if violation.image else ""
    return Member(violation.component, label, where, violation.baseline == "new")


def waivers_of(result: CheckResult | None) -> tuple[WaiverLine, ...]:
    """Every waiver, the one that ends first before the others."""
    if result is None:
        return ()
    uses: dict[str, int] = {}
    for one in result.violations:
        if one.waived_by:
            uses[one.waived_by] = uses.get(one.waived_by, 0) + 1
    today = date.fromisoformat(result.today)
    lines = [
        WaiverLine(one, _scope(one), uses.get(one.id, 0), (date.fromisoformat(one.expires) - today).days)
        for one in result.waivers
    ]
    return tuple(sorted(lines, key=lambda one: (one.waiver.expires, one.waiver.id)))


def _scope(waiver: Waiver) -> tuple[tuple[str, str], ...]:
    named = (
        ("component", waiver.component),
        ("versions", waiver.versions),
        ("license", waiver.license),
        ("image", waiver.image),
        ("role", waiver.role),
    )
    return tuple([(label, value) for label, value in named if value])
