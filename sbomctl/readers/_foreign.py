"""What readers of SBOMs of other tools share: entries of a document become components.

Such a document says what is there and under which license, not where: there are no images, no
layers and no occurrences. That is one ``Problem``, so that no result passes for a complete one.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import PurePath
from typing import Any, TypeVar

import msgspec

from sbomctl.bom.identity import component_id, purl_key
from sbomctl.bom.license_issues import license_issues
from sbomctl.bom.unite import common_purl, smallest
from sbomctl.errors import CorruptInput
from sbomctl.licenses.expression import NOTHING, InvalidExpression, canonical, conjunction, terms
from sbomctl.licenses.spdx_list import license_reference
from sbomctl.model import (
    PRODUCT_ID,
    Bom,
    Component,
    ComponentType,
    CopyrightStatement,
    Expression,
    LicenseFacts,
    LicenseFinding,
    LicenseKind,
    Location,
    Problem,
    Product,
    Relationship,
    RelationshipType,
)

T = TypeVar("T")

_APPLICATIONS = frozenset(("deb", "rpm", "apk", "alpm"))  # as in a scan: installed units
_FACTS = ("name", "version", "supplier", "homepage", "download_url", "vcs_url", "cpe", "description")
_TYPES = {one.value: one for one in ComponentType if one is not ComponentType.SOURCE}
_SHOWN = 100  # characters of a name that another program wrote, in a message
_NOT_ASSERTED = ("", "NONE", "NOASSERTION")
_NO_PACKAGES = frozenset(("operating-system", "file", "container", "device", "platform"))


class Statement(msgspec.Struct, frozen=True, order=True):
    """One license statement as written; ``text`` is the license text that comes with it."""

    kind: str  # declared | detected | concluded
    raw: str
    text: str = ""


class Entry(msgspec.Struct, frozen=True):
    """One element of a document that may be a package; "" = not stated."""

    ref: str  # unique in the document; "" = nothing can refer to it
    name: str
    version: str
    purl: str
    kind: str  # in the words of CycloneDX
    statements: tuple[Statement, ...] = ()
    is_source: bool = False
    supplier: str = ""
    homepage: str = ""
    download_url: str = ""
    vcs_url: str = ""
    cpe: str = ""
    description: str = ""
    copyright: str = ""

    @property
    def is_package(self) -> bool:
        """Whether it is to be judged: files, systems and images of which nothing is stated are not."""
        return bool(self.purl or self.kind not in _NO_PACKAGES or self.states_license)

    @property
    def states_license(self) -> bool:
        """Whether it asserts a license: ``NONE`` and ``NOASSERTION`` do not."""
        return any(one.raw.strip() not in _NOT_ASSERTED for one in self.statements)


class Edge(msgspec.Struct, frozen=True):
    """A relationship between refs of entries."""

    source: str
    type: RelationshipType
    target: str


class Document(msgspec.Struct, frozen=True):
    """What a reader found; ``texts`` are those of ``LicenseRef-`` identifiers."""

    file: str
    format: str  # name and version, for people
    found_by: str
    tools: tuple[str, ...]
    product: Product
    entries: Sequence[Entry]
    edges: Iterable[Edge]
    texts: dict[str, str] = {}
    passed_over: tuple[str, ...] = ()  # what else it holds that is not read, in words


def decoded(data: bytes, file: str, kind: type[T], name: str) -> T:
    """``data`` as ``kind``; raises ``CorruptInput`` that says where it differs from a ``name`` document."""
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=kind)
    except RecursionError as error:
        raise CorruptInput(f"{file}: the {name} document is nested too deeply", _HINT) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CorruptInput(f"{file} is no valid {name} document: {error}", _HINT) from error


_HINT = "have the tool that wrote it write it again, or scan the images with sbomctl scan"


def corrupt(file: str, fault: str) -> CorruptInput:
    """The error for a document that contradicts itself."""
    return CorruptInput(f"{file}: {fault}", _HINT)


def shown(text: str) -> str:
    """A name from the document, short enough for a message."""
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def assemble(document: Document) -> Bom:
    """The Bom of a document; entries of one identity become one component.

    Raises ``CorruptInput`` when one ref names two different things.
    """
    place = Location("", -1, PurePath(document.file).name)
    same: dict[str, list[Entry]] = {}
    refs: dict[str, str] = {}
    for entry in document.entries:
        key = _identity(entry)
        if entry.ref and refs.setdefault(entry.ref, key) != key:
            raise corrupt(document.file, f"two different components are called {shown(entry.ref)!r}")
        if entry.is_package:
            same.setdefault(key, []).append(entry)
    made = _Licenses(place, document.found_by, document.texts)
    components = sorted((_component(key, entries, made) for key, entries in same.items()), key=_order)
    left_out = Counter(one.kind for one in document.entries if not one.is_package)
    return Bom(
        product=document.product,
        components=tuple(components),
        relationships=tuple(sorted(_relationships(components, refs, document.edges), key=_edge_order)),
        problems=(Problem(place, document.found_by, _reason(document, left_out)),),
        license_texts=dict(sorted(made.kept.items())),
    )


def _reason(document: Document, left_out: Counter[str]) -> str:
    tool = shown(", ".join(document.tools)) or "an unnamed tool"
    reason = f"read from an SBOM of {tool} ({document.format}): layers, files and evidence are not known"
    more = [f"{count} of type {kind} without purl and license" for kind, count in sorted(left_out.items())]
    more += document.passed_over
    return f"{reason}; not judged: {', '.join(more)}" if more else reason


def _identity(entry: Entry) -> str:
    """The id by the rule of a scan; without a purl name and version are all there is to go by."""
    key = purl_key(entry.purl) if entry.purl else f"{entry.name}\0{entry.version}"
    return component_id(f"source\0{key}" if entry.is_source else key)


def _relationships(
    components: Iterable[Component], refs: dict[str, str], edges: Iterable[Edge]
) -> Iterable[Relationship]:
    """Every edge between packages, and that the product contains what is no source; references to nothing are left."""
    known = {one.id for one in components}
    kept = {
        Relationship(PRODUCT_ID, RelationshipType.CONTAINS, one.id)
        for one in components
        if one.type is not ComponentType.SOURCE
    }
    for edge in edges:
        source, target = refs.get(edge.source, ""), refs.get(edge.target, "")
        if source in known and target in known and source != target:
            kept.add(Relationship(source, edge.type, target))
    return kept


def _component(key: str, entries: Sequence[Entry], made: _Licenses) -> Component:
    purl = common_purl(entry.purl for entry in entries)
    return Component(
        id=key,
        purl=purl,
        type=_type(entries, purl),
        licenses=made.facts({each for entry in entries for each in entry.statements}),
        copyrights=tuple(CopyrightStatement(line, made.place) for line in sorted(_lines(entries))),
        **_facts_of(entries),
    )


def _facts_of(entries: Sequence[Entry]) -> dict[str, Any]:
    return {fact: _one(entries, fact) for fact in _FACTS}


def _one(entries: Sequence[Entry], fact: str) -> str:
    """Of facts that differ the smallest is kept, so that order cannot show."""
    if len(entries) == 1:  # nearly always
        return str(getattr(entries[0], fact))
    return smallest(getattr(entry, fact) for entry in entries)


def _type(entries: Sequence[Entry], purl: str) -> ComponentType:
    if entries[0].is_source:
        return ComponentType.SOURCE
    ecosystem = purl.removeprefix("pkg:").partition("/")[0]
    default = ComponentType.APPLICATION if ecosystem in _APPLICATIONS else ComponentType.LIBRARY
    return _TYPES.get(_one(entries, "kind"), default)


def _lines(entries: Iterable[Entry]) -> set[str]:
    """Copyright statements, one in each line."""
    return {line.strip() for entry in entries for line in entry.copyright.splitlines() if line.strip()}


def _order(component: Component) -> tuple[str, str, str]:
    return (component.purl, component.name, component.id)


def _edge_order(relationship: Relationship) -> tuple[str, str, str]:
    return (relationship.source, relationship.type.value, relationship.target)


@lru_cache(1 << 14)
def _expression(raw: str) -> Expression:
    """Canonical; "" for what is no expression. Deprecated identifiers mean here what the SPDX list says they do."""
    try:
        return canonical(raw)
    except InvalidExpression:
        return NOTHING


class _Licenses:
    """Statements to license facts; the texts that go with them are kept once each."""

    def __init__(self, place: Location, found_by: str, texts: dict[str, str]) -> None:
        self.place = place
        self.kept: dict[str, str] = {}
        self._found_by = found_by
        self._texts = texts
        self._hashes: dict[str, str] = {}
        self._made: dict[tuple[Statement, ...], LicenseFacts] = {}  # few differ

    def facts(self, statements: Iterable[Statement]) -> LicenseFacts:
        """All statements of one kind hold at once; ``NONE`` and ``NOASSERTION`` assert nothing (SPDX 2.3, 7.13)."""
        stated = tuple(sorted(statements))
        if stated not in self._made:
            self._made[stated] = self._facts(stated)
        return self._made[stated]

    def _facts(self, stated: Sequence[Statement]) -> LicenseFacts:
        said = [one for one in stated if one.raw.strip() not in _NOT_ASSERTED]
        declared, detected, concluded = (self._all(said, kind) for kind in ("declared", "detected", "concluded"))
        findings = sorted({each for one in said for each in self._findings(one)}, key=_finding_order)
        none = sorted({one.kind for one in stated if one.raw.strip() == "NONE"})
        return LicenseFacts(
            raw=tuple(sorted({one.raw for one in said if one.kind == "declared"})),
            declared=declared,
            detected=detected,
            concluded=concluded,
            effective=concluded or conjunction((declared, detected)),
            findings=tuple(findings),
            reason="; ".join(("as the document states", *(f"it says NONE of the {kind} license" for kind in none))),
            issues=license_issues(findings, declared, detected, (), decided=bool(concluded)),
        )

    def _all(self, statements: Iterable[Statement], kind: str) -> Expression:
        """What cannot be read leaves a reference in its place, so that it cannot be taken for absent."""
        raws = list(dict.fromkeys(one.raw for one in statements if one.kind == kind))
        known = [expression for raw in raws if (expression := _expression(raw))]
        words = {term.license for one in known for term in terms(one)}
        for raw in raws:
            if not _expression(raw):
                names = [license_reference("sbomctl", what, raw) for what in ("unknown", "ambiguous")]
                if words.isdisjoint(names):  # ours has both, the string and its reference
                    known.append(Expression(names[0]))
        return conjunction(known)

    def _findings(self, one: Statement) -> Iterator[LicenseFinding]:
        expression = _expression(one.raw)
        kind = LicenseKind(one.kind)
        yield LicenseFinding(one.raw, self.place, self._found_by, kind, expression, text_sha256=self._keep(one.text))
        for term in terms(expression):
            text = self._texts.get(term.license, "")
            if text:
                words = " ".join(text[:200].split())[:_SHOWN] or term.license
                key, name = self._keep(text), Expression(term.license)
                yield LicenseFinding(words, self.place, self._found_by, LicenseKind.DETECTED, name, text_sha256=key)

    def _keep(self, text: str) -> str:
        if not text:
            return ""
        if text not in self._hashes:
            self._hashes[text] = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
            self.kept[self._hashes[text]] = text
        return self._hashes[text]


def _finding_order(finding: LicenseFinding) -> tuple[str, ...]:
    return (finding.kind.value, finding.raw, finding.expression, finding.text_sha256)
