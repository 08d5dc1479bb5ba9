"""What the text of a license in debian/copyright says, where its name leaves that open or says something else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from sbomctl.licenses.common_licenses import common_licenses
from sbomctl.licenses.expression import terms
from sbomctl.model import Expression

_SURE = frozenset(("exact-text", "text", "notice"))
_LEAST_COVERED = 0.95
_LONGEST = 200_000  # characters; the longest license texts have 60,000
_VERSION = re.compile(r"\bversion\s+(\d)(?:\.(\d))?(?![.\d]*\d)", re.IGNORECASE)
_GNU = re.compile(r"[AL]?GPL-(\d\.\d)-(?:only|or-later)")


class Said(NamedTuple):
    """The canonical expression that a text comes to, "" = nothing for certain."""

    expression: Expression = Expression("")
    sure: bool = False  # it is a license text or a grant, and does not only mention a license
    remark: str = ""  # how it differs from the known text


@lru_cache(maxsize=512)
def said_by(text: str) -> Said:
    """What the words of ``text`` say; nothing where they leave something open.

    A license text counts when at least 95 % of it is there and nothing else is around that no
    one knows, a grant when it is worded as one. What only names or refers to a license
    does not show that the text is one.
    """
    from sbomctl.licenses.text import detect

    if len(text) > _LONGEST:
        return Said()
    found = detect(text)
    matches = found.matches
    if not found.expression or any(one.rule == "unknown-text" or one.candidates for one in matches):
        return Said()
    if any(one.rule == "text" and one.coverage < _LEAST_COVERED for one in matches):
        return Said()
    sure = any(one.rule in _SURE for one in matches)
    return Said(found.expression, sure, "; ".join(one.remark for one in matches if one.remark and one.rule == "text"))


@lru_cache(maxsize=512)
def version_doubt(expression: str, text: str) -> str:
    """A remark when ``expression`` is one GNU license and ``text`` speaks of other versions only; else ""."""
    every = terms(expression)
    found = _GNU.fullmatch(every[0].license) if len(every) == 1 else None
    if not found:
        return ""
    versions = {f"{one[1]}.{one[2] or 0}" for one in _VERSION.finditer(text)} | set(_versions_referred_to(text))
    if not versions or found[1] in versions:
        return ""
    return f"its text speaks of version {', '.join(sorted(versions))}"


def narrowed(candidates: Sequence[str], text: str) -> tuple[str, ...]:
    """Those of the ``candidates`` that the license files to which ``text`` refers leave; all, if they leave none.

    A reference to the newest version, ``GPL`` without a number, says nothing of the version that was granted.
    """
    files = [one for one in common_licenses(text) if not one.version_is_open]
    possible = {candidate for one in files for candidate in one.candidates}
    return tuple([one for one in candidates if one in possible]) or tuple(candidates)


def _versions_referred_to(text: str) -> Iterator[str]:
    for one in common_licenses(text):
        for candidate in one.candidates:
            if not one.version_is_open and (found := _GNU.fullmatch(candidate)):
                yield found[1]
