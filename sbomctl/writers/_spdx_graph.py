"""What contains what, and which source reference speaks of which source package."""

from __future__ import annotations

import hashlib

from sbomctl.model import PRODUCT_ID, Bom, ImageFacts, RelationshipType, SourceRef, UnownedFile


def contained(bom: Bom) -> dict[str, list[str]]:
    """Container id -> member ids: the product holds images, an image all components that occur in it.

    A component in an image that the Bom does not have counts as part of the product, so
    that it is not lost. What the Bom itself states besides comes last. No repetitions.
    """
    images = {facts.image.name: facts.id for facts in bom.images}
    members: dict[str, dict[str, None]] = {PRODUCT_ID: dict.fromkeys(images.values())}
    for component in bom.components:
        for place in component.occurrences:
            container = images.get(place.location.image, PRODUCT_ID)
            members.setdefault(container, {})[component.id] = None
    for each in bom.relationships:
        if each.type is RelationshipType.CONTAINS:
            members.setdefault(each.source, {})[each.target] = None
    return {container: list(inside) for container, inside in members.items()}


def source_refs(bom: Bom) -> dict[tuple[str, str], SourceRef]:
    """(name, version) -> the first reference to that source package that says where it is or what its digest is."""
    found: dict[tuple[str, str], SourceRef] = {}
    for component in bom.components:
        for ref in (component.source, *component.built_using):
            if ref is not None and (ref.url or ref.digest):
                found.setdefault((ref.name, ref.version), ref)
    return found


def file_key(facts: ImageFacts, file: UnownedFile) -> str:
    """16 hex digits that identify one file of one layer of one image."""
    return hashlib.sha256(f"{facts.id} {file.layer} {file.path}".encode()).hexdigest()[:16]
