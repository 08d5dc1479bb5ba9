"""The answer to "how do you know?": the chain of evidence of a component or a file, as lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sbomctl.cli import license_chain
from sbomctl.cli.lines import LISTED, Line, place
from sbomctl.cli.matching import FileMatch
from sbomctl.model import (
    PRODUCT_ID,
    Bom,
    Component,
    ComponentType,
    ImageFacts,
    Occurrence,
    RelationshipType,
    SourceRef,
    State,
)
from sbomctl.terminal import counted


@dataclass(slots=True)
class Links:
    """What stands before and behind each element, by relationship; built once for a Bom."""

    names: dict[str, str]
    components: dict[str, Component]
    every: bool = False  # whether lists are shown whole
    forth: dict[tuple[str, RelationshipType], list[str]] = field(default_factory=dict)
    back: dict[tuple[str, RelationshipType], list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, bom: Bom, *, every: bool = False) -> Links:
        """All links of ``bom``."""
        names = {PRODUCT_ID: bom.product.name}
        names.update((facts.id, f"image {facts.image.name}") for facts in bom.images)
        names.update((one.id, f"{one.name} {one.version}".rstrip()) for one in bom.components)
        links = cls(names, {one.id: one for one in bom.components}, every)
        for link in bom.relationships:
            links.forth.setdefault((link.source, link.type), []).append(link.target)
            links.back.setdefault((link.target, link.type), []).append(link.source)
        return links

    def named(self, ids: Iterable[str]) -> str:
        """The elements by name, sorted, the first dozen."""
        names = sorted({self.names[one] for one in ids})
        shown = names if self.every else names[:LISTED]
        more = f", and {len(names) - len(shown):,} more" if len(names) > len(shown) else ""
        return ", ".join(shown) + more


def of_component(bom: Bom, component: Component, links: Links) -> Iterator[Line]:
    """What it is, its licenses with their places, its neighbours, then each place it is in."""
    architecture = f" ({component.architecture})" if component.architecture else ""
    yield Line(0, "", f"{component.name} {component.version}".rstrip() + architecture)
    yield from _fact("purl", component.purl)
    yield from _fact("product", f"{bom.product.name} {bom.product.version}".rstrip())
    yield from _fact("kind", component.type.value)
    yield from _fact("supplier", component.supplier)
    yield from _fact("home page", component.homepage)
    yield from _fact("repository", component.vcs_url)
    yield from _fact("cpe", component.cpe)
    if component.source is not None:
        yield from _fact("source", _source(component.source))
    for source in component.built_using:
        yield from _fact("contains", f"{_source(source)} ({source.relation})")
    yield from license_chain.of_component(component, every=links.every)
    yield from _neighbours(component, links)
    if component.type is ComponentType.SOURCE:
        yield from _stated(component, links)
    images = {facts.image.name: facts for facts in bom.images}
    for occurrence in component.occurrences:
        yield from _occurrence(occurrence, images[occurrence.location.image], every=links.every)


def _fact(label: str, value: str) -> Iterator[Line]:
    if value:
        yield Line(1, label, value)


def _source(source: SourceRef) -> str:
    return " ".join(part for part in (source.name, source.version, source.url) if part)


def _neighbours(component: Component, links: Links) -> Iterator[Line]:
    depends, generated = RelationshipType.DEPENDS_ON, RelationshipType.GENERATED_FROM
    yield from _fact("depends on", links.named(links.forth.get((component.id, depends), ())))
    yield from _fact("needed by", links.named(links.back.get((component.id, depends), ())))
    yield from _fact("built into", links.named(links.back.get((component.id, generated), ())))


def _stated(source: Component, links: Links) -> Iterator[Line]:
    """The records that name a source package: nothing else in an image tells of it."""
    built = links.back.get((source.id, RelationshipType.GENERATED_FROM), ())
    places = sorted({one.location for name in built for one in links.components[name].occurrences})
    shown = places if links.every else places[:LISTED]
    for where in shown:
        yield Line(2, "stated at", f"{where.image}: {place(where)}")
    if len(places) > len(shown):
        yield Line(2, "", f"and {len(places) - len(shown):,} more; --verbose shows all")


def _occurrence(occurrence: Occurrence, facts: ImageFacts, *, every: bool) -> Iterator[Line]:
    image = facts.image
    platform = f", {image.platform}" if str(image.platform) else ""
    yield Line()
    yield Line(1, "", f"in image {image.name} ({image.role.value}{platform})")
    yield Line(2, "from", image.target)
    yield Line(2, "state", _state(occurrence))
    yield from layer(facts, occurrence.introduced_in, "since")
    if occurrence.hidden_in is not None:
        yield from layer(facts, occurrence.hidden_in, "hidden in")
    yield Line(2, occurrence.basis, f"{place(occurrence.location)} ({', '.join(occurrence.found_by)})")
    if occurrence.confidence < 1:
        yield Line(2, "confidence", f"{occurrence.confidence:.2f}")
    if occurrence.root:
        yield Line(2, "below", f"/{occurrence.root}")
    directories = [f"everything below /{directory}" for directory in occurrence.owns_directories]
    listed = [f"{len(occurrence.files):,} owned"] if occurrence.files or not directories else []
    yield Line(2, "files", "; ".join((*listed, *directories)))
    yield from (Line(3, "", f"/{path}") for path in (occurrence.files if every else ()))


def _state(occurrence: Occurrence) -> str:
    if occurrence.state is State.VISIBLE:
        return "visible"
    how = "another version lies above" if occurrence.state is State.SHADOWED else "removed by an upper layer"
    return f"{occurrence.state.value}: {how}; it ships all the same"


def layer(facts: ImageFacts, index: int, label: str) -> Iterator[Line]:
    """A layer by its number, its digest and the step that built it."""
    layers = facts.image.layers
    if not 0 <= index < len(layers):
        yield Line(2, label, "the image as a whole")
        return
    found = layers[index]
    which = f"layer {index} of 0 to {len(layers) - 1}" if len(layers) > 1 else "layer 0, the only one"
    yield Line(2, label, which)
    if found.diff_id:
        yield Line(3, "", found.diff_id)
    yield Line(3, "built by", found.created_by or "unknown; the image has no history of this layer")


def of_file(path: str, match: FileMatch) -> Iterator[Line]:
    """On one path in one image: which packages own it, or which layer holds it unowned."""
    image = match.facts.image
    yield Line(0, "", f"/{path} in image {image.name} ({image.role.value})")
    yield Line(1, "from", image.target)
    for component, occurrence in match.owners:
        yield Line(1, "owned by", f"{component.name} {component.version} ({occurrence.state.value})")
        yield from layer(match.facts, occurrence.introduced_in, "since")
        yield Line(2, "record", f"{place(occurrence.location)} ({', '.join(occurrence.found_by)})")
    for file in match.unowned:
        hidden = "" if file.hidden_in is None else f", hidden in layer {file.hidden_in}"
        yield Line(1, "owned by", f"no package: {file.content.value or 'file'}, {counted(file.size, 'byte')}{hidden}")
        if file.replaces:
            yield Line(2, "replaces", f"a file of {', '.join(file.replaces)}, in a layer without a record of that")
        if file.sha256:
            yield Line(2, "sha256", file.sha256)
        if file.soname:
            yield Line(2, "soname", file.soname)
        if file.build_id:
            yield Line(2, "build-id", file.build_id)
        yield from layer(match.facts, file.layer, "in")
    if match.records:
        yield Line(1, "holds", f"the records of {counted(match.records, 'package')}")
