"""The facts of a release summary: counts, findings, waivers, duties (requirement AT-8)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from sbomctl.licenses.expression import Term
from sbomctl.model import Bom, CheckResult, Component, ComponentType, ImageFacts, Severity, State, Waiver
from sbomctl.reports._duties import Duty, LicenseRow, duties, license_rows
from sbomctl.reports._effective import Elections
from sbomctl.reports._owed import SourceStatus, owed_sources
from sbomctl.reports._plain import line
from sbomctl.reports.base import ReportInput
from sbomctl.terminal import percent

SOON = 90
"""Days before its end from which a waiver is told."""

Holder = tuple[Component, tuple[Term, ...]]


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One image in numbers."""

    name: str
    role: str
    system: str
    components: int
    hidden: int
    licenses: int
    unknown: int  # components without a license
    unowned: int  # files with code that no package accounts for
    code: str  # shares of the code by size: recorded, identified by evidence, unknown
    problems: int
    findings: tuple[int, ...]  # open ones by severity, the worst first


@dataclass(frozen=True, slots=True)
class FindingRow:
    """The findings of one rule."""

    rule: str
    severity: str
    open: int
    waived: int
    how_to_fix: str


@dataclass(frozen=True, slots=True)
class WaiverRow:
    """A waiver that ends soon or has ended."""

    id: str
    rule: str
    about: str
    owner: str
    ticket: str
    expires: str
    days: int  # below 0: it has ended


@dataclass(frozen=True, slots=True)
class Summary:
    """What the templates are given."""

    product: str
    version: str
    supplier: str
    created: str
    tool_version: str
    checked: bool
    policy: str
    failed: bool
    counts: tuple[tuple[str, int], ...]
    severities: tuple[tuple[str, int, int], ...]  # severity, open, waived; the worst first
    findings: tuple[FindingRow, ...]
    waivers: tuple[WaiverRow, ...]
    soon: int
    duties: tuple[Duty, ...]
    licenses: tuple[LicenseRow, ...]
    sources: tuple[tuple[str, int], ...]  # status -> how many
    images: tuple[ImageRow, ...]


def build_summary(known: ReportInput) -> Summary:
    """The summary of a product."""
    bom, result = known.bom, known.result
    elections = Elections(result)
    holders = [
        (one, elections.of(one).terms)
        for one in bom.components
        if one.type is not ComponentType.SOURCE and one.occurrences
    ]
    rows = license_rows(holders)
    owed = owed_sources(bom, elections)
    return Summary(
        product=line(bom.product.name),
        version=line(bom.product.version),
        supplier=line(bom.product.supplier.name),
        created=known.created.strftime("%Y-%m-%d"),
        tool_version=known.tool_version,
        checked=result is not None,
        policy=line(f"{result.policy} {result.policy_version}".strip()) if result else "",
        failed=any(one.fails for one in result.violations) if result else False,
        counts=_counts(bom, holders, rows),
        severities=_severities(result),
        findings=_findings(result),
        waivers=_waivers(result, known.created.date()),
        soon=SOON,
        duties=duties(holders),
        licenses=rows,
        sources=tuple((status.value, owed.counts[status]) for status in SourceStatus if owed.counts[status]),
        images=tuple(_image(one, bom, holders, result) for one in bom.images),
    )


def _counts(bom: Bom, holders: list[Holder], rows: tuple[LicenseRow, ...]) -> tuple[tuple[str, int], ...]:
    return (
        ("images", len(bom.images)),
        ("components", len(holders)),
        ("components hidden by upper layers", sum(1 for one, _ in holders if _hidden(one))),
        ("licenses", len(rows)),
        ("components without a license", sum(1 for _, terms in holders if not terms)),
        ("licenses without a class", sum(1 for one in rows if not one.class_name)),
        ("files with code that no package accounts for", sum(one.coverage.unowned_files for one in bom.images)),
        ("problems while reading", len(bom.problems)),
    )


def _hidden(component: Component, image: str = "") -> bool:
    places = [one for one in component.occurrences if not image or one.location.image == image]
    return bool(places) and all(one.state is not State.VISIBLE for one in places)


def _severities(result: CheckResult | None) -> tuple[tuple[str, int, int], ...]:
    if result is None:
        return ()
    counted = Counter((one.severity, bool(one.waived_by)) for one in result.violations)
    return tuple((one.value, counted[one, False], counted[one, True]) for one in reversed(Severity))


def _findings(result: CheckResult | None) -> tuple[FindingRow, ...]:
    if result is None:
        return ()
    order = list(Severity)
    counted = Counter((one.rule, one.severity, bool(one.waived_by)) for one in result.violations)
    advice = {one.name: one.how_to_fix for one in result.rules}
    kinds = sorted({(rule, severity) for rule, severity, _ in counted}, key=lambda one: (-order.index(one[1]), one[0]))
    return tuple(
        FindingRow(
            line(rule),
            severity.value,
            counted[rule, severity, False],
            counted[rule, severity, True],
            line(advice.get(rule, "")),
        )
        for rule, severity in kinds
    )


def _waivers(result: CheckResult | None, created: date) -> tuple[WaiverRow, ...]:
    if result is None:
        return ()
    today = date.fromisoformat(result.today) if result.today else created
    last = (today + timedelta(days=SOON)).isoformat()
    ending = [one for one in result.waivers if one.expires <= last]
    return tuple(_waiver(one, today) for one in sorted(ending, key=lambda one: (one.expires, one.id)))


def _waiver(one: Waiver, today: date) -> WaiverRow:
    about = one.component or one.license or one.image or one.role or "everything"
    days = (date.fromisoformat(one.expires) - today).days
    return WaiverRow(
        line(one.id), line(one.rule), line(about), line(one.owner), line(one.ticket), line(one.expires), days
    )


def _image(facts: ImageFacts, bom: Bom, holders: list[Holder], result: CheckResult | None) -> ImageRow:
    name = facts.image.name
    inside = [(one, terms) for one, terms in holders if any(place.location.image == name for place in one.occurrences)]
    open_ = Counter(
        one.severity for one in (result.violations if result else ()) if one.image == name and not one.waived_by
    )
    return ImageRow(
        name=line(name),
        role=facts.image.role.value,
        system=line(facts.image.os.pretty_name or facts.image.os.id) if facts.image.os else "",
        components=len(inside),
        hidden=sum(1 for one, _ in inside if _hidden(one, name)),
        licenses=len({term for _, terms in inside for term in terms}),
        unknown=sum(1 for _, terms in inside if not terms),
        unowned=facts.coverage.unowned_files,
        code=" / ".join(map(percent, facts.coverage.shares)) if facts.coverage.bytes else "",
        problems=sum(1 for one in bom.problems if one.location.image == name),
        findings=tuple(open_[one] for one in reversed(Severity)),
    )
