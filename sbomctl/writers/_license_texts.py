"""Which license references a Bom names and which text each stands for, the same for every document format.

A reference (``LicenseRef-…``, ``AdditionRef-…``) is a name for a text. Its text is that of a
finding that states the reference and no other one; one that states nothing besides comes
first. Everything here is one pass over the Bom.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from sbomctl.model import Bom, LicenseFacts, LicenseFinding

_REFERENCE = re.compile(r"(?<![A-Za-z0-9.-])(?:DocumentRef-[A-Za-z0-9.-]+:)?(?:LicenseRef|AdditionRef)-[A-Za-z0-9.-]+")


class Reference(NamedTuple):
    """A license reference and what is known of it."""

    id: str
    sha256: str  # hex, of its text in ``Bom.license_texts``; "" = no text was found
    findings: tuple[LicenseFinding, ...]  # those that state it and no other reference


@lru_cache(maxsize=8192)
def references_in(expression: str) -> tuple[str, ...]:
    """Every reference in an expression, each once, in its order."""
    return tuple(dict.fromkeys(_REFERENCE.findall(expression))) if "Ref-" in expression else ()


def references(bom: Bom, spelled: Callable[[str], str] = str) -> tuple[Reference, ...]:
    """Every reference that an expression of the Bom names, sorted; ``spelled`` is how the format writes expressions."""
    stating: dict[str, list[LicenseFinding]] = {
        ref: [] for each in expressions(bom) for ref in references_in(spelled(each))
    }
    for facts in _license_facts(bom):
        for finding in facts.findings:
            found = references_in(spelled(finding.expression))
            if len(found) == 1:
                stating[found[0]].append(finding)
    return tuple(
        Reference(ref, _text_of(ref, findings, bom, spelled), tuple(findings))
        for ref, findings in sorted(stating.items())
    )


def expressions(bom: Bom) -> dict[str, None]:
    """Every expression of the Bom, once each, in its order."""
    found: dict[str, None] = {}
    for facts in _license_facts(bom):
        found |= dict.fromkeys((facts.declared, facts.detected, facts.concluded, facts.effective))
        found |= dict.fromkeys(finding.expression for finding in facts.findings)
    return found


def used_texts(bom: Bom) -> dict[str, dict[str, None]]:
    """SHA-256 of a text -> ids of the components and images that ship it; texts that nothing names are last."""
    users: dict[str, dict[str, None]] = {}
    for component in bom.components:
        for sha256 in _hashes(component.licenses.findings):
            users.setdefault(sha256, {})[component.id] = None
        for shipped in component.texts:
            users.setdefault(shipped.sha256, {})[component.id] = None
    for facts in bom.images:
        for sha256 in _hashes(facts.licenses):
            users.setdefault(sha256, {})[facts.id] = None
    known = {sha256: users[sha256] for sha256 in users if sha256 in bom.license_texts}
    return known | {sha256: {} for sha256 in sorted(bom.license_texts) if sha256 not in users}


def _hashes(findings: tuple[LicenseFinding, ...]) -> Iterator[str]:
    return (finding.text_sha256 for finding in findings if finding.text_sha256)


def _license_facts(bom: Bom) -> Iterator[LicenseFacts]:
    for component in bom.components:
        yield component.licenses
    for facts in bom.images:
        yield LicenseFacts(findings=facts.licenses)


def _text_of(ref: str, findings: list[LicenseFinding], bom: Bom, spelled: Callable[[str], str]) -> str:
    second = ""
    for finding in findings:
        if bom.license_texts.get(finding.text_sha256, "").strip():
            if spelled(finding.expression) == ref:
                return finding.text_sha256
            second = second or finding.text_sha256
    return second
