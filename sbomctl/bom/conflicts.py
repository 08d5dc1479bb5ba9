"""The same package with different facts in two images: kept, and said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sbomctl.model import Component, ImageFacts, LicenseKind, Location, Problem, Product

FOUND_BY = "merge"


def conflicts(components: Iterable[Component]) -> Iterator[Problem]:
    """One problem for each image whose license statements or code differ from another image's."""
    for component in components:
        if len({place.location.image for place in component.occurrences}) < 2:
            continue
        stated: dict[str, set[str]] = {}
        for finding in component.licenses.findings:
            if finding.kind is LicenseKind.DECLARED:
                stated.setdefault(finding.location.image, set()).add(finding.raw)
        licenses = {image: "; ".join(sorted(raws)) for image, raws in stated.items()}
        yield from _differing(component, licenses, "its license is stated as")
        code: dict[str, set[str]] = {}
        for place in component.occurrences:
            if place.code_sha256:
                code.setdefault(place.location.image, set()).add(place.code_sha256)
        digests = {image: ", ".join(one[:12] for one in sorted(found)) for image, found in code.items()}
        yield from _differing(component, digests, "the code of its files has the digest")


def namesakes(images: Iterable[ImageFacts]) -> Iterator[Problem]:
    """One problem for each name that several images have: the places of their packages cannot be told apart."""
    ids: dict[str, list[str]] = {}
    for facts in images:
        ids.setdefault(facts.image.name, []).append(facts.image.id)
    for name, same in sorted(ids.items()):
        if len(same) > 1:
            reason = f"several images have this name: {', '.join(sorted(same))}; give each its own and scan again"
            yield Problem(Location(name, -1, ""), FOUND_BY, reason)


def missing_images(product: Product, images: Iterable[ImageFacts]) -> Iterator[Problem]:
    """One problem for each image of the product of which nothing was merged; without any image nothing is known."""
    there = {facts.image.name for facts in images}
    for spec in product.images:
        if spec.name not in there:
            yield Problem(
                Location(spec.name, -1, ""), FOUND_BY, "the product has this image, but no scan of it is here"
            )
    if not there and not product.images:
        yield Problem(Location("", -1, ""), FOUND_BY, "there is no image: what the product consists of is not known")


def _differing(component: Component, by_image: dict[str, str], what: str) -> Iterator[Problem]:
    if len(set(by_image.values())) < 2:
        return
    places = {place.location.image: place.location for place in reversed(component.occurrences)}
    for image, value in sorted(by_image.items()):
        others = ", ".join(other for other in sorted(by_image) if by_image[other] != value)
        where = places.get(image, Location(image, -1, ""))
        reason = f"{component.name} {component.version}: {what} {value}; it differs in {others}"
        yield Problem(where, FOUND_BY, reason)
