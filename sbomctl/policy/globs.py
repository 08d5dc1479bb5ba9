"""Patterns with ``*``, the only wildcard that policies and waivers know."""

from __future__ import annotations

import re
from functools import lru_cache

REFERENCES = "licenseref-"


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """``pattern`` with ``*`` for any characters, without regard to case."""
    pieces = re.sub(r"\*+", "*", pattern).split("*")
    return re.compile(".*".join(re.escape(piece) for piece in pieces), re.IGNORECASE | re.DOTALL)


def matches(pattern: str, text: str) -> bool:
    """Whether all of ``text`` fits ``pattern``."""
    return compiled(pattern).fullmatch(text) is not None


def matches_license(pattern: str, license_id: str) -> bool:
    """As :func:`matches`; but only a pattern that starts with ``LicenseRef-`` reaches references.

    A reference may stand for any text, so ``*`` must not let it pass by accident.
    """
    reference = license_id.lower().startswith((REFERENCES, "documentref-"))
    if reference and not pattern.lower().startswith((REFERENCES, "documentref-")):
        return False
    return matches(pattern, license_id)


def is_glob(text: str) -> bool:
    """Whether ``text`` has a wildcard."""
    return "*" in text
