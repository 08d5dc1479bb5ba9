"""What the running system sees, for those who asked for no more."""

from __future__ import annotations

import msgspec

from sbomctl.model import PRODUCT_ID, Bom, ComponentType, Relationship, RelationshipType, State


def visible_only(bom: Bom) -> Bom:
    """The bill of materials without hidden occurrences, and without components that have no other.

    How much of the code is accounted for (``ImageFacts.coverage``) stays that of all layers.
    """
    kept = []
    for component in bom.components:
        places = tuple(place for place in component.occurrences if place.state is State.VISIBLE)
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
        images=tuple(
            msgspec.structs.replace(facts, unowned=tuple(file for file in facts.unowned if file.hidden_in is None))
            for facts in bom.images
        ),
    )
