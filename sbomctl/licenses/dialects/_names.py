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
from sbomctl.licenses.expression import NOTHING, InvalidExpression, canonical, normalize, parse, unasserted
from sbomctl.licenses.spdx_list import license_reference, spdx_list

_WITH = re.compile(r"(?P<sign>[\s-])(?:with|w/)[\s-]", re.IGNORECASE)
_ABBREVIATION = re.compile(r" ?\((?P<short>[^()]{2,30})\)")
_UNKNOWN = "a name that only its package explains"
_UNASSERTED = {"NONE": "it says that there is no license", "NOASSERTION": "it says that nothing is asserted"}
_MOST_CHARACTERS = 400  # of something that may be a name with its exception
_LONGEST = 100  # characters of something that is still a name
_MOST_WORDS = 12


@dataclass(frozen=True)
class Names:
    """The names of one dialect: in which rows of the alias table it looks, and what "GPL-2" means in it."""

    scopes: tuple[str, ...] = ()
    bare: Bare = Bare.LIKELY_ONLY
    strict: bool = False  # LGPL-2 means 2.0, never 2.1
    local: bool = False  # any word may be a name that the package itself explains, even "other"
    ids_first: bool = False  # an identifier of the list means what the list says, whatever else it is used for

    def known(self, name: str, scope: Sequence[str]) -> Reading | None:
        """What ``name`` means; None when nobody knows it. ``scope`` is where a name of an exception belongs."""
        if len(name) > _MOST_CHARACTERS:
            return None
        if word := unasserted(name):
            return Reading(remark=_UNASSERTED[word])
        text = name_in_url(name) or name
        return self._alone(text) or self._with_exception(text, scope) or self._abbreviated(text)

    def read(self, name: str, scope: Sequence[str]) -> Reading:
        """What ``name`` means; an unknown one becomes a ``LicenseRef-`` within ``scope``, prose nothing."""
        return self.known(name, scope) or unknown(name, scope)

    def _alone(self, name: str) -> Reading | None:
        return self._direct(name) or self._elsewhere(name) or self._or_later(name)

    def _or_later(self, name: str) -> Reading | None:
        """``MPLv1.1+``: the version that is known, and later ones."""
        base = self._direct(name[:-1]) or self._elsewhere(name[:-1]) if name.endswith("+") else None
        later = normalize(f"{base.expression}+") if base and decided(base) else NOTHING
        return Reading(later, remark=base.remark) if base and later else None

    def _direct(self, name: str) -> Reading | None:
        if self.ids_first and (listed := _expression(name) or _listed(name)):
            return listed
        if row := alias(name, self.scopes):
            return reading_of(row)
        return _listed(name) or gnu_license(key(name), self.bare, loose=not self.strict and "2.0" not in name)

    def _with_exception(self, name: str, scope: Sequence[str]) -> Reading | None:
        found = _WITH.search(name)
        if not found or not found.start():
            return None
        base, phrase = name[: found.start()].strip(), name[found.end() :].strip()
        reading = self._alone(base)
        return exception_reading(reading, phrase, scope, listed=found["sign"] == "-") if reading else None

    def _abbreviated(self, name: str) -> Reading | None:
        """A name with its abbreviation in parentheses, if both are of one license."""
        found = _ABBREVIATION.search(name)
        outer = self._alone(name[: found.start()] + name[found.end() :]) if found else None
        inner = self._alone(found["short"]) if found and outer else None
        if not outer or not inner:
            return None
        if _meanings(outer) <= _meanings(inner):
            return outer
        return inner if _meanings(inner) <= _meanings(outer) else None

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


def all_known(reading: Reading) -> bool:
    """Whether every name of it is known, if only as one with several meanings."""
    return _UNKNOWN not in reading.remark


def decided(reading: Reading) -> bool:
    """Whether every name of it is known and means one license."""
    return bool(reading.expression) and not reading.candidates and all_known(reading)


def _meanings(reading: Reading) -> set[str]:
    return set(reading.candidates or (reading.expression,))


def reading_of(row: Alias) -> Reading:
    """What a row of the alias table says of the name it is for."""
    targets = tuple(canonical(target) for target in row.targets)
    if row.confidence == EXACT:
        return Reading(targets[0])
    if row.confidence == AMBIGUOUS:
        return Reading(candidates=tuple(sorted(targets)), remark=row.reason)
    return Reading(targets[0], tuple(sorted(targets)) if targets[1:] else (), row.reason)


def _expression(text: str) -> Reading | None:
    """A valid expression, if its identifiers leave nothing open."""
    valid = normalize(text)
    return Reading(canonical(valid)) if valid else None


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
