"""``MIT/Apache-2.0`` where nobody has said what the slash means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sbomctl.licenses.base import Reading
from sbomctl.licenses.dialects._names import Names, all_known
from sbomctl.licenses.dialects._phrase import Grammar
from sbomctl.licenses.dialects._reading import read_string


def read_slashed(raw: str, grammar: Grammar, names: Names, scope: Sequence[str]) -> Reading:
    """The string with slashes as a choice, which mostly is meant, and as a list for the other candidate."""
    if "/" not in raw or "://" in raw or names.known(raw, scope):
        return read_string(raw, grammar, names, scope)
    choice = read_string(raw, replace(grammar, signs={**grammar.signs, "/": "OR"}), names, scope)
    every = read_string(raw, replace(grammar, signs={**grammar.signs, "/": "AND"}), names, scope)
    if not choice.expression or not all_known(choice):
        return read_string(raw, grammar, names, scope)
    candidates = {choice.expression, every.expression, *choice.candidates, *every.candidates}
    remark = "; ".join(part for part in ("a slash may be a choice or a list", choice.remark) if part)
    return Reading(choice.expression, tuple(sorted(candidates)), remark)
