"""Edges, completeness and problems of a CycloneDX document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from sbomctl.model import PRODUCT_ID, Bom, Problem, RelationshipType
from sbomctl.writers import _cyclonedx_document as cdx

# Not that an image stands on another: its content is all its own, the other one only its origin.
_NEEDS = (RelationshipType.CONTAINS, RelationshipType.DEPENDS_ON, RelationshipType.GENERATED_FROM)


class Graph(msgspec.Struct, frozen=True):
    """The edges of a Bom by source; ``dangling`` counts those that name no element of it."""

    edges: Mapping[str, Mapping[RelationshipType, set[str]]]
    dangling: int

    def targets(self, source: str, kind: RelationshipType) -> tuple[str, ...]:
        """Where the edges of one kind lead, sorted."""
        return tuple(sorted(self.edges.get(source, {}).get(kind, ())))

    def needed_by(self, source: str) -> set[str]:
        """What it contains, depends on or was generated from: all that a ``dependsOn`` can mean."""
        return set().union(*(found for kind, found in self.edges.get(source, {}).items() if kind in _NEEDS)) - {source}


def graph_of(bom: Bom) -> Graph:
    """The relationships of the Bom, and containment where only an occurrence tells of it."""
    known = {PRODUCT_ID, *(facts.id for facts in bom.images), *(package.id for package in bom.components)}
    edges: dict[str, dict[RelationshipType, set[str]]] = {}
    dangling = 0
    for source, kind, target in _triples(bom):
        if source in known and target in known:
            edges.setdefault(source, {}).setdefault(kind, set()).add(target)
        else:
            dangling += 1
    return Graph(edges, dangling)


def _triples(bom: Bom) -> Iterator[tuple[str, RelationshipType, str]]:
    for edge in bom.relationships:
        yield edge.source, edge.type, edge.target
    ids = image_ids(bom)
    for package in bom.components:
        for item in package.occurrences:
            yield ids.get(item.location.image, PRODUCT_ID), RelationshipType.CONTAINS, package.id
    for facts in bom.images:
        yield PRODUCT_ID, RelationshipType.CONTAINS, facts.id


def dependencies(graph: Graph, found: Mapping[str, tuple[str, ...]], refs: Iterable[str]) -> tuple[cdx.Dependency, ...]:
    """An entry for each bom-ref, the product first; ``found`` are the images of what only images hold."""
    held: dict[str, set[str]] = {}
    for ref, images in found.items():
        for image in images:
            held.setdefault(image, set()).add(ref)
    return tuple(
        cdx.Dependency(ref=ref, depends_on=tuple(sorted(graph.needed_by(ref) | held.get(ref, set()))))
        for ref in (PRODUCT_ID, *sorted(refs))
    )


def compositions(bom: Bom, graph: Graph, files: Iterable[str]) -> tuple[cdx.Composition, ...]:
    """How complete the product and each image are; of the inside of an unowned file nothing is known.

    An image is incomplete with a problem or an unread layer of its own, and unknown when a
    problem names no image, or when nothing was found in it.
    """
    counts = problem_counts(bom)
    rest = "unknown" if counts[PRODUCT_ID] else "complete"
    whole = "incomplete" if bom.problems or graph.dangling else "complete"
    parts = [(PRODUCT_ID, whole)]
    for facts in bom.images:
        if counts[facts.id] or any(layer.missing for layer in facts.image.layers):
            parts.append((facts.id, "incomplete"))
        else:
            parts.append((facts.id, rest if graph.needed_by(facts.id) else "unknown"))
    parts += [(ref, "unknown") for ref in sorted(files)]
    by_aggregate: dict[str, list[str]] = {}
    for ref, aggregate in parts:
        by_aggregate.setdefault(aggregate, []).append(ref)
    return tuple(
        cdx.Composition(aggregate=aggregate, assemblies=tuple(refs), dependencies=tuple(refs))
        for aggregate, refs in by_aggregate.items()
    )


def remarks(bom: Bom, graph: Graph, annotator: cdx.Component, moment: str) -> tuple[cdx.Annotation, ...]:
    """Every problem and note, each on its image, else on the product, as is what curations did not do."""
    return tuple(
        cdx.Annotation(subjects=(ref,), annotator=cdx.Annotator(component=annotator), timestamp=moment, text=text)
        for ref, text in dict.fromkeys(_remarks(bom, graph))
    )


def _remarks(bom: Bom, graph: Graph) -> Iterator[tuple[str, str]]:
    ids = image_ids(bom)
    for problem in bom.problems:
        yield ids.get(problem.location.image, PRODUCT_ID), _problem_text(problem)
    if graph.dangling:
        yield PRODUCT_ID, f"{graph.dangling} relationships are left out: they name elements that do not exist"
    for facts in bom.images:
        for note in facts.notes:
            yield facts.id, note
    for issue in bom.curation_issues:
        place = f" ({issue.file}:{issue.line})" if issue.file else ""
        yield PRODUCT_ID, f"Curation {issue.id}: {issue.kind}: {issue.message}{place}"


def _problem_text(problem: Problem) -> str:
    return f"Incomplete: {problem.reason} ({problem.location}; found by {problem.found_by})"


def problem_counts(bom: Bom) -> Counter[str]:
    """Problems by the id of their image, those without one under the product's."""
    ids = image_ids(bom)
    return Counter(ids.get(problem.location.image, PRODUCT_ID) for problem in bom.problems)


def image_ids(bom: Bom) -> dict[str, str]:
    """Ids of the images by name."""
    return {facts.image.name: facts.id for facts in bom.images}
