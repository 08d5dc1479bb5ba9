"""One license name, as it stands between the operators of an expression."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sbomctl.licenses.aliases import AMBIGUOUS, ANYWHERE, EXACT, Alias, alias, key, listed_names
from sbomctl.licenses.base import Reading
from sbomctl.licenses.deprecated import replacement, successors
from sbomctl.licenses.dialects._exceptions import exception_reading
from sbomctl.licenses.dialects._gnu import Bare, gnu_license
from sbomctl.licenses.dialects._urls import name_in_url
from sbomctl.licenses.expression import InvalidExpression, canonical, parse
from sbomctl.licenses.spdx_list import license_reference, spdx_list

_WITH = re.compile(r"\s+(?:with|w/)\s+", re.IGNORECASE)
_UNKNOWN = "a name that only its package explains"
_LONGEST = 100  # characters of something that is still a name
_MOST_WORDS = 12


@dataclass(frozen=True)
class Names:
    """The names of one dialect: in which rows of the alias table it looks, and what "GPL-2" means in it."""

    scopes: tuple[str, ...] = ()
    bare: Bare = Bare.LIKELY_ONLY
    local: bool = False  # any word may be a name that the package itself explains, even "other"
    ids_first: bool = False  # an identifier of the list means what the list says, whatever else it is used for

    def known(self, name: str, scope: Sequence[str]) -> Reading | None:
        """What ``name`` means; None when nobody knows it. ``scope`` is where a name of an exception belongs."""
        text = name_in_url(name) or name
        direct = self._direct(text)
        return direct if direct else self._with_exception(text, scope) or self._elsewhere(text)

    def read(self, name: str, scope: Sequence[str]) -> Reading:
        """What ``name`` means; an unknown one becomes a ``LicenseRef-`` within ``scope``, prose nothing."""
        return self.known(name, scope) or unknown(name, scope)

    def _direct(self, name: str) -> Reading | None:
        listed = _listed(name)
        if self.ids_first and listed:
            return listed
        if row := alias(name, self.scopes):
            return reading_of(row)
        return listed or gnu_license(key(name), self.bare)

    def _with_exception(self, name: str, scope: Sequence[str]) -> Reading | None:
        base, *phrases = _WITH.split(name, maxsplit=1)
        if not phrases or not base:
            return None
        reading = self._direct(base) or self._elsewhere(base)
        return exception_reading(reading, phrases[0], scope) if reading else None

    def _elsewhere(self, name: str) -> Reading | None:
        row = alias(name, (ANYWHERE,))
        if row and (row.targets or not self.local):
            return reading_of(row)
        listed = listed_names().get(key(name))
        return Reading(canonical(listed)) if listed else None


def unknown(name: str, scope: Sequence[str]) -> Reading:
    """A reading that keeps a name nobody knows; it says so where that is no name but prose."""
    if len(name) > _LONGEST or len(name.split()) > _MOST_WORDS:
        return Reading(remark="this is no license name but text")
    bare = license_reference(*scope)
    reference = license_reference(*scope, name)
    if reference in (bare, "LicenseRef-"):
        return Reading(remark="this is no license name")
    return Reading(canonical(reference), remark=_UNKNOWN)


def decided(reading: Reading) -> bool:
    """Whether every name of it is known and means one license."""
    return bool(reading.expression) and not reading.candidates and _UNKNOWN not in reading.remark


def reading_of(row: Alias) -> Reading:
    """What a row of the alias table says of the name it is for."""
    targets = tuple(canonical(target) for target in row.targets)
    if row.confidence == EXACT:
        return Reading(targets[0])
    if row.confidence == AMBIGUOUS:
        return Reading(candidates=tuple(sorted(targets)), remark=row.reason)
    return Reading(targets[0], tuple(sorted(targets)) if targets[1:] else (), row.reason)


def _listed(name: str) -> Reading | None:
    """An identifier of the SPDX list or a reference; not those of GNU that leave later versions open."""
    if " " in name:
        return None
    try:
        parse(name)
    except InvalidExpression:
        return None
    deprecated = name.lower() in spdx_list().deprecated_licenses
    if deprecated and gnu_license(key(name), Bare.ONLY):
        return None
    if not deprecated:
        return Reading(canonical(name))
    return Reading(canonical(name), () if replacement(name) else successors(name), "a deprecated SPDX identifier")
