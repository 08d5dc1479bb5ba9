"""The license facts of a component from the findings of all its occurrences.

Everything here follows from findings and elections alone, so it can be drawn again after a
merge, in any order. A named view decides (``concluded, else declared and detected``): what a
person concluded stands; else everything that is declared holds, together with everything
detected that the declaration does not speak of. No branch of an OR is ever elected here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from sbomctl.bom.license_issues import license_issues
from sbomctl.licenses.expression import conjunction, conjuncts, normalize, terms
from sbomctl.licenses.spdx_list import license_reference
from sbomctl.model import (
    CopyrightStatement,
    Election,
    Expression,
    LicenseFacts,
    LicenseFinding,
    LicenseKind,
    Package,
)

VIEW = "concluded, else declared and detected"
CURATION = "curation:"
"""What ``found_by`` starts with in a finding that a curation made; the id follows."""

_NOTHING = Expression("")


def license_facts(
    findings: Iterable[LicenseFinding],
    declared: Iterable[str] = (),
    detected: Iterable[str] = (),
    elections: Iterable[Election] = (),
) -> LicenseFacts:
    """The five facts and what a person must look at.

    ``declared`` and ``detected`` are what the statements of each occurrence came to; they all hold.
    """
    known = sorted({_spelled(one) for one in findings}, key=_order)
    own = conjunction(declared)
    stated = _curated(known, LicenseKind.DECLARED) or own
    seen = conjunction(detected)
    more = _undeclared(stated, seen, known)
    decided = _curated(known, LicenseKind.CONCLUDED)
    concluded = decided or conjunction((stated, *more))
    elected = tuple(sorted(set(elections)))
    return LicenseFacts(
        raw=tuple(sorted({one.raw for one in known if one.kind is LicenseKind.DECLARED and one.raw})),
        declared=stated,
        detected=seen,
        concluded=concluded,
        effective=_effective(concluded, elected),
        findings=tuple(known),
        reason=_reason(known, decided, stated, seen),
        issues=license_issues(known, stated, seen, more, decided=bool(decided)),
        elections=elected,
    )


def declared_by(package: Package) -> Expression:
    """What the statements of a package come to.

    Where no dialect could tell, they all hold, and one that could not be read leaves a
    reference in its place, so that nothing which was written can be taken for absent.
    """
    return package.declared or conjunction(_written(package.licenses))


def _spelled(finding: LicenseFinding) -> LicenseFinding:
    """The finding with its expression, where it is one as it stands and nobody has read it in a dialect."""
    if finding.expression or finding.candidates or finding.remark or finding.kind is not LicenseKind.DECLARED:
        return finding
    expression = normalize(finding.raw)
    return msgspec.structs.replace(finding, expression=expression) if expression else finding


def _written(findings: Iterable[LicenseFinding]) -> Iterator[Expression]:
    for one in map(_spelled, findings):
        if one.kind is LicenseKind.DECLARED and one.raw and not one.excluded_by:
            what = "ambiguous" if one.candidates else "unknown"
            yield one.expression or Expression(license_reference("sbomctl", what, one.raw))


def united_copyrights(statements: Iterable[CopyrightStatement]) -> tuple[CopyrightStatement, ...]:
    """Each text once, with the first of its places, sorted."""
    first: dict[str, CopyrightStatement] = {}
    for one in sorted(statements):
        first.setdefault(one.text, one)
    return tuple(first.values())


def _curated(findings: Iterable[LicenseFinding], kind: LicenseKind) -> Expression:
    """What curations say of a fact; several must all be heeded."""
    return conjunction(one.expression for one in findings if one.kind is kind and one.found_by.startswith(CURATION))


def _undeclared(stated: str, seen: str, findings: Sequence[LicenseFinding]) -> tuple[Expression, ...]:
    """The parts of what was detected of which the declaration says nothing.

    A text that leaves "or later" open is spoken of by a declaration of either.
    """
    if not stated:
        return conjuncts(seen)
    known = set(terms(stated))
    open_ends: dict[str, set[str]] = {}
    for one in findings:
        if one.kind is LicenseKind.DETECTED and one.candidates and one.expression:
            open_ends.setdefault(one.expression, set()).update(one.candidates)
    return tuple(
        part
        for part in conjuncts(seen)
        if not all(
            term in known or any(set(terms(other)) <= known for other in open_ends.get(str(term), ()))
            for term in terms(part)
        )
    )


def _effective(concluded: Expression, elections: Sequence[Election]) -> Expression:
    """The conclusion with each elected OR replaced by its branch."""
    chosen = {one.given: one.chosen for one in elections}
    if not concluded or not chosen:
        return concluded
    return conjunction(chosen.get(part, part) for part in conjuncts(chosen.get(concluded, concluded)))


def _reason(findings: Iterable[LicenseFinding], decided: str, stated: str, seen: str) -> str:
    if decided:
        made = (one for one in findings if one.kind is LicenseKind.CONCLUDED and one.found_by.startswith(CURATION))
        return "; ".join(sorted({f"{one.found_by.removeprefix(CURATION)}: {one.remark}" for one in made}))
    if stated and seen:
        return "declared and detected"
    return "declared" if stated else "detected" if seen else ""


def _order(finding: LicenseFinding) -> tuple[object, ...]:
    evidence = (finding.found_by, finding.expression, finding.coverage, finding.text_sha256, finding.end_line)
    rest = (finding.field, finding.files, finding.excluded_by, finding.candidates, finding.remark)
    return (finding.kind.value, finding.raw, finding.location, *evidence, *rest)
