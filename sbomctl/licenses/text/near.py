"""Texts that are nearly a known one: how they differ, and whether that makes them another license.

The matching guidelines (SPDX 2.3 Annex B) let names, dates and what a template marks be replaced; any
other word counts. A few stray ones are forgiven, but short terms are changed by one: "not", "only", "sell".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sbomctl.licenses.text.found import Found

_SHOWN = 12  # words
_SHORT = 280  # words of a text in which each counts: the longest of the BSD, MIT and HPND kinds
_LIMITS = frozenset(
    str.split(
        "only except unless if whether prohibited forbidden restricted "  # what is granted holds for some cases
        "commercial noncommercial academic educational personal military "  # or for some people
        "sell payment pay lease rent consent reverse engineering modified unchanged unmodified"  # or asks something
    )
)  # words that narrow a permission, or widen it: who adds one makes another license
_GNU = ("GPL-", "LGPL-", "AGPL-", "GFDL-")  # an insertion is mostly an exception, or the notice of a program
_DEMANDS = _LIMITS | frozenset(
    str.split("must not shall should may agree provided permitted required without acknowledge sublicense research")
)  # words by which an inserted sentence is a condition, and no name or disclaimer
_OPERATIVE = frozenset(
    str.split("restriction charge sell publish must retain")
)  # words of permissions and conditions that nobody leaves out by chance
_MODIFIED = frozenset(("with", "or", "without", "modification"))
_GRANTED = frozenset(
    ("use", "source", "binary", "permitted")
)  # words of the sentence that the former may be cut out of
_DENIED = ("not", "neither", "nor")
_RENAMED = 5  # times that "software" is replaced in a text that is then about something else


def changes_meaning(found: Found, license_id: str, inserted: Sequence[Sequence[str]]) -> bool:
    """Whether what ``found`` lacks, has more or, as sentences, ``inserted`` makes it another license."""
    missing, extra = found.missing, found.extra
    if found.length > _SHORT:
        return not license_id.startswith(_GNU) and any(not _LIMITS.isdisjoint(words) for words in inserted)
    return (
        any(not _DEMANDS.isdisjoint(words) and "alternatively" not in words for words in inserted)
        or not _LIMITS.isdisjoint(extra)
        or not _OPERATIVE.isdisjoint(missing)
        or extra.get("not", 0) > sum([missing.get(word, 0) for word in _DENIED])
        or missing.get("software", 0) >= _RENAMED
        or _changes_without(missing, extra, license_id)
    )


def _changes_without(missing: Mapping[str, int], extra: Mapping[str, int], license_id: str) -> bool:
    """Whether "with or without modification" has lost a part, or "without restriction" is "with the restriction".

    "Without fee" for "with or without fee" is found in all ages of the HPND kind and means the same: nobody must pay.
    """
    if "without" in extra:
        return "modification" in extra or "with" in missing or "or" in missing
    if "without" in missing:
        if "with" in extra:
            return True
        return missing.keys() >= _MODIFIED and _GRANTED.isdisjoint(missing)  # or the first sentence is not there at all
    if not license_id.startswith("BSD-"):
        return False
    return ("with" in missing and "or" in missing) or ("modification" in missing and "permitted" not in missing)


def difference(found: Found, license_id: str) -> str:
    """How a text differs from the known one, for people."""
    parts = []
    if found.missing:
        parts.append(f"lacks {sum(found.missing.values())} of its words ({_some(found.missing)})")
    if found.extra:
        parts.append(f"has {sum(found.extra.values())} others ({_some(found.extra)})")
    if found.holes:
        parts.append(f"has {sum(end - start for start, end in found.holes)} words in between")
    return f"{license_id}, but it " + ", ".join(parts)


def _some(words: Mapping[str, int]) -> str:
    shown = ", ".join(sorted(words)[:_SHOWN])
    return f"{shown}, …" if len(words) > _SHOWN else shown
