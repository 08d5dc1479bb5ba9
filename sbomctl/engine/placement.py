"""What a delegate saw in single layers, told as our catalogers tell it: since when, and hidden by which layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from sbomctl.layers.stack import Stack
from sbomctl.model import Package, State

Identity = tuple[str, str, str, str, str]
Kin = tuple[str, str, str]  # purl type, name, place


def resolved(packages: Iterable[Package], stack: Stack) -> list[Package]:
    """The packages at the paths where the stack has their files: a delegate may name them through a link."""
    return [_resolved(package, stack) for package in packages]


def _resolved(package: Package, stack: Stack) -> Package:
    place = package.location
    if place.layer < 0 or place.layer in stack.index.providers(place.path):
        return package
    path = stack.view(place.layer + 1).resolve(place.path) or place.path
    return msgspec.structs.replace(package, location=msgspec.structs.replace(place, path=path))


def corrected(everywhere: Iterable[Package], visible: Iterable[Package], stack: Stack) -> list[Package]:
    """``everywhere`` without what it places at files of the final view where ``visible`` does not see it.

    syft 1.18 looking at all layers places what an ELF file held also in the layer that replaced the file.
    """
    seen = {_identity(package) for package in visible}
    depth = len(stack.layers)
    return [
        package
        for package in everywhere
        if _identity(package) in seen or stack.index.provider(package.location.path, depth) != package.location.layer
    ]


def placed(packages: Iterable[Package], stack: Stack) -> list[Package]:
    """The packages with their states; one that lies at the same place in several layers becomes one.

    It is visible while the final view shows its file as a layer stores it in which the
    delegate saw the package. Where the layer or the file is not known to the stack
    nothing is known of its life, and it counts as visible: it ships in any case.
    """
    lives: dict[Identity, list[Package]] = {}
    for package in packages:
        lives.setdefault(_identity(package), []).append(package)
    dated = [_dated(sightings, stack) for sightings in lives.values()]
    heirs = {_kin(package) for package in dated if package.state is State.VISIBLE}
    return [_shadowed(package, heirs) for package in dated]


def _identity(package: Package) -> Identity:
    return (package.purl, package.name, package.version, package.root, package.location.path)


def _dated(sightings: Sequence[Package], stack: Stack) -> Package:
    last = max(sightings, key=lambda package: package.location.layer)
    path, layer = last.location.path, last.location.layer
    seen = {package.location.layer for package in sightings}
    if layer not in stack.index.providers(path):
        return msgspec.structs.replace(last, introduced_in=max(min(seen), 0))
    hidden_in = stack.index.hidden_at(path, layer)
    return msgspec.structs.replace(
        last,
        introduced_in=_since(path, layer, seen, stack),
        hidden_in=hidden_in,
        state=State.VISIBLE if hidden_in is None else State.DELETED,
    )


def _since(path: str, layer: int, seen: set[int], stack: Stack) -> int:
    """The lowest layer from which on the package was at ``path`` without a gap up to ``layer``."""
    since = layer
    for below in sorted(stack.index.providers(path), reverse=True):
        if below >= since:
            continue
        if below not in seen or stack.index.hidden_at(path, below) != since:
            break
        since = below
    return since


def _kin(package: Package) -> Kin:
    return (package.purl.partition("/")[0], package.name, package.location.path)


def _shadowed(package: Package, heirs: set[Kin]) -> Package:
    if package.state is State.DELETED and _kin(package) in heirs:
        return msgspec.structs.replace(package, state=State.SHADOWED)
    return package
