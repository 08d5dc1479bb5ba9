"""The distinct licenses of a product and who has them."""

from __future__ import annotations

import msgspec

from sbomctl.model.curation import CurationIssue

UNKNOWN = ""
"""The license of components of which none is known."""


class Holder(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """One component that has a license."""

    name: str
    version: str
    purl: str
    id: str
    images: tuple[str, ...] = ()  # sorted
    hidden: bool = False  # whether it is visible in none of them


class LicenseCount(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """One license and the components whose effective expression has it, sorted."""

    license: str  # with its exception; "" = none is known
    components: tuple[Holder, ...]
    images: tuple[str, ...]  # sorted
    alternatives: int = 0  # of the components, those that may elect another license instead


class IssueCount(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """One kind of issue and wording, and the components that have it, sorted."""

    kind: str
    message: str
    components: tuple[Holder, ...]
    candidates: tuple[str, ...] = ()


class LicenseSummary(msgspec.Struct, frozen=True, omit_defaults=True):
    """Licenses, those of most components first; issues by kind, those of most components first."""

    licenses: tuple[LicenseCount, ...] = ()
    issues: tuple[IssueCount, ...] = ()
    curation_issues: tuple[CurationIssue, ...] = ()
    components: int = 0
    complete: bool = True
