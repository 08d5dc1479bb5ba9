"""One inventory to a bill of materials of one image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sbomctl.bom.conclude import declared_by, license_facts, united_copyrights
from sbomctl.bom.dependencies import dependencies
from sbomctl.bom.identity import component_id, component_key, image_id, source_key
from sbomctl.bom.unite import common_purl, smallest
from sbomctl.model import (
    PRODUCT_ID,
    Bom,
    Component,
    ComponentType,
    ImageFacts,
    Inventory,
    Occurrence,
    Package,
    Product,
    Relationship,
    RelationshipType,
    SourceRef,
)

_FACTS = (
    "name", "version", "architecture", "supplier", "homepage", "download_url", "vcs_url", "cpe", "description",
)  # fmt: skip
_APPLICATIONS = frozenset(("deb", "rpm", "apk", "alpm"))  # installed units, not libraries to link with


def build(inventory: Inventory, product: Product) -> Bom:
    """The components of one image with their occurrences, sources and dependencies."""
    image = image_id(inventory.image)
    ids = {id(package): component_id(component_key(package)) for package in inventory.packages}
    components: dict[str, list[Package]] = {}
    for package in inventory.packages:
        components.setdefault(ids[id(package)], []).append(package)
    sources: dict[str, list[SourceRef]] = {}
    for ref in sorted({ref for package in inventory.packages for ref in _sources(package)}):
        sources.setdefault(component_id(source_key(ref)), []).append(ref)
    kind = RelationshipType
    relationships = {Relationship(PRODUCT_ID, kind.CONTAINS, image)}
    relationships.update(Relationship(image, kind.CONTAINS, component) for component in components)
    for package in inventory.packages:
        for ref in _sources(package):
            target = component_id(source_key(ref))
            relationships.add(Relationship(ids[id(package)], kind.GENERATED_FROM, target))
    for package, needed in dependencies(inventory.packages):
        if ids[id(package)] != ids[id(needed)]:
            relationships.add(Relationship(ids[id(package)], kind.DEPENDS_ON, ids[id(needed)]))
    made = [_component(name, packages) for name, packages in components.items()]
    built = _by_source(inventory.packages)
    made += [_source_component(name, refs, built.get(name, ())) for name, refs in sources.items()]
    return Bom(
        product=product,
        images=(_facts(image, inventory),),
        components=tuple(sorted(made, key=component_order)),
        relationships=tuple(sorted(relationships, key=relationship_order)),
        problems=inventory.problems,
        tools=tuple(sorted(inventory.tools)),
        license_texts=inventory.license_texts,
    )


def _facts(image: str, inventory: Inventory) -> ImageFacts:
    return ImageFacts(
        id=image,
        image=inventory.image,
        coverage=inventory.coverage,
        unowned=inventory.unowned,
        notes=inventory.notes,
        licenses=inventory.licenses,
        reconciled=inventory.reconciled,
    )


def component_order(component: Component) -> tuple[str, str, str]:
    """Components are sorted by purl, name and id."""
    return (component.purl, component.name, component.id)


def relationship_order(relationship: Relationship) -> tuple[str, str, str]:
    """Relationships are sorted by source, type and target."""
    return (relationship.source, relationship.type.value, relationship.target)


def occurrence_order(occurrence: Occurrence) -> tuple[object, ...]:
    """Occurrences are sorted by place, then by the layers they span."""
    hidden = -1 if occurrence.hidden_in is None else occurrence.hidden_in
    facts = (occurrence.state.value, occurrence.found_by, occurrence.code_sha256)
    owned = (occurrence.files, occurrence.owns_directories)
    return (occurrence.location, occurrence.root, occurrence.introduced_in, hidden, *facts, *owned)


def _sources(package: Package) -> Iterable[SourceRef]:
    return (*((package.source,) if package.source else ()), *package.built_using)


def _component(name: str, packages: list[Package]) -> Component:
    """Of facts that differ between copies the smallest is kept, so that order cannot show."""
    purl = common_purl(package.purl for package in packages)
    return Component(
        id=name,
        purl=purl,
        type=_type_of(purl),
        licenses=license_facts(
            (finding for package in packages for finding in package.licenses),
            (declared_by(package) for package in packages),
            (package.detected for package in packages),
        ),
        copyrights=united_copyrights(line for package in packages for line in package.copyrights),
        texts=tuple(sorted({text for package in packages for text in package.texts})),
        source=min((package.source for package in packages if package.source), default=None),
        built_using=tuple(sorted({ref for package in packages for ref in package.built_using})),
        occurrences=tuple(sorted({_occurrence(package) for package in packages}, key=occurrence_order)),
        **_facts_of(packages),
    )


def _facts_of(packages: list[Package]) -> dict[str, Any]:
    if len(packages) == 1:  # nearly always
        return {fact: getattr(packages[0], fact) for fact in _FACTS}
    return {fact: smallest(getattr(package, fact) for package in packages) for fact in _FACTS}


def _type_of(purl: str) -> ComponentType:
    kind = purl.removeprefix("pkg:").partition("/")[0]
    return ComponentType.APPLICATION if kind in _APPLICATIONS else ComponentType.LIBRARY


def _occurrence(package: Package) -> Occurrence:
    return Occurrence(
        location=package.location,
        state=package.state,
        introduced_in=package.introduced_in,
        hidden_in=package.hidden_in,
        found_by=tuple(sorted(package.found_by.split("+"))),
        confidence=package.confidence,
        root=package.root,
        files=tuple(sorted(dict.fromkeys(package.files))),  # mostly sorted already, which makes this cheap
        owns_directories=tuple(sorted(set(package.owns_directories))),
        code_sha256=package.code_sha256,
    )


def _by_source(packages: Iterable[Package]) -> dict[str, list[Package]]:
    """The packages built from each source package; not those that only contain some of it."""
    built: dict[str, list[Package]] = {}
    for package in packages:
        if package.source:
            built.setdefault(component_id(source_key(package.source)), []).append(package)
    return built


def _source_component(name: str, refs: list[SourceRef], built: Sequence[Package]) -> Component:
    """Maintainer and home page are facts of the source, which its packages repeat (Debian Policy 5.6.2, 5.6.23)."""
    return Component(
        id=name,
        purl=common_purl(ref.purl for ref in refs),
        name=smallest(ref.name for ref in refs),
        version=smallest(ref.version for ref in refs),
        type=ComponentType.SOURCE,
        supplier=_agreed(package.supplier for package in built),
        homepage=_agreed(package.homepage for package in built),
        download_url=smallest(ref.url for ref in refs),
    )


def _agreed(values: Iterable[str]) -> str:
    """The value that all state; "" when none does or they differ."""
    stated = {value for value in values if value}
    return stated.pop() if len(stated) == 1 else ""
