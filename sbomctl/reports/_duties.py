"""What each obligation of the license classes means for the one who releases a product, and which licenses ask it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sbomctl.licenses.expression import Term
from sbomctl.model import Component
from sbomctl.policy.classes import OBLIGATIONS, shipped_table
from sbomctl.reports._plain import line

_ACTIONS = {
    "text": "Ship the text of the license with every copy: the attribution notice holds it.",
    "notices": "Ship the copyright notices with every copy: the attribution notice holds those that were found.",
    "notice-file": "Ship what the NOTICE files say: the attribution notice holds those that were found.",
    "source": "Give the complete corresponding source, or ship the written offer and keep the source at hand.",
    "network-source": "Offer the source to everyone who uses the program over a network, if you changed it.",
    "installation": "If the product is a User Product, give what is needed to install and run changed versions on it.",
    "relink": "Let the product run with changed versions of the library, and let users reverse engineer for that.",
    "changes": "Say in changed files, or with them, that and when you changed them.",
    "acknowledgment": "Show the prescribed sentence in the documentation: the attribution notice quotes it.",
    "advertising": "Show the prescribed sentence in advertising that mentions features or use of the software.",
    "names": "Give versions that you changed another name.",
    "not-sold-alone": "Sell it as a part of something larger only.",
    "non-commercial": "Take it out, or get another license: commercial use is not permitted.",
    "no-derivatives": "Ship it unchanged only.",
    "source-available": "Read the license: source may be read, but use is restricted.",
    "ethical-use": "Read the license: use is bound to a standard of conduct.",
    "field-of-use": "Read the license: use is limited to some purposes or platforms.",
    "binary-only": "Ship it unchanged, with the hardware and under the terms that its vendor names.",
}


@dataclass(frozen=True, slots=True)
class LicenseRow:
    """One license and what it asks."""

    license: str
    class_name: str  # "" = the table of classes does not know it
    duties: tuple[str, ...]  # in the order of ``OBLIGATIONS``
    components: int
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing to do, and because of what."""

    name: str
    action: str
    licenses: tuple[str, ...]
    components: int


def license_rows(holders: Iterable[tuple[Component, tuple[Term, ...]]]) -> tuple[LicenseRow, ...]:
    """Every license of the effective expressions, those of most components first."""
    table = shipped_table()
    found: dict[Term, list[Component]] = {}
    for component, terms in holders:
        for term in terms:
            found.setdefault(term, []).append(component)
    rows = []
    for term, components in found.items():
        asked = table.of(term)
        images = {place.location.image for one in components for place in one.occurrences}
        duties = tuple(one for one in OBLIGATIONS if one in asked.obligations)
        names = tuple(sorted(line(one) for one in images))
        rows.append(LicenseRow(line(str(term)), asked.name, duties, len(components), names))
    return tuple(sorted(rows, key=lambda one: (-one.components, one.license)))


def duties(holders: Iterable[tuple[Component, tuple[Term, ...]]]) -> tuple[Duty, ...]:
    """What is to be done, in the order of ``OBLIGATIONS``; a component counts once for each."""
    table = shipped_table()
    licenses: dict[str, set[str]] = {}
    components: dict[str, set[str]] = {}
    for component, terms in holders:
        for term in terms:
            for name in table.of(term).obligations:
                licenses.setdefault(name, set()).add(line(str(term)))
                components.setdefault(name, set()).add(component.id)
    return tuple(
        Duty(name, _ACTIONS[name], tuple(sorted(licenses[name])), len(components[name]))
        for name in OBLIGATIONS
        if name in licenses
    )
