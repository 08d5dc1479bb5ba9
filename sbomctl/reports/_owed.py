"""Which source packages are owed under the licenses of what ships, and what is known of each (requirement CO-10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from sbomctl.licenses.expression import Term
from sbomctl.model import Bom, Component, ComponentType, SourceRef
from sbomctl.policy.classes import ClassTable, shipped_table
from sbomctl.reports._effective import Effective, Elections

SOURCE = ("source", "network-source")


class SourceStatus(Enum):
    """What can be said of the source of something without having it."""

    NOT_FETCHED = "not fetched"  # a source package of a version, or an address, is known
    MISSING = "missing"  # the records name no version of a source, and no address
    NOT_REQUIRED = "not required"
    NOT_REDISTRIBUTABLE = "not redistributable"  # its license gives none, and forbids changed copies
    UNKNOWN = "unknown"  # what the license asks is not known


@dataclass(frozen=True, slots=True)
class OwedSource:
    """One source package in one version that is owed, and why."""

    name: str
    version: str
    status: SourceStatus
    reference: str  # purl or address; "" = none is known
    licenses: tuple[str, ...]  # those that ask for it, sorted
    packages: tuple[str, ...]  # what was built from it, sorted
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Owed:
    """All that is owed, and how many components are not part of it."""

    sources: tuple[OwedSource, ...]  # by name and version
    counts: dict[SourceStatus, int]  # sources that are owed; else components
    unknown: tuple[str, ...]  # components of which nobody can say what they ask, sorted


def owed_sources(bom: Bom, elections: Elections) -> Owed:
    """Every source package that a license of what is built from it asks for; hidden components count."""
    table = shipped_table()
    rows: dict[tuple[str, str], _Row] = {}
    counts = dict.fromkeys(SourceStatus, 0)
    unknown = []
    for component in bom.components:
        if component.type is ComponentType.SOURCE or not component.occurrences:
            continue
        effective = elections.of(component)
        asking = asking_for_source(effective, table)
        if not asking:
            status = _unasked(effective, table)
            counts[status] += 1
            if status is SourceStatus.UNKNOWN:
                unknown.append(f"{component.name} {component.version}".strip())
        for source in _sources(component) if asking else ():
            rows.setdefault((source.name, source.version), _Row(source)).take(component, asking)
    sources = tuple(rows[key].made() for key in sorted(rows))
    for one in sources:
        counts[one.status] += 1
    return Owed(sources, counts, tuple(sorted(set(unknown))))


def asking_for_source(effective: Effective, table: ClassTable) -> tuple[str, ...]:
    """The licenses of an expression that ask for source; of a choice nobody made, every branch counts."""
    return tuple(str(term) for term in effective.terms if not table.of(term).obligations.isdisjoint(SOURCE))


def _unasked(effective: Effective, table: ClassTable) -> SourceStatus:
    classes = [table.of(term) for term in effective.terms]
    if not classes or any(
        not one.name and not _known(term) for one, term in zip(classes, effective.terms, strict=True)
    ):
        return SourceStatus.UNKNOWN
    closed = any("binary-only" in one.obligations or one.name == "proprietary" for one in classes)
    return SourceStatus.NOT_REDISTRIBUTABLE if closed else SourceStatus.NOT_REQUIRED


def _known(term: Term) -> bool:
    return term.license.lower().endswith("public-domain")


def _sources(component: Component) -> Iterator[SourceRef]:
    """What is owed for a component: its source, and those whose code is inside (Debian Policy 7.8)."""
    own = component.source
    address = (own.url if own else "") or component.download_url or component.vcs_url
    if own and own.name:
        yield SourceRef(own.name, own.version, own.purl, address)
    else:
        yield SourceRef(component.name, "" if not address else component.version, "", address, relation="none")
    yield from component.built_using


class _Row:
    def __init__(self, source: SourceRef) -> None:
        self._source = source
        self._licenses: set[str] = set()
        self._packages: set[str] = set()
        self._images: set[str] = set()

    def take(self, component: Component, licenses: Sequence[str]) -> None:
        """Count a component in that was built from the source."""
        self._licenses |= set(licenses)
        self._packages.add(f"{component.name} {component.version}".strip())
        self._images |= {place.location.image for place in component.occurrences}

    def made(self) -> OwedSource:
        """The row as it stands."""
        source = self._source
        known = source.url or (source.relation != "none" and source.version)
        return OwedSource(
            source.name,
            source.version,
            SourceStatus.NOT_FETCHED if known else SourceStatus.MISSING,
            source.url or source.purl,
            tuple(sorted(self._licenses)),
            tuple(sorted(self._packages)),
            tuple(sorted(self._images)),
        )
