"""License findings and the five facts drawn from them."""

from __future__ import annotations

from enum import Enum
from typing import NewType

import msgspec

from sbomctl.model.files import Location

Expression = NewType("Expression", str)
"""A valid SPDX license expression; only ``licenses.expression`` makes one. "" = none."""


class LicenseKind(Enum):
    """Who says it (SPDX 2.3 section 7.13-7.15)."""

    DECLARED = "declared"
    DETECTED = "detected"
    CONCLUDED = "concluded"


class LicenseFinding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One statement about a license and where it was read.

    ``candidates`` are what ``raw`` may mean where it leaves that open; ``expression`` is
    then the one that the text alone suggests, or "". ``excluded_by`` names the rule by
    which the statement is about files that do not reach the binary; it stays evidence.
    """

    raw: str  # as written; of a whole license text its first words
    location: Location  # its first line
    found_by: str  # cataloger, detector or delegate
    kind: LicenseKind = LicenseKind.DECLARED
    expression: Expression = Expression("")  # normalized; "" if it could not be
    field: str = ""  # the field that says it, where a record has several ("License-Expression"); "" = the usual one
    coverage: float = 1.0  # 0..1, share of a known text matched; 1.0 for declared
    text_sha256: str = ""  # hex; the license text as shipped, in ``license_texts``; "" = none
    end_line: int = 0  # the last line of it; 0 = the first is the only one, or the whole file
    files: tuple[str, ...] = ()  # patterns of the source files it is about, as written; () = the whole package
    excluded_by: str = ""  # "" = it counts
    candidates: tuple[str, ...] = ()  # sorted expressions; () = nothing is open
    remark: str = ""  # what is uncertain about it or how the text differs from the known one, for people


class CopyrightStatement(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """One copyright statement, verbatim but for comment marks and white space, and the first place of it."""

    text: str
    location: Location


class ShippedText(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """A license text or NOTICE file that lies in an image, to be reproduced as it is."""

    role: str  # license | notice
    sha256: str  # hex; the text is in ``license_texts``
    location: Location


class LicenseIssue(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """Something about the license facts of a component that a person must look at.

    ``kind`` is one of ``ambiguous-license``, ``unknown-license``, ``missing-license``,
    ``declared-differs-from-detected``, ``deprecated-license``, ``near-miss``, ``outdated-curation``.
    """

    kind: str
    message: str
    candidates: tuple[str, ...] = ()
    locations: tuple[Location, ...] = ()  # sorted


class Election(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """The branch of an OR that was elected, by whom and why."""

    given: str  # canonical expression
    chosen: str  # canonical expression
    by: str
    reason: str


class LicenseFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Raw, declared, detected, concluded and effective license of a component, with the evidence.

    ``raw`` and ``findings`` are sorted and without repetitions. An empty expression means
    that nothing is asserted, never that there is no license. Expressions are canonical.
    ``concluded`` keeps every OR; ``effective`` is it after the ``elections``.
    """

    raw: tuple[str, ...] = ()
    declared: Expression = Expression("")
    detected: Expression = Expression("")
    concluded: Expression = Expression("")
    effective: Expression = Expression("")
    findings: tuple[LicenseFinding, ...] = ()
    reason: str = ""  # which view or curation concluded it, and why
    issues: tuple[LicenseIssue, ...] = ()  # sorted
    elections: tuple[Election, ...] = ()  # sorted
