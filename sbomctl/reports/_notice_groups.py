"""Components of one ecosystem with the same facts, as one: what they share is printed once.

Binary packages of one source repeat each other, and hundreds of small packages come with a
license of the same words and no statement of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sbomctl.model import Bom, Component, ComponentType, Occurrence, State
from sbomctl.reports._effective import Effective, Elections


@dataclass(frozen=True, slots=True)
class Group:
    """Components that one entry of a notice tells of."""

    components: tuple[Component, ...]  # by name, version and id
    effective: Effective
    images: tuple[str, ...]

    @property
    def first(self) -> Component:
        """The one whose facts stand for all."""
        return self.components[0]

    @property
    def title(self) -> str:
        """The name of the only one, or of the source package of all, or of the first of many."""
        names = {one.name for one in self.components}
        if len(names) == 1:
            return self.first.name
        sources = {one.source.name if one.source else "" for one in self.components}
        if len(sources) == 1 and "" not in sources:
            return sources.pop()
        return f"{self.first.name} and {len(self.components) - 1:,} more"

    @property
    def homepage(self) -> str:
        """Where all of them come from; "" where they differ."""
        found = {one.homepage for one in self.components}
        return found.pop() if len(found) == 1 else ""


def groups(bom: Bom, elections: Elections, image: str) -> list[Group]:
    """What is installed in ``image`` ("" = in any), hidden or not, by title; source packages are not installed."""
    found: dict[object, list[Component]] = {}
    kept: dict[str, Effective] = {}
    for component in bom.components:
        places = tuple(places_in(component, image))
        if component.type is ComponentType.SOURCE or not places:
            continue
        kept[component.id] = elections.of(component)
        found.setdefault(_facts(component, places, kept[component.id]), []).append(component)
    made = [_group(some, kept[some[0].id], image) for some in found.values()]
    return sorted(made, key=lambda one: (one.title.casefold(), one.title, one.first.version, one.first.id))


def places_in(component: Component, image: str) -> Iterator[Occurrence]:
    """Where the component is present in ``image``; "" = in any."""
    return (one for one in component.occurrences if not image or one.location.image == image)


def hidden_state(component: Component, image: str) -> str:
    """Why the running system does not see the component; "" where it does."""
    states = {one.state for one in places_in(component, image)}
    return "" if State.VISIBLE in states or not states else " and ".join(sorted(one.value for one in states))


def _facts(component: Component, places: tuple[Occurrence, ...], effective: Effective) -> object:
    """What must be equal for components to share an entry; those of which nothing is known stand alone."""
    return (
        component.purl.partition("/")[0] if effective.expression else component.id,
        effective,
        frozenset(one.text for one in component.copyrights),
        frozenset((one.role, one.sha256) for one in component.texts),
        frozenset(one.location.image for one in places),
    )


def _group(components: list[Component], effective: Effective, image: str) -> Group:
    ordered = tuple(sorted(components, key=lambda one: (one.name, one.version, one.id)))
    images = {place.location.image for place in places_in(ordered[0], image)}
    return Group(ordered, effective, tuple(sorted(images)))
