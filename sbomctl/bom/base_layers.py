"""Which images stand on the same layers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from sbomctl.model import ImageFacts, Layer, Relationship, RelationshipType


def base_layers(images: Iterable[ImageFacts]) -> tuple[tuple[ImageFacts, ...], set[Relationship]]:
    """The images, sorted by name, with the number of lowest layers each shares with another, and their descent.

    An image whose layers are all the lowest layers of a larger one is its base; of several
    bases the one with most layers counts. Layers are the same when their diff_ids are
    (OCI image-spec, config.md).
    """
    known = sorted(images, key=lambda facts: (facts.image.name, facts.id))
    chains = {facts.id: _chain_ids(facts.image.layers) for facts in known}
    holders: dict[str, list[str]] = {}
    ending: dict[str, str] = {}  # chain id -> the first image that ends with it
    for name, chain in chains.items():
        for one in chain:
            holders.setdefault(one, []).append(name)
    for facts in known:
        if facts.image.layers and len(chains[facts.id]) == len(facts.image.layers):
            ending.setdefault(chains[facts.id][-1], facts.id)
    result = []
    descents: set[Relationship] = set()
    names = {facts.id: facts.image.name for facts in known}
    for facts in known:
        shared = [one for one in chains[facts.id] if len(holders[one]) > 1]
        others = sorted(names[one] for one in holders[shared[-1]] if one != facts.id) if shared else ()
        result.append(msgspec.structs.replace(facts, shared_layers=len(shared), shares_with=tuple(others)))
        below = shared[:-1] if len(shared) == len(facts.image.layers) else shared
        base = next((ending[one] for one in reversed(below) if one in ending), None)
        if base is not None:
            descents.add(Relationship(facts.id, RelationshipType.DESCENDANT_OF, base))
    return tuple(result), descents


def _chain_ids(layers: Iterable[Layer]) -> list[str]:
    """One id for each stack of lowest layers, as far as these are known (as OCI image-spec, config.md, ChainID)."""
    chain: list[str] = []
    for layer in layers:
        if not layer.diff_id:
            break
        below = chain[-1] if chain else ""
        chain.append(hashlib.sha256(f"{below} {layer.diff_id}".encode()).hexdigest())
    return chain
