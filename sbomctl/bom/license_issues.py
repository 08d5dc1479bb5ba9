"""What a person must look at in the license facts of a component."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sbomctl.licenses.expression import conjunction, deprecated_identifiers, terms
from sbomctl.licenses.spdx_list import UNKNOWN_TEXT
from sbomctl.model import MANIFEST, LicenseFinding, LicenseIssue, LicenseKind, Location

_MOST_PLACES = 10  # of one issue; the findings have them all


def license_issues(
    findings: Sequence[LicenseFinding], declared: str, detected: str, undeclared: Sequence[str], *, decided: bool
) -> tuple[LicenseIssue, ...]:
    """Every issue, sorted; ``decided`` means that a person has concluded, which settles what was open."""
    issues = [*_of_statements(findings, declared, decided=decided)]
    if not (declared or detected or decided):
        issues.append(LicenseIssue("missing-license", "nothing was found that states a license"))
    if declared and undeclared and not decided:
        message = f"{' and '.join(undeclared)} detected, which the declaration {declared} does not speak of"
        wanted = {str(term) for part in undeclared for term in terms(part)}
        issues.append(LicenseIssue("declared-differs-from-detected", message, (), _places(_showing(findings, wanted))))
    if not decided:
        issues += _of_manifests(findings)
    return tuple(sorted(issues))


def _of_manifests(findings: Iterable[LicenseFinding]) -> Iterator[LicenseIssue]:
    """Where a manifest that belongs to an image declares other licenses than the image itself."""
    own: list[LicenseFinding] = []
    listed: list[LicenseFinding] = []
    for one in findings:
        if one.kind is LicenseKind.DECLARED and one.expression and not one.excluded_by:
            (listed if one.found_by.startswith(MANIFEST) else own).append(one)
    if own and {term for one in own for term in terms(one.expression)} != {
        term for one in listed or own for term in terms(one.expression)
    }:
        said, other = (conjunction(one.expression for one in some) for some in (own, listed))
        message = f"the image declares {said}, a manifest of it {other}"
        yield LicenseIssue("declared-differs-from-detected", message, (), _places(listed))


def _of_statements(findings: Iterable[LicenseFinding], declared: str, *, decided: bool) -> Iterator[LicenseIssue]:
    """One issue for each kind and wording; the places where it stands are gathered."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[LicenseFinding]] = {}
    for one in findings:
        kind, message = _kind(one, declared)
        if kind and not (decided and kind in _SETTLED):
            groups.setdefault((kind, message, one.candidates), []).append(one)
    for (kind, message, candidates), same in groups.items():
        yield LicenseIssue(kind, message, candidates, _places(same))


_WRITE_SPDX = frozenset({"npm", "python"})
"""Catalogers of ecosystems that write SPDX identifiers; elsewhere GPL-2.0 is an everyday name."""
_SETTLED = frozenset({"ambiguous-license", "unknown-license"})


def _kind(one: LicenseFinding, declared: str) -> tuple[str, str]:
    """The kind of issue and its message; ("", "") where there is none."""
    if one.excluded_by or one.kind is LicenseKind.CONCLUDED:
        return "", ""
    if not one.raw:
        return "malformed-license-file", one.remark
    kind, message = _of_declared(one) if one.kind is LicenseKind.DECLARED else _of_detected(one, declared)
    return kind, f"{message}: {one.remark}" if one.remark else message


def _of_declared(one: LicenseFinding) -> tuple[str, str]:
    if one.candidates:
        return "ambiguous-license", f'"{one.raw}" may mean several licenses'
    old = deprecated_identifiers(one.raw) if one.found_by in _WRITE_SPDX else ()
    if old:
        newer = "; ".join(f"{was.identifier}, now {' or '.join(was.successors) or 'without successor'}" for was in old)
        return "deprecated-license", f'"{one.raw}" has {newer}'
    return ("", "") if one.expression else ("unknown-license", f'"{one.raw}" names no known license')


def _of_detected(one: LicenseFinding, declared: str) -> tuple[str, str]:
    if one.candidates:
        said = declared and any(set(terms(other)) & set(terms(declared)) for other in one.candidates)
        return ("", "") if said else ("ambiguous-license", f"the text of {one.expression} leaves open which it is")
    if not one.expression or one.expression.startswith(UNKNOWN_TEXT):
        return "unknown-license", f'text of an unknown license: "{one.raw}"'
    return ("near-miss", f"nearly the text of {one.expression}") if one.coverage < 1 and one.remark else ("", "")


def _showing(findings: Iterable[LicenseFinding], wanted: set[str]) -> list[LicenseFinding]:
    return [
        one
        for one in findings
        if one.kind is LicenseKind.DETECTED and wanted & {str(term) for term in terms(one.expression)}
    ]


def _places(findings: Iterable[LicenseFinding]) -> tuple[Location, ...]:
    return tuple(sorted({one.location for one in findings}))[:_MOST_PLACES]
