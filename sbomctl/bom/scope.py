"""What the running system sees, for those who asked for no more."""

from __future__ import annotations

import msgspec

from sbomctl.model import Bom, ComponentType, State


def visible_only(bom: Bom) -> Bom:
    """The bill of materials without hidden occurrences, and without components that have no other."""
    kept = []
    for component in bom.components:
        places = tuple(place for place in component.occurrences if place.state is State.VISIBLE)
        if places:
            kept.append(msgspec.structs.replace(component, occurrences=places))
    ids = {component.id: component for component in kept}
    needed = {one.target for one in bom.relationships if one.source in ids}
    ids |= {one.id: one for one in bom.components if one.type is ComponentType.SOURCE and one.id in needed}
    gone = {one.id for one in bom.components} - ids.keys()
    return msgspec.structs.replace(
        bom,
        components=tuple(ids[one.id] for one in bom.components if one.id in ids),
        relationships=tuple(one for one in bom.relationships if not {one.source, one.target} & gone),
        images=tuple(
            msgspec.structs.replace(facts, unowned=tuple(file for file in facts.unowned if file.hidden_in is None))
            for facts in bom.images
        ),
    )
