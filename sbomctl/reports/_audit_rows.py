"""The components of the HTML report: a short row each for the table, and the whole chain of evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from sbomctl.licenses.expression import InvalidExpression, terms
from sbomctl.model import (
    Component,
    ComponentType,
    Location,
    Occurrence,
    RelationshipType,
    Severity,
    SourceRef,
    State,
    Violation,
)
from sbomctl.reports._audit_findings import group_key
from sbomctl.reports._audit_index import Index, class_of, expression_of

STATES = tuple(state.value for state in State)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where in which image a component is; images and states by number, -1 = no layer."""

    image: int
    state: int
    since: int
    hidden: int


class Row(msgspec.Struct, frozen=True, array_like=True):
    """What the table shows of a component and filters by."""

    id: str
    name: str
    version: str
    kind: str  # type of the package URL; else of the component
    license: str  # expression; "" = unknown
    written: str  # as the package writes it, where there is no expression
    class_name: str
    verdict: str
    open: tuple[int, int, int]  # errors, warnings, notes
    waived: int
    places: tuple[Place, ...]
    licenses: tuple[str, ...]  # each of the expression
    evidence: int  # as in ``Detail``

    @property
    def hidden(self) -> bool:
        """Whether the running system sees it nowhere."""
        return bool(self.places) and all(STATES[place.state] != State.VISIBLE.value for place in self.places)


class Spot(msgspec.Struct, frozen=True, array_like=True):
    """A line of one of the ``Detail.files``; 0 = the whole file."""

    file: int
    line: int
    end: int = 0


class Statement(msgspec.Struct, frozen=True, array_like=True):
    """One license statement."""

    raw: str
    expression: str
    kind: str
    found_by: str
    spot: Spot
    coverage: int  # percent
    excluded_by: str
    candidates: tuple[str, ...]
    files: tuple[str, ...]
    remark: str
    text: int  # number of the license text; -1 = none


class Finding(msgspec.Struct, frozen=True, array_like=True):
    """One violation, told by its group."""

    group: int
    license: str
    image: str
    spots: tuple[Spot, ...]
    decided_by: str
    waived_by: str
    new: bool


class Presence(msgspec.Struct, frozen=True, array_like=True):
    """One occurrence beyond what ``Place`` says."""

    place: Place
    record: Spot
    found_by: str
    root: str
    files: int
    directories: tuple[str, ...]
    code_sha256: str


class Evidence(msgspec.Struct, frozen=True, array_like=True):
    """What is read in license files: packages of one source often ship the same ones, each under its own path."""

    statements: tuple[Statement, ...]
    copyrights: tuple[tuple[str, Spot], ...]


FACTS = (
    "Package URL",
    "Type",
    "Architecture",
    "Description",
    "Supplier",
    "Home page",
    "Repository",
    "Download",
    "CPE",
)
"""What ``Detail.facts`` are, in their order."""


class Detail(msgspec.Struct, frozen=True, array_like=True):
    """Everything known of a component; other components are told by their position."""

    facts: tuple[str, ...]
    licenses: tuple[tuple[str, str], ...]  # which view, expression
    reason: str
    elections: tuple[tuple[str, str, str, str], ...]  # given, chosen, by, reason
    raw: tuple[str, ...]
    issues: tuple[tuple[str, str, tuple[str, ...], tuple[Spot, ...]], ...]
    files: tuple[tuple[int, int, str], ...]  # image (-1 = not one of the product's), layer, path
    evidence: int  # number among ``Details.evidence``; its spots count in ``files``
    texts: tuple[tuple[str, int, Spot], ...]  # role, number of the text, place
    sources: tuple[tuple[str, str, str, str, str, str], ...]  # relation, name, version, purl, url, digest
    presences: tuple[Presence, ...]
    findings: tuple[Finding, ...]
    depends_on: tuple[int, ...]
    needed_by: tuple[int, ...]
    built_from: tuple[int, ...]
    built_into: tuple[int, ...]


def row_of(component: Component, index: Index, evidence: int) -> Row:
    """The row of ``component``, whose evidence has the number ``evidence``."""
    expression = expression_of(component.licenses)
    found = index.violations.get(component.id, ())
    left = [one.severity for one in found if not one.waived_by]
    return Row(
        component.id,
        component.name,
        component.version,
        _kind(component),
        expression,
        "" if expression else ", ".join(component.licenses.raw),
        class_of(expression) if expression or component.type is not ComponentType.SOURCE else "",
        index.verdict(component),
        (left.count(Severity.ERROR), left.count(Severity.WARNING), left.count(Severity.NOTE)),
        len(found) - len(left),
        tuple([_place(one, index) for one in component.occurrences]),
        _licenses(expression),
        evidence,
    )


def _kind(component: Component) -> str:
    if component.type is ComponentType.SOURCE:
        return "source"
    kind = component.purl.removeprefix("pkg:").partition("/")[0] if component.purl.startswith("pkg:") else ""
    return kind or component.type.value


def _licenses(expression: str) -> tuple[str, ...]:
    try:
        return tuple([str(term) for term in terms(expression)])
    except InvalidExpression:
        return (expression,)


def _place(occurrence: Occurrence, index: Index) -> Place:
    hidden = -1 if occurrence.hidden_in is None else occurrence.hidden_in
    image = index.images.get(occurrence.location.image, -1)
    return Place(image, STATES.index(occurrence.state.value), occurrence.introduced_in, hidden)


class _Spots:
    """Gives each file of one component a number."""

    def __init__(self, index: Index) -> None:
        self._images = index.images
        self._numbers: dict[tuple[int, int, str], int] = {}

    def of(self, location: Location, end: int = 0) -> Spot:
        key = (self._images.get(location.image, -1), location.layer, location.path)
        number = self._numbers.setdefault(key, len(self._numbers))
        return Spot(number, location.line, end if end > location.line else 0)

    def files(self) -> tuple[tuple[int, int, str], ...]:
        return tuple(self._numbers)


class Details(msgspec.Struct, frozen=True):
    """The details of all components by position, and the evidence that they refer to."""

    components: tuple[Detail, ...]
    evidence: tuple[Evidence, ...]


def details_of(index: Index, groups: Mapping[tuple[str, ...], int]) -> Details:
    """Everything known of the components; ``groups`` numbers violations as the findings of the report do."""
    numbers: dict[Evidence, int] = {}
    details = [_detail(one, index, groups, numbers) for one in index.components]
    return Details(tuple(details), tuple(numbers))


def _detail(
    component: Component, index: Index, groups: Mapping[tuple[str, ...], int], numbers: dict[Evidence, int]
) -> Detail:
    spots = _Spots(index)
    facts = component.licenses
    # first, so that the same evidence in files of other names has the same numbers
    statements = _statements(component, spots, index.texts)
    evidence = Evidence(statements, tuple([(one.text, spots.of(one.location)) for one in component.copyrights]))
    issues = [
        (one.kind, one.message, one.candidates, tuple([spots.of(place) for place in one.locations]))
        for one in facts.issues
    ]
    depends, generated = RelationshipType.DEPENDS_ON, RelationshipType.GENERATED_FROM
    texts = tuple([(one.role, index.texts.get(one.sha256, -1), spots.of(one.location)) for one in component.texts])
    presences = tuple([_presence(one, index, spots) for one in component.occurrences])
    violations = index.violations.get(component.id, ())
    findings = tuple([_finding(one, groups[group_key(one)], spots) for one in violations])
    return Detail(
        _facts(component),
        _views(component),
        facts.reason,
        tuple([(one.given, one.chosen, one.by, one.reason) for one in facts.elections]),
        facts.raw,
        tuple(issues),
        spots.files(),
        numbers.setdefault(evidence, len(numbers)),
        texts,
        _sources(component),
        presences,
        findings,
        tuple(sorted(index.forth.get((component.id, depends), ()))),
        tuple(sorted(index.back.get((component.id, depends), ()))),
        tuple(sorted(index.forth.get((component.id, generated), ()))),
        tuple(sorted(index.back.get((component.id, generated), ()))),
    )


def _facts(component: Component) -> tuple[str, ...]:
    return (
        component.purl,
        component.type.value,
        component.architecture,
        component.description,
        component.supplier,
        component.homepage,
        component.vcs_url,
        component.download_url,
        component.cpe,
    )


def _views(component: Component) -> tuple[tuple[str, str], ...]:
    facts = component.licenses
    named = (
        ("Effective", facts.effective),
        ("Concluded", facts.concluded),
        ("Declared", facts.declared),
        ("Detected", facts.detected),
    )
    merged: dict[str, list[str]] = {}  # mostly the views are the same
    for label, value in named:
        if value:
            merged.setdefault(str(value), []).append(label)
    return tuple([(", ".join(labels).capitalize(), value) for value, labels in merged.items()])


def _statements(component: Component, spots: _Spots, texts: Mapping[str, int]) -> tuple[Statement, ...]:
    return tuple(
        [
            Statement(
                one.raw,
                one.expression,
                one.kind.value,
                f"{one.found_by}, {one.field}" if one.field else one.found_by,
                spots.of(one.location, one.end_line),
                int(100 * one.coverage),  # never rounded up: 100 means all of it
                one.excluded_by,
                one.candidates,
                one.files,
                one.remark,
                texts.get(one.text_sha256, -1),
            )
            for one in component.licenses.findings
        ]
    )


def _sources(component: Component) -> tuple[tuple[str, str, str, str, str, str], ...]:
    stated: Sequence[SourceRef] = (*((component.source,) if component.source else ()), *component.built_using)
    return tuple([(one.relation, one.name, one.version, one.purl, one.url, one.digest) for one in stated])


def _presence(occurrence: Occurrence, index: Index, spots: _Spots) -> Presence:
    return Presence(
        _place(occurrence, index),
        spots.of(occurrence.location),
        ", ".join(occurrence.found_by)
        + ("" if occurrence.confidence == 1 else f", confidence {occurrence.confidence}"),
        occurrence.root,
        len(occurrence.files),
        occurrence.owns_directories,
        occurrence.code_sha256,
    )


def _finding(violation: Violation, group: int, spots: _Spots) -> Finding:
    return Finding(
        group,
        violation.license,
        violation.image,
        tuple([spots.of(one) for one in violation.locations]),
        str(violation.decided_by or ""),
        violation.waived_by,
        violation.baseline == "new",
    )
