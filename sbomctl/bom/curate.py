"""What people decided, put into the facts: corrections become findings, choices become elections.

So nothing is overwritten: what the images say stays in the findings, and a decision carries
its id, author and reason. One that did nothing, or whose ground is gone, is an issue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

import msgspec

from sbomctl.bom.conclude import CURATION, license_facts, united_copyrights
from sbomctl.licenses.expression import conjuncts
from sbomctl.model import (
    Bom,
    Choice,
    Component,
    CopyrightStatement,
    Curation,
    CurationIssue,
    Curations,
    Election,
    Expression,
    LicenseFinding,
    LicenseKind,
    Location,
)
from sbomctl.versions import in_range

D = TypeVar("D", bound=Curation | Choice)
_PURL = re.compile(r"(?P<base>pkg:(?P<type>[^/]+)/[^?#]*?)(?:@(?P<version>[^@/?#]*))?(?:[?#].*)?\Z")


def curate(bom: Bom, decisions: Curations) -> Bom:
    """The Bom with ``decisions`` heeded, and in ``curation_issues`` those that were not."""
    if not (decisions.curations or decisions.choices):
        return bom
    used: dict[str, set[str]] = {}  # id -> how it fared: used | outdated | impossible
    curations, choices = _Addressed(decisions.curations), _Addressed(decisions.choices)
    components = tuple(
        _chosen(_curated(one, curations.of(one), decisions.file, used), choices.of(one), used) for one in bom.components
    )
    issues = {*bom.curation_issues, *_issues(decisions, used)}
    return msgspec.structs.replace(bom, components=components, curation_issues=tuple(sorted(issues)))


class _Addressed(Generic[D]):
    """Decisions by the components that they are about; only those with ``*`` are tried on every one."""

    def __init__(self, decisions: Iterable[D]) -> None:
        self._exact: dict[str, list[D]] = {}
        self._patterns: list[tuple[re.Pattern[str], D]] = []
        for one in decisions:
            if "*" in one.component:
                pattern = ".*".join(map(re.escape, one.component.split("*")))
                self._patterns.append((re.compile(pattern, re.DOTALL), one))
            else:
                self._exact.setdefault(one.component, []).append(one)

    def of(self, component: Component) -> list[D]:
        """Those about ``component``, in the order of their file."""
        found = _PURL.match(component.purl)
        base = found["base"] if found else ""
        matching = [one for pattern, one in self._patterns if pattern.fullmatch(base)]
        return sorted((*self._exact.get(base, ()), *matching), key=lambda one: one.line)


def _curated(component: Component, decisions: Iterable[Curation], file: str, used: dict[str, set[str]]) -> Component:
    found: list[LicenseFinding] = []
    copyrights: list[CopyrightStatement] = []
    for one in decisions:
        if not _still_fits(one, component):
            used.setdefault(one.id, set()).add("outdated")
            continue
        used.setdefault(one.id, set()).add("used")
        place = Location("", -1, file, one.line)
        found += _findings(one, place)
        copyrights += (CopyrightStatement(text, place) for text in one.copyrights)
    if copyrights:
        component = msgspec.structs.replace(component, copyrights=united_copyrights(copyrights))
    if not found:
        return component
    facts = component.licenses
    licenses = license_facts((*facts.findings, *found), (facts.declared,), (facts.detected,), facts.elections)
    return msgspec.structs.replace(component, licenses=licenses)


def _findings(one: Curation, place: Location) -> Iterator[LicenseFinding]:
    why = f"{one.reason} ({one.author})"
    for kind, text in ((LicenseKind.DECLARED, one.declared), (LicenseKind.CONCLUDED, one.concluded)):
        if text:
            yield LicenseFinding(text, place, CURATION + one.id, kind, Expression(text), remark=why)


def _chosen(component: Component, decisions: Iterable[Choice], used: dict[str, set[str]]) -> Component:
    facts = component.licenses
    made = list(facts.elections)
    parts = {facts.concluded, *conjuncts(facts.concluded)}
    for one in decisions:
        if _is_version(one.versions, component):
            fits = one.given in parts
            used.setdefault(one.id, set()).add("used" if fits else "impossible")
            if fits and not any(election.given == one.given for election in made):
                made.append(Election(one.given, one.choose, one.author, f"{one.id}: {one.reason}"))
    if len(made) == len(facts.elections):
        return component
    licenses = license_facts(facts.findings, (facts.declared,), (facts.detected,), made)
    return msgspec.structs.replace(component, licenses=licenses)


def _issues(decisions: Curations, used: dict[str, set[str]]) -> Iterator[CurationIssue]:
    for one in decisions.curations:
        fared = used.get(one.id, set())
        if "outdated" in fared and "used" not in fared:
            ground = "version or license text"
            message = f"{one.component} is there, but its {ground} is no longer the one that {one.id} was made for"
            yield CurationIssue("outdated-curation", one.id, message, decisions.file, one.line)
        elif not fared:
            yield CurationIssue("unused-curation", one.id, f"no component is {one.component}", decisions.file, one.line)
    yield from _choice_issues(decisions.choices, decisions.file, used)


def _choice_issues(choices: Iterable[Choice], file: str, used: dict[str, set[str]]) -> Iterator[CurationIssue]:
    for one in choices:
        fared = used.get(one.id, set())
        if one.component != "*" and "impossible" in fared and "used" not in fared:
            message = f"{one.component} does not offer {one.given}"
            yield CurationIssue("impossible-choice", one.id, message, file, one.line)
        elif "used" not in fared:
            message = f"no component that is {one.component} offers {one.given}"
            yield CurationIssue("unused-choice", one.id, message, file, one.line)


def _still_fits(one: Curation, component: Component) -> bool:
    texts = {text.sha256 for text in component.texts}
    return _is_version(one.versions, component) and (not one.text_sha256 or one.text_sha256 in texts)


def _is_version(versions: str, component: Component) -> bool:
    if not versions:
        return True
    found = _PURL.match(component.purl)
    return in_range(found["type"] if found else "", component.version, versions)
