"""The license facts of a component from the findings of all its occurrences."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from sbomctl.licenses.expression import normalize
from sbomctl.model import CopyrightStatement, Expression, LicenseFacts, LicenseFinding, LicenseKind


def license_facts(findings: Iterable[LicenseFinding]) -> LicenseFacts:
    """Raw strings as written, and a declared expression only where they leave nothing open.

    Declared is set when every declared string is a valid SPDX expression and all are the same:
    how several strings combine differs by ecosystem and is not guessed here.
    """
    known = sorted({_normalized(finding) for finding in findings}, key=_order)
    declared = {finding.expression for finding in known if finding.kind is LicenseKind.DECLARED}
    only = declared.pop() if len(declared) == 1 else Expression("")
    raw = tuple(sorted({finding.raw for finding in known if finding.kind is LicenseKind.DECLARED}))
    return LicenseFacts(raw=raw, declared=only, findings=tuple(known))


def united_copyrights(statements: Iterable[CopyrightStatement]) -> tuple[CopyrightStatement, ...]:
    """Each text once, with the first of its places, sorted."""
    first: dict[str, CopyrightStatement] = {}
    for one in sorted(statements):
        first.setdefault(one.text, one)
    return tuple(first.values())


def _normalized(finding: LicenseFinding) -> LicenseFinding:
    if finding.expression:
        return finding
    expression = normalize(finding.raw)
    return msgspec.structs.replace(finding, expression=expression) if expression else finding


def _order(finding: LicenseFinding) -> tuple[object, ...]:
    evidence = (finding.found_by, finding.expression, finding.coverage, finding.text_sha256)
    return (finding.kind.value, finding.raw, finding.location, *evidence)
