"""Which images stand on the same layers."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from sbomctl.model import ImageFacts, Relationship, RelationshipType


def base_layers(images: Iterable[ImageFacts]) -> tuple[tuple[ImageFacts, ...], set[Relationship]]:
    """The images, sorted by name, with the number of lowest layers each shares with another, and their descent.

    An image whose layers are all the lowest layers of a larger one is its base; of several
    bases the one with most layers counts. Layers are the same when their diff_ids are
    (OCI image-spec, config.md).
    """
    known = sorted(images, key=lambda facts: (facts.image.name, facts.id))
    stacks = {facts.id: tuple(layer.diff_id for layer in facts.image.layers) for facts in known}
    holders: dict[tuple[str, ...], list[str]] = {}
    for name, stack in stacks.items():
        for depth in range(1, len(stack) + 1):
            if not all(stack[:depth]):
                break
            holders.setdefault(stack[:depth], []).append(name)
    result = []
    descents: set[Relationship] = set()
    names = {facts.id: facts.image.name for facts in known}
    for facts in known:
        stack = stacks[facts.id]
        shared = [stack[:depth] for depth in range(1, len(stack) + 1) if len(holders.get(stack[:depth], ())) > 1]
        others = sorted(names[one] for one in holders[shared[-1]] if one != facts.id) if shared else ()
        result.append(msgspec.structs.replace(facts, shared_layers=len(shared), shares_with=tuple(others)))
        bases = [one for prefix in shared[::-1] for one in holders[prefix] if stacks[one] == prefix != stack]
        if bases:
            descents.add(Relationship(facts.id, RelationshipType.DESCENDANT_OF, bases[0]))
    return tuple(result), descents
