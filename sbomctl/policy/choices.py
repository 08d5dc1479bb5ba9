"""Which versions "or later" leaves to choose from (requirement PO-1)."""

from __future__ import annotations

import re

from sbomctl.licenses.expression import Term
from sbomctl.licenses.spdx_list import spdx_list

_LATER = {
    "AGPL": ("1.0", "3.0"),
    "GFDL": ("1.1", "1.2", "1.3"),
    "GPL": ("1.0", "2.0", "3.0"),
    "LGPL": ("2.0", "2.1", "3.0"),
}
_GNU = re.compile(r"(AGPL|GFDL|GPL|LGPL)-([0-9.]+)((?:-no)?(?:-invariants)?)-or-later")
_NUMBERED = re.compile(r"(.+?)-([0-9]+(?:\.[0-9]+)*)")


def choices(term: Term) -> tuple[Term, ...]:
    """The versions that ``term`` may be taken under, the oldest first; only itself where it leaves no choice."""
    gnu = _GNU.fullmatch(term.license)
    if gnu:
        family, first, variant = gnu.groups()
        known = _LATER[family]
        later = known[known.index(first) :] if first in known else (first,)
        return tuple(Term(f"{family}-{version}{variant}-only", term.exception) for version in later)
    if not term.license.endswith("+"):
        return (term,)
    bare = term.license[:-1]
    return tuple(Term(one, term.exception) for one in (bare, *_newer(bare)))


def _newer(bare: str) -> list[str]:
    """The ids of the list with the same name and a higher version, by version."""
    match = _NUMBERED.fullmatch(bare)
    if match is None:
        return []
    found = []
    for one in spdx_list().licenses.values():
        other = _NUMBERED.fullmatch(one)
        if other and other[1] == match[1] and _number(other[2]) > _number(match[2]):
            found.append((_number(other[2]), one))
    return [one for _, one in sorted(found)]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
