"""The distinct licenses of a product, who has them, and what is open."""

from __future__ import annotations

from sbomctl.licenses.expression import terms
from sbomctl.model import Bom, Component, ComponentType, State
from sbomctl.model.license_summary import UNKNOWN, Holder, IssueCount, LicenseCount, LicenseSummary


def license_summary(bom: Bom) -> LicenseSummary:
    """Every license of every installed component; source packages are left out, their binaries tell."""
    installed = [one for one in bom.components if one.type is not ComponentType.SOURCE]
    having: dict[str, list[Holder]] = {}
    elective: dict[str, int] = {}
    issues: dict[tuple[str, str, tuple[str, ...]], list[Holder]] = {}
    for component in installed:
        holder = _holder(component)
        for name in _names(component):
            having.setdefault(name, []).append(holder)
            if " OR " in component.licenses.effective:
                elective[name] = elective.get(name, 0) + 1
        for issue in component.licenses.issues:
            issues.setdefault((issue.kind, issue.message, issue.candidates), []).append(holder)
    counts = [
        LicenseCount(name, tuple(sorted(some)), _images(some), elective.get(name, 0)) for name, some in having.items()
    ]
    found = [IssueCount(kind, text, tuple(sorted(some)), open_) for (kind, text, open_), some in issues.items()]
    return LicenseSummary(
        tuple(sorted(counts, key=lambda one: (-len(one.components), one.license))),
        tuple(sorted(found, key=lambda one: (one.kind, -len(one.components), one.message))),
        bom.curation_issues,
        len(installed),
        bom.complete,
    )


def _names(component: Component) -> list[str]:
    return [str(term) for term in terms(component.licenses.effective)] or [UNKNOWN]


def _holder(component: Component) -> Holder:
    places = component.occurrences
    return Holder(
        component.name,
        component.version,
        component.purl,
        component.id,
        tuple(sorted({place.location.image for place in places})),
        bool(places) and all(place.state is not State.VISIBLE for place in places),
    )


def _images(holders: list[Holder]) -> tuple[str, ...]:
    return tuple(sorted({image for holder in holders for image in holder.images}))
