"""The first page of the HTML report: the verdict, how complete it is, counts and charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from sbomctl.model import CheckResult, ComponentType
from sbomctl.reports._audit_findings import RuleFindings, WaiverLine
from sbomctl.reports._audit_images import ImagePage
from sbomctl.reports._audit_index import CLASS_NAMES, Bar, Index
from sbomctl.reports._audit_rows import Row
from sbomctl.reports._audit_sources import Sources
from sbomctl.terminal import counted

_RULE_BARS = 8


class Verdict(msgspec.Struct, frozen=True):
    """How the check ended: ``failed``, ``incomplete``, ``passed`` or ``unchecked``."""

    word: str
    sentence: str


class Tile(msgspec.Struct, frozen=True):
    """A number to see first."""

    label: str
    number: int
    remark: str
    link: str


class Overview(msgspec.Struct, frozen=True):
    """The first page; parts of bars are in the order of the legends."""

    verdict: Verdict
    complete: str  # a sentence; "" = it is complete
    tiles: tuple[Tile, ...]
    severities: tuple[tuple[str, int], ...]  # open violations
    classes: tuple[Bar, ...]  # components that are visible, only hidden
    verdicts: tuple[Bar, ...]
    coverage: tuple[Bar, ...]  # recorded, identified by evidence, unknown; files
    coverage_bytes: tuple[Bar, ...]  # the same in bytes
    rules: tuple[Bar, ...]  # errors, warnings, notes, waived
    rules_left: int  # rules with findings that have no bar
    ending: tuple[WaiverLine, ...]


def overview_of(
    index: Index,
    rows: Sequence[Row],
    images: Sequence[ImagePage],
    sources: Sources,
    findings: Sequence[RuleFindings],
    waivers: Sequence[WaiverLine],
) -> Overview:
    """The first page over everything else."""
    installed = [row for row in rows if row.kind != ComponentType.SOURCE.value]
    problems = len(index.bom.problems)
    accepted = index.result is not None and index.result.accepted_problems
    gap = f"{counted(problems, 'thing')} could not be read" + (", which a waiver accepts" if accepted else "")
    left = Counter(dict.fromkeys(("error", "warning", "note"), 0))
    for rule in findings:
        for group in rule.groups:
            if not group.waived_by:
                left[group.severity] += len(group.members)
    bars = _rule_bars(findings)
    return Overview(
        _verdict(index.result),
        gap if problems else "",
        _tiles(index, installed, images, sources),
        tuple(left.items()),
        _bars(installed, CLASS_NAMES, "class_name", "class"),
        _bars(installed, ("deny", "unknown", "review", "allow"), "verdict", "verdict") if index.result else (),
        tuple([image.coverage for image in images]),
        tuple([image.coverage_bytes for image in images]),
        bars[:_RULE_BARS],
        len(bars[_RULE_BARS:]),
        tuple([one for one in waivers if one.state in ("ended", "ends soon")]),
    )


def _verdict(result: CheckResult | None) -> Verdict:
    if result is None:
        return Verdict("unchecked", "The product was not checked against a policy.")
    policy = " ".join(part for part in (result.policy, result.policy_version) if part)
    asked = f"policy {policy}, profile {result.profile}"
    failing = sum(1 for one in result.violations if one.fails)
    if failing:
        return Verdict("failed", f"{counted(failing, 'finding')} must be resolved or waived under {asked}.")
    if result.problems and not result.accepted_problems:
        return Verdict("incomplete", f"Nothing that was read fails {asked}, but not everything could be read.")
    return Verdict("passed", f"No finding stops the release under {asked}.")


def _tiles(index: Index, installed: Sequence[Row], images: Sequence[ImagePage], sources: Sources) -> tuple[Tile, ...]:
    hidden = sum(1 for row in installed if row.hidden)
    licenses = {name for row in installed for name in row.licenses}
    unknown = sum(1 for row in installed if not row.license)
    unowned = sum(image.coverage.parts[2] for image in images)
    layers = sum(len(image.layers) for image in images)
    return (
        Tile("components", len(installed), f"{hidden:,} only in hidden layers", "components"),
        Tile("images", len(images), counted(layers, "layer"), "images"),
        Tile("licenses", len(licenses), f"{unknown:,} components with none known", "licenses"),
        Tile("source packages", len(sources.lines), "named by the components", "sources"),
        Tile("license texts", len(index.bom.license_texts), "as shipped, each once", "texts"),
        Tile("unowned executables", unowned, "no package accounts for them", "unknowns"),
    )


def _bars(rows: Sequence[Row], names: Sequence[str], by: str, filter_name: str) -> tuple[Bar, ...]:
    """How many components each value has, visible ones and hidden ones; values without any are left out."""
    from urllib.parse import quote

    counts = Counter((getattr(row, by), row.hidden) for row in rows)
    parts = [(name, (counts[name, False], counts[name, True])) for name in names]
    whole = max((sum(pair) for _, pair in parts), default=0) or 1
    return tuple(
        [Bar(name, pair, whole, f"components?{filter_name}={quote(name)}") for name, pair in parts if any(pair)]
    )


def _rule_bars(findings: Sequence[RuleFindings]) -> tuple[Bar, ...]:
    parts = []
    for rule in findings:
        counts: Counter[str] = Counter()
        for group in rule.groups:
            counts["waived" if group.waived_by else group.severity] += len(group.members)
        parts.append((rule, tuple([counts[one] for one in ("error", "warning", "note", "waived")])))
    whole = max((sum(counts) for _, counts in parts), default=0) or 1
    return tuple([Bar(rule.rule, counts, whole, f"findings/{rule.rule}", rule.about) for rule, counts in parts])
