"""A policy as the check uses it: license lines in the order in which they are asked, rules, terms of waivers."""

from __future__ import annotations

from typing import Any

import msgspec

from sbomctl.licenses.expression import Term
from sbomctl.model import Distribution, PolicyFile, PolicyLine, Severity, Verdict
from sbomctl.policy.classes import ClassTable, LicenseClass
from sbomctl.policy.globs import matches, matches_license

WITH = " WITH "


class Scope(msgspec.Struct, frozen=True):
    """Where a line holds; () and "" do not narrow. What the product file leaves unknown counts as yes (OB-9)."""

    roles: tuple[str, ...] = ()
    images: tuple[str, ...] = ()  # patterns of names
    states: tuple[str, ...] = ()
    components: tuple[str, ...] = ()  # patterns of purls
    user_product: str = ""
    locked_boot: str = ""

    def fits_product(self, facts: Distribution) -> bool:
        """Whether the line holds for products that are distributed so."""
        return _answers(self.user_product, facts.user_product) and _answers(self.locked_boot, facts.locked_boot)

    def fits_place(self, image: str, role: str, state: str) -> bool:
        """Whether the line holds for what is in that state in that image; "" is a place nobody named."""
        return (
            (not self.roles or role in self.roles)
            and (not self.images or any(matches(one, image) for one in self.images))
            and (not self.states or state in self.states)
        )


def _answers(asked: str, given: str) -> bool:
    return not asked or given == asked or (asked == "yes" and given == "unknown")


class Line(msgspec.Struct, frozen=True, eq=False):
    """One line of ``licenses``: a verdict on every license that one of its selectors names."""

    verdict: Verdict
    place: PolicyLine
    ids: tuple[str, ...] = ()  # canonical ids and patterns
    pairs: tuple[tuple[str, str], ...] = ()  # license and exception, ids or patterns
    expressions: tuple[str, ...] = ()  # canonical
    classes: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()
    scope: Scope = Scope()
    why: str = ""
    how_to_fix: str = ""

    def names_pair(self, term: Term) -> bool:
        """Whether the line is about this license with this exception."""
        return any(
            matches_license(license_id, term.license) and matches(exception, term.exception)
            for license_id, exception in self.pairs
        )

    def names_license(self, term: Term, asks: LicenseClass) -> bool:
        """Whether the line is about this license, whatever its exception."""
        return (
            asks.name in self.classes
            or any(one in asks.obligations for one in self.obligations)
            or any(matches_license(one, term.license) for one in self.ids)
        )

    def pins(self, term: Term) -> bool:
        """Whether the line names just this id, so that no version of it is to be chosen."""
        if term.exception:
            return (term.license, term.exception) in self.pairs or term.license in self.ids
        return term.license in self.ids


class RuleSetting(msgspec.Struct, frozen=True):
    """What a policy says of one rule; None is the default of the rule, "off" turns it off."""

    severity: str | None = None
    parameters: dict[str, Any] = {}
    place: PolicyLine | None = None


class WaiverTerms(msgspec.Struct, frozen=True):
    """What waivers may be."""

    longest_days: int = 366
    announce_days: int = 30
    most_components: int = 10  # a waiver that accepts violations of more is over-broad


class Profile(msgspec.Struct, frozen=True):
    """How strict a check is: what makes it fail, and severities that differ from those of the policy.

    ``at_most`` lowers a severity and never raises one.
    """

    fail_on: str = "error"
    severities: dict[str, str] = {}
    at_most: dict[str, str] = {}


_OPEN_FACTS = ("unknown-license", "ambiguous-license", "missing-license", "unhandled-license", "incomplete-scan")
PROFILES = {
    "pr": Profile("error", at_most=dict.fromkeys(_OPEN_FACTS, Severity.WARNING.value)),
    "release": Profile("error"),
    "audit": Profile("warning"),
}
"""Profiles that every policy has: unknown fails a release and warns on a pull request (requirement PO-3)."""

DEFAULT_PROFILE = "release"


class Policy(msgspec.Struct, frozen=True):
    """A policy with all that it extends."""

    name: str
    version: str
    about: str
    view: str
    lines: tuple[Line, ...]
    table: ClassTable
    rules: dict[str, RuleSetting] = {}
    waivers: WaiverTerms = WaiverTerms()
    profiles: dict[str, Profile] = {}
    files: tuple[PolicyFile, ...] = ()
