"""Bills of materials to one: commutative, associative, idempotent.

Facts are united, never overwritten. What follows from the union (which images share
layers, which facts contradict each other) is left out of the union and drawn again from
its result, so that the order of merging cannot show.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath

import msgspec

from sbomctl.bom.base_layers import base_layers
from sbomctl.bom.build import component_order, occurrence_order, relationship_order
from sbomctl.bom.conclude import license_facts, united_copyrights
from sbomctl.bom.conflicts import FOUND_BY, conflicts, missing_images, namesakes
from sbomctl.bom.unite import common_purl, smallest
from sbomctl.model import Bom, Component, ImageFacts, LicenseFacts, Product, RelationshipType

_FILES = ("policy", "curations", "waivers")


def merge(boms: Iterable[Bom], product: Product) -> Bom:
    """Everything that any of ``boms`` says, as the bill of materials of ``product``."""
    parts = list(boms)
    images: dict[str, list[ImageFacts]] = {}
    components: dict[str, list[Component]] = {}
    for part in parts:
        for facts in part.images:
            images.setdefault(facts.id, []).append(facts)
        for component in part.components:
            components.setdefault(component.id, []).append(component)
    merged = tuple(sorted((_united(same) for same in components.values()), key=component_order))
    known, descents = base_layers(map(_same_image, images.values()))
    relationships = {
        one for part in parts for one in part.relationships if one.type is not RelationshipType.DESCENDANT_OF
    } | descents
    problems = {one for part in parts for one in part.problems if one.found_by != FOUND_BY}
    problems.update(conflicts(merged), namesakes(known), missing_images(product, known))
    return Bom(
        product=_without_places(product, known),
        images=known,
        components=merged,
        relationships=tuple(sorted(relationships, key=relationship_order)),
        problems=tuple(sorted(problems)),
        tools=tuple(sorted({tool for part in parts for tool in part.tools})),
        license_texts=_texts(parts),
    )


def _without_places(product: Product, images: Iterable[ImageFacts]) -> Product:
    """The product without folders of the machine that scanned it: targets as recorded, files by name."""
    recorded = {facts.image.name: facts.image.target for facts in images}
    return msgspec.structs.replace(
        product,
        images=tuple(
            msgspec.structs.replace(
                spec,
                target=recorded.get(spec.name, spec.target),
                sbom=tuple(PurePath(name).name for name in spec.sbom),
            )
            for spec in product.images
        ),
        descriptions=tuple(PurePath(name).name for name in product.descriptions),
        **{name: PurePath(getattr(product, name)).name for name in _FILES},
    )


def _same_image(same: Sequence[ImageFacts]) -> ImageFacts:
    """One account of an image from several of the same content; should they differ, order cannot show."""
    alone = (msgspec.structs.replace(facts, shared_layers=0, shares_with=()) for facts in same)
    return min(alone, key=msgspec.json.encode)


def _united(same: Sequence[Component]) -> Component:
    """One component from several with the same id; of differing facts the smallest is shown, all findings kept."""
    if all(one == same[0] for one in same):
        return same[0]
    return Component(
        id=same[0].id,
        purl=common_purl(one.purl for one in same),
        name=smallest(one.name for one in same),
        version=smallest(one.version for one in same),
        type=min((one.type for one in same), key=lambda kind: kind.value),
        architecture=smallest(one.architecture for one in same),
        licenses=_facts([one.licenses for one in same]),
        copyrights=united_copyrights(line for one in same for line in one.copyrights),
        texts=tuple(sorted({text for one in same for text in one.texts})),
        source=min((one.source for one in same if one.source), default=None),
        built_using=tuple(sorted({ref for one in same for ref in one.built_using})),
        supplier=smallest(one.supplier for one in same),
        homepage=smallest(one.homepage for one in same),
        download_url=smallest(one.download_url for one in same),
        vcs_url=smallest(one.vcs_url for one in same),
        cpe=smallest(one.cpe for one in same),
        description=smallest(one.description for one in same),
        occurrences=tuple(sorted({place for one in same for place in one.occurrences}, key=occurrence_order)),
    )


def _facts(same: Sequence[LicenseFacts]) -> LicenseFacts:
    if all(facts == same[0] for facts in same):
        return same[0]
    return license_facts(
        (finding for facts in same for finding in facts.findings),
        (facts.declared for facts in same),
        (facts.detected for facts in same),
        (election for facts in same for election in facts.elections),
    )


def _texts(parts: Sequence[Bom]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for key, text in sorted((key, text) for part in parts for key, text in part.license_texts.items()):
        texts.setdefault(key, text)
    return texts
