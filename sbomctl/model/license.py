"""License findings and the five facts drawn from them."""

from __future__ import annotations

from enum import Enum
from typing import NewType

import msgspec

from sbomctl.model.files import Location

Expression = NewType("Expression", str)
"""A canonical SPDX license expression; only ``licenses.expression`` makes one. "" = none."""


class LicenseKind(Enum):
    """Who says it (SPDX 2.3 section 7.13-7.15)."""

    DECLARED = "declared"
    DETECTED = "detected"
    CONCLUDED = "concluded"


class LicenseFinding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One statement about a license and where it was read."""

    raw: str  # as written
    location: Location
    found_by: str  # cataloger or detector
    kind: LicenseKind = LicenseKind.DECLARED
    expression: Expression = Expression("")  # normalized; "" if it could not be
    coverage: float = 1.0  # 0..1, share of a known text matched; 1.0 for declared
    text_sha256: str = ""  # hex of the license text's blob; "" = none


class LicenseFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Raw, declared, detected, concluded and effective license of a component, with the evidence.

    ``raw`` and ``findings`` are sorted and without repetitions. An empty expression means
    that nothing is asserted, never that there is no license.
    """

    raw: tuple[str, ...] = ()
    declared: Expression = Expression("")
    detected: Expression = Expression("")
    concluded: Expression = Expression("")
    effective: Expression = Expression("")
    findings: tuple[LicenseFinding, ...] = ()
    reason: str = ""
