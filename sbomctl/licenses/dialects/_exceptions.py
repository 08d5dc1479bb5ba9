"""Exceptions as people name them behind *with*: ``exceptions.tsv``.

Its columns: the phrase without the word exception; the license it goes with (``*`` for any); SPDX exceptions, the
likeliest first; ``exact``, ``text-dependent`` or ``ambiguous`` as for aliases; why.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from sbomctl.licenses.aliases import AMBIGUOUS, ANYWHERE, EXACT, Alias, key
from sbomctl.licenses.base import Reading
from sbomctl.licenses.expression import InvalidExpression, Term, canonical, parse
from sbomctl.licenses.spdx_list import addition_reference
from sbomctl.model import Expression

_EXCEPTION = re.compile(r"\b(?:(?:special |linking )?exceptions?|gnu)\b")
_SEVERAL = re.compile(r"[,;&|()]|\s(?:and|or|and/or|with)\s", re.IGNORECASE)  # more than a name
_GNU_VERSION = re.compile(r"-(?:no-invariants-)?(?:only|or-later)\Z")


def exception_reading(base: Reading, phrase: str, scope: Sequence[str], *, listed: bool) -> Reading | None:
    """``base`` with the exception that ``phrase`` names; None when ``base`` is no single license
    or ``phrase`` no exception: *with advertising clause* takes away instead of giving.

    With ``listed`` only exceptions that the table or the SPDX list has.

    An exception that the list lacks becomes an ``AdditionRef-`` within ``scope``: what the license asks
    for stays known, and nothing is granted that nobody has read.
    """
    bases = [base.expression] if base.expression else list(base.candidates)
    if not bases or not all(_plain(one) for one in (*bases, *base.candidates)):
        return None
    row = _row(phrase, bases[0])
    if not row.targets and (listed or _SEVERAL.search(phrase) or "exception" not in phrase.lower()):
        return None
    exceptions = row.targets or (addition_reference(*scope, phrase),)
    first = addition_reference(*scope, phrase) if row.confidence == AMBIGUOUS else exceptions[0]
    expression = canonical(f"{base.expression} WITH {first}") if base.expression else Expression("")
    several = len(exceptions) > 1 or bool(base.candidates)
    every = {canonical(f"{one} WITH {end}") for one in base.candidates or bases for end in exceptions}
    remark = "; ".join(part for part in (base.remark, row.reason) if part)
    return Reading(expression, tuple(sorted(every)) if several else (), remark)


def _plain(expression: str) -> bool:
    node = parse(expression)
    return isinstance(node, Term) and not node.exception


def _row(phrase: str, base: str) -> Alias:
    try:
        node = parse(f"MIT WITH {phrase}")
        return Alias((node.exception,), EXACT, "") if isinstance(node, Term) else Alias((), EXACT, "")
    except InvalidExpression:
        wanted = key_of(phrase)
        stem = _GNU_VERSION.sub("", base)
        rows = _rows()
        nothing = Alias((), AMBIGUOUS, "an exception that the SPDX list lacks")
        return rows.get((wanted, stem)) or rows.get((wanted, ANYWHERE)) or nothing


def key_of(phrase: str) -> str:
    """What all spellings of one exception have in common."""
    return " ".join(_EXCEPTION.sub(" ", key(phrase)).split())


@lru_cache(maxsize=1)
def _rows() -> dict[tuple[str, str], Alias]:
    found = {}
    for line in Path(__file__).parent.with_name("exceptions.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            phrase, base, targets, confidence, reason = line.split("\t")
            found[key_of(phrase), base] = Alias(tuple(targets.split("|")) if targets else (), confidence, reason)
    return found
