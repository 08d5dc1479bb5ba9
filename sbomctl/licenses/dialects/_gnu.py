"""The names of the GNU licenses: hundreds of spellings, one rule.

What a version without "or later" means differs: some ecosystems have a sign for it and leave it
out on purpose, others just name the license (GPL-2.0 section 9 needs the grant to say more).
"""

from __future__ import annotations

import re
from enum import Enum

from sbomctl.licenses.base import Reading
from sbomctl.model import Expression

_VERSIONS = {"GPL": ("1.0", "2.0", "3.0"), "LGPL": ("2.0", "2.1", "3.0"), "AGPL": ("1.0", "3.0"),
             "GFDL": ("1.1", "1.2", "1.3")}  # fmt: skip
_FAMILIES = {
    "": "GPL", "gpl": "GPL", "lgpl": "LGPL", "agpl": "AGPL", "gfdl": "GFDL", "fdl": "GFDL", "affero": "AGPL",
    "lesser": "LGPL", "library": "LGPL", "lesser or library": "LGPL", "library or lesser": "LGPL",
    "library/lesser": "LGPL", "lesser/library": "LGPL", "free documentation": "GFDL",
}  # fmt: skip
_NAME = re.compile(
    r"(?:gnu )?(?:(?:(?P<kind>affero|(?:lesser|library)(?:(?: or |/)(?:lesser|library))?) )?"
    r"(?:gnu )?(?:general public|gpl)|(?P<words>free documentation)|(?P<letters>[al]gpl|g?fdl))"
    r"(?P<niv> (?:niv|no invariants?))?(?: (?P<version>[123](?:\.[0-3])?)(?P<niv2> no invariants?)?)?"
    r"(?P<mode> ?\+| only)?(?: (?P<short>[al]?gpl) ?(?P<short_version>[123](?:\.1)?)?\+?)?"
    r"(?: (?:february 1989|june 1991|february 1999|(?:29 )?june 2007|(?:19 )?november 2007))?"
)


class Bare(Enum):
    """What a GNU license with a version and without ``+`` means where this is written."""

    ONLY = "only this version"
    LIKELY_ONLY = "likely only this version"
    OPEN = "this version, and nothing on later ones"


def gnu_license(key: str, bare: Bare, *, loose: bool = False) -> Reading | None:
    """The license with this key (``aliases.key``); None when it is not one of GNU.

    Without a version nothing is concluded: the candidates are what it may be. With ``loose`` an LGPL 2
    may be 2.0, the Library GPL, or 2.1, as many people write it.
    """
    found = _NAME.fullmatch(key)
    if not found:
        return None
    family = _FAMILIES[found["letters"] or found["words"] or found["kind"] or ""]
    stem = "-no-invariants" if found["niv"] or found["niv2"] else ""
    if found["short"] and not _same(found, family):
        return None
    mode = (found["mode"] or "").strip()
    if not found["version"]:
        return _without_version(family, stem, mode)
    version = found["version"] if "." in found["version"] else f"{found['version']}.0"
    if version not in _VERSIONS[family]:
        return None
    reading = _with_version(f"{family}-{version}{stem}", mode, bare)
    return _either_lgpl(reading) if loose and (family, version) == ("LGPL", "2.0") else reading


def _same(found: re.Match[str], family: str) -> bool:
    """Whether the abbreviation behind a full name is of that license, and no second license."""
    version = found["short_version"]
    return "general public" in found[0] and _FAMILIES[found["short"]] == family and version in (None, found["version"])


def _with_version(license_id: str, mode: str, bare: Bare) -> Reading:
    only, later = Expression(f"{license_id}-only"), Expression(f"{license_id}-or-later")
    if mode == "+":
        return Reading(later)
    if mode == "only" or bare is Bare.ONLY:
        return Reading(only)
    remark = "whether later versions may be chosen is not said"
    return Reading(only if bare is Bare.LIKELY_ONLY else Expression(""), (only, later), remark)


def _either_lgpl(reading: Reading) -> Reading:
    first = reading.candidates or (reading.expression,)
    candidates = (*first, *(one.replace("2.0", "2.1") for one in first))
    remark = "; ".join(part for part in ("LGPL 2 may be 2.0 or 2.1", reading.remark) if part)
    return Reading(candidates=tuple(sorted(candidates)), remark=remark)


def _without_version(family: str, stem: str, mode: str) -> Reading:
    versions = _VERSIONS[family]
    if mode == "+":  # of any version, so of the first and all later ones
        return Reading(Expression(f"{family}-{versions[0]}{stem}-or-later"))
    every = [f"{family}-{version}{stem}{end}" for version in versions for end in ("-only", "-or-later")]
    return Reading(candidates=tuple(every), remark="no version is said")
