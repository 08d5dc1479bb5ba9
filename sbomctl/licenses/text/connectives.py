"""What the statements of a file come to together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sbomctl.licenses.expression import Term, conjunction, parse, terms
from sbomctl.licenses.text.result import Detection, Match
from sbomctl.licenses.text.words import Words
from sbomctl.model import Expression

if TYPE_CHECKING:
    from sbomctl.licenses.text.detection import Placed


def joined(placed: list[Placed], words: Words) -> Detection:  # noqa: ARG001
    """The matches in file order and their expression."""
    _except(placed)
    _settle(placed)
    matches = tuple(one.match for one in placed)
    return Detection(matches, conjunction(one.expression for one in matches))


def _except(placed: list[Placed]) -> None:
    """Gives each exception to the license that it is about: the last one before it that may have it."""
    for at, one in enumerate(placed):
        if not one.exception:
            continue
        inside = [other for other in placed if other is not one and one.start <= other.start < one.end and other.match.expression]
        before = [other for other in placed[:at] if other.match.expression]
        for other in [*inside[:1], *reversed(before[-3:]), *placed[at + 1 : at + 2]]:
            if expression := _with(other.match.expression, one.exception):
                other.match = replace(other.match, expression=expression)
                break
        else:
            remark = f"{one.exception} of a license that is not named here"
            one.match = replace(one.match, remark=remark)


def _with(expression: str, exception: str) -> Expression | None:
    node = parse(expression) if expression else None
    if isinstance(node, Term) and not node.exception:
        return Expression(f"{node.license} WITH {exception}")
    return None


def _settle(placed: list[Placed]) -> None:
    """Where a text leaves a version open, the grants of the file decide (SPDX 2.3 Annex B: the text of both is one)."""
    granted = {term.license for one in placed if one.match.rule != "unknown-text" and not one.match.is_text for term in _terms(one.match)}
    for one in placed:
        fitting = sorted(granted.intersection(one.match.candidates)) if one.match.is_text else []
        if fitting:
            one.match = replace(one.match, expression=Expression(fitting[-1]), candidates=())


def _terms(match: Match) -> tuple[Term, ...]:
    return terms(match.expression) if match.expression else ()
