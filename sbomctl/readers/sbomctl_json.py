"""Native JSON read back: what was written, or an error; never a Bom with loose ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.model import PRODUCT_ID, Bom, Component, Occurrence
from sbomctl.model.native import NATIVE_FORMAT, NativeDocument

T = TypeVar("T")

_HINT = "sbomctl scan -o sbomctl-json=FILE writes one"
_FOREIGN = ((b'"spdxVersion"', "SPDX"), (b'"@context"', "SPDX 3"), (b'"bomFormat"', "CycloneDX"))


class _HeadFormat(msgspec.Struct):
    format: int


class _Head(msgspec.Struct):
    sbomctl: _HeadFormat


def decode(data: bytes, file: str) -> Bom:
    """The Bom in ``data``; ``file`` names it in errors.

    Raises ``CorruptInput`` for anything but a whole native document whose references all
    resolve, ``UnsupportedInput`` for a document of another format.
    """
    head = _decoded(data, file, _Head).sbomctl
    if head.format != NATIVE_FORMAT:
        raise UnsupportedInput(
            f"{file}: native format {head.format}, this sbomctl reads {NATIVE_FORMAT}", "use the sbomctl that wrote it"
        )
    bom = _decoded(data, file, NativeDocument).bom
    for fault in _loose_ends(bom):
        raise CorruptInput(f"{file}: {fault}", "write it again with sbomctl scan")
    return bom


def _decoded(data: bytes, file: str, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        for mark, name in _FOREIGN:
            if mark in data[:65536]:
                raise UnsupportedInput(f"{file}: {name} documents are not read here", _HINT) from error
        raise CorruptInput(f"{file} is no sbomctl document: {error}", _HINT) from error


def _loose_ends(bom: Bom) -> Iterable[str]:
    """What refers to nothing or is there twice; linear in the size of the Bom."""
    layers = {facts.image.name: len(facts.image.layers) for facts in bom.images}
    if len(layers) != len(bom.images):
        yield "two images have one name"
    ids = {PRODUCT_ID, *(facts.id for facts in bom.images), *(component.id for component in bom.components)}
    if len(ids) != 1 + len(bom.images) + len(bom.components):
        yield "two elements have one id"
    for component in bom.components:
        yield from _loose_occurrences(component, layers)
    for relationship in bom.relationships:
        for end in (relationship.source, relationship.target):
            if end not in ids:
                yield f"a relationship names {end!r}, which is not there"


def _loose_occurrences(component: Component, layers: dict[str, int]) -> Iterable[str]:
    for occurrence in component.occurrences:
        image = occurrence.location.image
        if image not in layers:
            yield f"component {component.id} occurs in image {image!r}, which is not there"
        elif not all(-1 <= index < layers[image] for index in _layers_of(occurrence)):
            yield f"component {component.id} occurs in a layer that image {image!r} does not have"


def _layers_of(occurrence: Occurrence) -> tuple[int, ...]:
    hidden = () if occurrence.hidden_in is None else (occurrence.hidden_in,)
    return (occurrence.location.layer, occurrence.introduced_in, *hidden)
