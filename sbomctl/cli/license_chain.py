"""How we know of the licenses of a component: the facts, what is open, and every statement with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from sbomctl.cli.lines import LISTED, Line, place
from sbomctl.model import Component, ComponentType, LicenseFacts, LicenseFinding, LicenseIssue
from sbomctl.terminal import counted

_HANGING = 7  # levels of indentation at which values stand


def of_component(component: Component, *, every: bool = False) -> Iterator[Line]:
    """The five facts, who decided, what a person must look at, and the statements; lists are short unless ``every``."""
    facts = component.licenses
    yield from _facts(facts)
    if not facts.findings and not facts.raw and not facts.concluded:
        own = "not stated for the source; see what was built from it"
        none = "unknown; nothing was found that states one"
        yield Line(1, "license", own if component.type is ComponentType.SOURCE else none)
    for issue in facts.issues:
        yield from _issue(issue, every=every)
    groups = [(raw, list(same)) for raw, same in groupby(facts.findings, key=lambda finding: finding.raw)]
    for raw, findings in groups if every else groups[:LISTED]:
        if raw:
            yield from _statement(raw, findings, every=every)
    if len(groups) > LISTED and not every:
        yield Line(1, "as written", f"and {len(groups) - LISTED:,} more statements; --verbose shows all")
    located = {finding.raw for finding in facts.findings}
    yield from (Line(1, "as written", f'"{raw}"') for raw in facts.raw if raw not in located)
    yield from _copyrights(component, every=every)


def _facts(facts: LicenseFacts) -> Iterator[Line]:
    """Each expression once, with all that it is: mostly the facts are the same."""
    named = (
        (facts.effective, "effective"),
        (facts.concluded, "concluded"),
        (facts.declared, "declared"),
        (facts.detected, "detected"),
    )
    for expression in dict.fromkeys(expression for expression, _ in named if expression):
        kinds = ", ".join(kind for one, kind in named if one == expression)
        yield Line(1, "license", f"{expression} ({kinds})")
    if facts.reason:
        yield Line(2, "because", facts.reason)
    for one in facts.elections:
        yield Line(2, "elected", f"{one.chosen} of {one.given} by {one.by}: {one.reason}")


def _issue(issue: LicenseIssue, *, every: bool) -> Iterator[Line]:
    yield Line(1, "look at", f"{issue.kind}: {issue.message}")
    if issue.candidates:
        yield Line(2, "may be", " | ".join(issue.candidates))
    for location in issue.locations if every else issue.locations[:1]:
        yield Line(2, "at", f"{location.image}: {place(location)}".removeprefix(": "))


def _statement(raw: str, findings: Sequence[LicenseFinding], *, every: bool) -> Iterator[Line]:
    """What was written, what it means, where it stands and what it is about."""
    yield Line(1, "as written", f'"{raw}"')
    for (expression, candidates, left_out), some in groupby(findings, key=_meaning):
        same = list(some)
        if expression and expression != raw:
            yield Line(2, "means", expression)
        elif candidates:
            yield Line(2, "may be", " | ".join(candidates))
        if left_out:
            yield Line(2, "left out", f"not in the default expression: {left_out}")
        for finding in same if every else same[:LISTED]:
            yield from _place(finding, every=every)
        if len(same) > LISTED and not every:
            yield Line(2, "", f"and {len(same) - LISTED:,} more places; --verbose shows all")


def _meaning(finding: LicenseFinding) -> tuple[str, tuple[str, ...], str]:
    return finding.expression, finding.candidates, finding.excluded_by


def _place(finding: LicenseFinding, *, every: bool) -> Iterator[Line]:
    end = f" to {finding.end_line}" if finding.end_line > finding.location.line else ""
    where = f"{finding.location.image}: {place(finding.location, end)}".removeprefix(": ")
    share = f", {finding.coverage:.0%}" if finding.coverage < 1 else ""
    field = f", {finding.field}" if finding.field else ""
    yield Line(2, "at", f"{where} ({finding.found_by}{field}, {finding.kind.value}{share})")
    if finding.files:
        shown = finding.files if every else finding.files[:LISTED]
        more = f" and {len(finding.files) - len(shown):,} more" if len(shown) < len(finding.files) else ""
        yield Line(3, "about", " ".join(shown) + more)
    if finding.remark:
        yield Line(3, "remark", finding.remark)


def _copyrights(component: Component, *, every: bool) -> Iterator[Line]:
    shown = component.copyrights if every else component.copyrights[:LISTED]
    for number, one in enumerate(shown):
        yield Line(1, "copyright", one.text) if number == 0 else Line(_HANGING, "", one.text)
    if len(shown) < len(component.copyrights):
        count = counted(len(component.copyrights) - len(shown), "more statement")
        yield Line(_HANGING, "", f"and {count}; --verbose shows all")
