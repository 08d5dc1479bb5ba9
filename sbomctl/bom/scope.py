"""Less than everything, for those who asked for no more: what the running system sees, or one image."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from sbomctl.model import PRODUCT_ID, Bom, ComponentType, Occurrence, Relationship, RelationshipType, State


def visible_only(bom: Bom) -> Bom:
    """The bill of materials without hidden occurrences, and without components that have no other.

    How much of the code is accounted for (``ImageFacts.coverage``) stays that of all layers.
    """
    narrowed = _narrowed(bom, lambda place: place.state is State.VISIBLE)
    return msgspec.structs.replace(
        narrowed,
        images=tuple(
            msgspec.structs.replace(facts, unowned=tuple(file for file in facts.unowned if file.hidden_in is None))
            for facts in bom.images
        ),
    )


def of_image(bom: Bom, name: str) -> Bom:
    """The bill of materials of the image ``name`` alone, with the source packages and problems of it.

    License texts stay those of the whole product.
    """
    images = tuple(facts for facts in bom.images if facts.image.name == name)
    narrowed = _narrowed(bom, lambda place: place.location.image == name)
    gone = {facts.id for facts in bom.images if facts.image.name != name}
    return msgspec.structs.replace(
        narrowed,
        images=images,
        relationships=tuple(one for one in narrowed.relationships if one.source not in gone and one.target not in gone),
        problems=tuple(one for one in bom.problems if one.location.image in (name, "")),
    )


def _narrowed(bom: Bom, keep: Callable[[Occurrence], bool]) -> Bom:
    """Without the places that are not to be kept, and without components that have no other."""
    kept = []
    for component in bom.components:
        places = tuple(filter(keep, component.occurrences))
        if places:
            kept.append(msgspec.structs.replace(component, occurrences=places))
    ids = {component.id: component for component in kept}
    needed = {one.target for one in bom.relationships if one.source in ids}
    ids |= {one.id: one for one in bom.components if one.type is ComponentType.SOURCE and one.id in needed}
    gone = {one.id for one in bom.components} - ids.keys()
    names = {facts.id: facts.image.name for facts in bom.images}
    shown = {(place.location.image, one.id) for one in kept for place in one.occurrences}

    def holds(one: Relationship) -> bool:
        if one.source in gone or one.target in gone:
            return False
        contained = one.type is RelationshipType.CONTAINS and one.source != PRODUCT_ID
        return not contained or (names.get(one.source), one.target) in shown

    return msgspec.structs.replace(
        bom,
        components=tuple(ids[one.id] for one in bom.components if one.id in ids),
        relationships=tuple(filter(holds, bom.relationships)),
    )
