"""What stays the same of a component or violation when the product is built again (requirement PO-10)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from sbomctl.model import Violation
from sbomctl.policy.purls import unversioned


def identity(purl: str, name: str) -> str:
    """A component without its version and the qualifiers that change with the release of a distribution."""
    return unversioned(purl) or name


def fingerprinted(violations: Sequence[Violation]) -> list[Violation]:
    """The violations with hex digits that are the same in every build that has the same violation.

    Rule, component, license and image are in it; version, layer, line and severity are not. Of
    several alike, such as two versions of one package, the later ones are told apart by their number.
    """
    seen: dict[str, int] = {}
    found = []
    for one in sorted(violations, key=lambda one: (one.version, one.purl, one.message)):
        digits = _fingerprint(one)
        number = seen[digits] = seen.get(digits, 0) + 1
        if number > 1:
            digits = hashlib.sha256(f"{digits} {number}".encode()).hexdigest()[:32]
        found.append(msgspec.structs.replace(one, fingerprint=digits))
    return found


def _fingerprint(violation: Violation) -> str:
    parts = (
        violation.rule,
        identity(violation.purl, violation.name),
        violation.expression,
        violation.license,
        violation.image,
        violation.role,
        violation.topic,
    )
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]
