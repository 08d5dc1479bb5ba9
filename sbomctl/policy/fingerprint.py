"""What stays the same of a component or violation when the product is built again (requirement PO-10)."""

from __future__ import annotations

import hashlib

from sbomctl.model import Violation
from sbomctl.policy.purls import unversioned


def identity(purl: str, name: str) -> str:
    """A component without its version and the qualifiers that change with the release of a distribution."""
    return unversioned(purl) or name


def fingerprint(violation: Violation) -> str:
    """Hex digits that are the same in every build that has the same violation.

    Rule, component, license and image are in it; version, layer, line and severity are not.
    """
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
