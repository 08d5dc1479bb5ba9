"""The images of the HTML report: layers, build steps, what each layer brings and what it hides."""

from __future__ import annotations

import msgspec

from sbomctl.model import Attachment, ImageFacts, Layer, Reconciliation, State
from sbomctl.reports._audit_index import Bar, Index

_ORDER = (State.VISIBLE, State.SHADOWED, State.DELETED)


class Hidden(msgspec.Struct, frozen=True):
    """A package that a layer hides; it ships all the same."""

    component: str
    label: str
    state: str
    since: int


class LayerPage(msgspec.Struct, frozen=True):
    """One layer and its packages by the state they end in."""

    index: int
    diff_id: str
    digest: str
    size: int
    files: int
    created_by: str
    missing: str
    shared: bool
    bar: Bar
    hides: tuple[Hidden, ...]


class ImagePage(msgspec.Struct, frozen=True):
    """One image."""

    name: str
    role: str
    target: str
    platform: str
    system: str
    created: str
    id: str
    shares_with: tuple[str, ...]
    packages: int
    hidden: int
    coverage: Bar  # files with code that are recorded, identified by evidence, unknown
    coverage_bytes: Bar  # the same in bytes
    layers: tuple[LayerPage, ...]
    notes: tuple[str, ...]
    reconciled: tuple[Reconciliation, ...]
    labels: tuple[tuple[str, str], ...]
    attached: tuple[Attachment, ...]


def images_of(index: Index) -> tuple[ImagePage, ...]:
    """Every image, the base OS first."""
    brought: dict[tuple[str, int], dict[State, int]] = {}
    hides: dict[tuple[str, int], list[Hidden]] = {}
    for component in index.components:
        for one in component.occurrences:
            counts = brought.setdefault((one.location.image, one.introduced_in), {})
            counts[one.state] = counts.get(one.state, 0) + 1
            if one.hidden_in is not None:
                label = f"{component.name} {component.version}".rstrip()
                hidden = Hidden(component.id, label, one.state.value, one.introduced_in)
                hides.setdefault((one.location.image, one.hidden_in), []).append(hidden)
    whole = max((sum(counts.values()) for counts in brought.values()), default=0) or 1
    ordered = sorted(index.bom.images, key=lambda facts: (facts.image.role.value != "base-os", facts.image.name))
    return tuple([_page(facts, brought, hides, whole) for facts in ordered])


def _page(
    facts: ImageFacts,
    brought: dict[tuple[str, int], dict[State, int]],
    hides: dict[tuple[str, int], list[Hidden]],
    whole: int,
) -> ImagePage:
    image = facts.image
    layers = []
    for layer in image.layers:
        key = (image.name, layer.index)
        counts = brought.get(key, {})
        bar = Bar(f"Layer {layer.index}", tuple([counts.get(state, 0) for state in _ORDER]), whole)
        layers.append(_layer(layer, bar, tuple(hides.get(key, ())), shared=layer.index < facts.shared_layers))
    own = [counts for (name, _), counts in sorted(brought.items()) if name == image.name]
    packages = sum(sum(counts.values()) for counts in own)
    covered = facts.coverage
    return ImagePage(
        image.name,
        image.role.value,
        image.target,
        str(image.platform),
        (image.os.pretty_name or image.os.id) if image.os else "",
        image.created,
        image.id,
        facts.shares_with,
        packages,
        packages - sum(counts.get(State.VISIBLE, 0) for counts in own),
        _bar(image.name, covered.files, covered.identified_files, covered.unowned_files),
        _bar(image.name, covered.bytes, covered.identified_bytes, covered.unowned_bytes),
        tuple(layers),
        facts.notes,
        facts.reconciled,
        image.labels,
        image.attached,
    )


def _bar(image: str, whole: int, identified: int, unknown: int) -> Bar:
    return Bar(image, (whole - identified - unknown, identified, unknown), whole or 1)


def _layer(layer: Layer, bar: Bar, hides: tuple[Hidden, ...], *, shared: bool) -> LayerPage:
    return LayerPage(
        layer.index,
        layer.diff_id,
        layer.digest,
        layer.size,
        layer.files,
        layer.created_by,
        layer.missing,
        shared,
        bar,
        hides,
    )
