"""The verdict of a policy on a license expression, with the lines that gave it.

The first line that names a license decides. AND is as bad as its worst part, OR as good as
its best, which is then elected; ``-or-later`` is a choice of versions; an exception is
looked up with its license first, then the license alone (requirements PO-1 to PO-3).

Why two worlds: the choice of GPL-2.0 in ``GPL-2.0-or-later`` is void where the same work
holds Apache-2.0 or GPL-3.0 code. Such an expression is judged once with old versions only
and without the licenses that forbid them, once with new versions only; the better verdict
holds. That finds the best choice of all branches together without trying every combination.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sbomctl.licenses.expression import (
    Compound,
    InvalidExpression,
    Node,
    Term,
    canonical,
    choices,
    parse,
    render,
    terms,
)
from sbomctl.model import Verdict
from sbomctl.policy.classes import ClassTable, LicenseClass
from sbomctl.policy.lines import Line

RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}
"""How bad a verdict is: 0 is the best."""

UNHANDLED, REFERENCE, UNSTATED = "unhandled", "reference", "unstated"
_STATEMENTS = ("NONE", "NOASSERTION")
_OLD, _NEW = "old", "new"
_NEEDS_GPL3 = ("GPL-3.0-only", "GPL-3.0-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "AGPL-3.0-only",
               "AGPL-3.0-or-later")  # fmt: skip
_FORCED = "an older version cannot be chosen beside Apache-2.0 or GPL-3.0 code in one work"
_OPEN_GPL = ("GPL-1.0-or-later", "GPL-2.0-or-later")


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided on one license of an expression, and by which line (None: no line names it)."""

    license: str  # as the expression has it
    verdict: Verdict
    line: Line | None
    asks: LicenseClass
    chosen: str  # the version taken; else as ``license``
    gap: str = ""  # why it is unknown: unhandled | reference | unstated
    remark: str = ""  # the same in words; why another version was not to be had


@dataclass(frozen=True, slots=True)
class Choice:
    """One branch or version that was elected."""

    given: str
    chosen: str
    aside: tuple[str, ...] = ()  # branches that are unknown


@dataclass(frozen=True)
class Judgement:
    """The verdict on an expression; ``decisions`` are on the licenses that remain after the ``choices``."""

    expression: str  # canonical, with every branch
    elected: str  # what remains of it
    verdict: Verdict
    decisions: tuple[Decision, ...]  # of what has to be kept
    reasons: tuple[Decision, ...]  # what decided: a line about a whole expression stands for its parts
    choices: tuple[Choice, ...] = ()

    @cached_property
    def obligations(self) -> frozenset[str]:
        """Everything that is asked by the licenses that remain."""
        return frozenset().union(*(one.asks.obligations for one in self.decisions))

    def asking(self, *obligations: str) -> tuple[Decision, ...]:
        """The decisions whose license asks for one of ``obligations``."""
        if self.obligations.isdisjoint(obligations):
            return ()
        return tuple(one for one in self.decisions if not one.asks.obligations.isdisjoint(obligations))


@dataclass(frozen=True, slots=True)
class _Value:
    """The value of one node while a tree is judged."""

    text: str
    verdict: Verdict
    decisions: tuple[Decision, ...]
    reasons: tuple[Decision, ...]
    choices: tuple[Choice, ...]
    weight: tuple[int, int]


def judge(expression: str, lines: Sequence[Line], table: ClassTable) -> Judgement:
    """The verdict of ``lines``, which hold here, on ``expression``; never raises."""
    try:
        node = parse(canonical(expression))
    except InvalidExpression as error:
        return _unknown(expression, error)
    asked = _Asked(lines, table)
    best: _Value | None = None
    for world in _worlds(expression, table):
        value = asked.value(node, world)
        if value is not None and (best is None or _order(value) < _order(best)):
            best = value
    assert best is not None, "the world of new versions is always possible"
    return Judgement(render(node), canonical(best.text), best.verdict, best.decisions, best.reasons, best.choices)


def _unknown(expression: str, error: InvalidExpression) -> Judgement:
    remark = "no license is stated"
    if expression in _STATEMENTS:
        remark = f"{expression} is stated, which is no permission"
    elif expression:
        remark = f"it is no license expression: {error}"
    decision = Decision(expression, Verdict.UNKNOWN, None, LicenseClass(), expression, UNSTATED, remark)
    return Judgement(expression, expression, Verdict.UNKNOWN, (decision,), (decision,))


def _worlds(expression: str, table: ClassTable) -> tuple[str, ...]:
    """("",) where every version may be chosen; else the worlds to try."""
    found = terms(expression)
    is_open = any(_is_open(one, table) for one in found)
    return (_OLD, _NEW) if is_open and any(_forbids_old(one, table) for one in found) else ("",)


def _is_open(term: Term, table: ClassTable) -> bool:
    return term.license in _OPEN_GPL and not table.frees_others(term)


def _forbids_old(term: Term, table: ClassTable) -> bool:
    """Whether code under ``term`` cannot be in one work with code under GPL-2.0-only (OSADL's matrix: "No")."""
    if term.license == "Apache-2.0":
        return term.exception != "LLVM-exception"
    return term.license in _NEEDS_GPL3 and not table.frees_others(term)


class _Asked:
    """The lines, asked about one expression."""

    def __init__(self, lines: Sequence[Line], table: ClassTable) -> None:
        self._lines = lines
        self._table = table
        self._with_expressions = [line for line in lines if line.expressions]

    def value(self, node: Node, world: str) -> _Value | None:
        """The value of a tree; None where the world does not allow any choice in it."""
        if isinstance(node, Term):
            return self._term(node, world)
        values = [self.value(part, world) for part in node.parts]
        value = _every(values) if node.operator == "AND" else _either(node, values)
        return self._whole(node, value) if value is not None and self._with_expressions else value

    def _whole(self, node: Compound, value: _Value) -> _Value:
        """A line about this very expression decides for all of it."""
        text = render(node)
        for line in self._with_expressions:
            if text in line.expressions:
                reason = Decision(text, line.verdict, line, LicenseClass(), text)
                return _Value(value.text, line.verdict, value.decisions, (reason,), value.choices, value.weight)
        return value

    def _term(self, term: Term, world: str) -> _Value | None:
        if world == _OLD and _forbids_old(term, self._table):
            return None
        whole = self._decided(term)
        possible = self._possible(term, world)
        if not possible:
            return None
        if (len(possible) == 1 and possible[0] == term) or (whole.line is not None and whole.line.pins(term)):
            return _leaf(whole)
        found = [self._decided(one) for one in possible]
        best = min(reversed(found), key=lambda one: (RANK[one.verdict], one.asks.weight))  # of equals the newest
        forced = world == _NEW and _is_open(term, self._table)
        alike = {self._decided(one).verdict for one in choices(term)} == {best.verdict}
        if alike and not forced:
            return _leaf(replace(best, license=str(term), chosen=str(term), asks=whole.asks))
        remark = _FORCED if forced else best.remark
        choice = (Choice(str(term), best.chosen),) if best.verdict is not Verdict.UNKNOWN else ()
        return _leaf(replace(best, license=str(term), remark=remark), choice)

    def _possible(self, term: Term, world: str) -> tuple[Term, ...]:
        """The versions that a world leaves."""
        found = choices(term)
        if world == _OLD:
            return tuple(one for one in found if not _forbids_old(one, self._table))
        if world == _NEW and _is_open(term, self._table):
            return tuple(one for one in found if one.license.startswith("GPL-3"))
        return found

    def _decided(self, term: Term) -> Decision:
        """The first line that names the pair, else the first that names the license."""
        asks, text = self._table.of(term), str(term)
        if term.exception:
            for line in self._lines:
                if line.pairs and line.names_pair(term):
                    return Decision(text, line.verdict, line, asks, text)
        for line in self._lines:
            if line.names_license(term, asks):
                return Decision(text, line.verdict, line, asks, text)
        return Decision(text, Verdict.UNKNOWN, None, asks, text, *_no_line(term, asks))


def _no_line(term: Term, asks: LicenseClass) -> tuple[str, str]:
    if asks.name:
        return UNHANDLED, f"no line of the policy names it or its class, {asks.name}"
    if term.license.startswith(("LicenseRef-", "DocumentRef-")):
        return REFERENCE, "it stands for a text that the policy does not name"
    return UNHANDLED, "the table of license classes does not know it"


def _leaf(decision: Decision, chosen: tuple[Choice, ...] = ()) -> _Value:
    decisions = (decision,)
    return _Value(decision.chosen, decision.verdict, decisions, decisions, chosen, decision.asks.weight)


def _order(value: _Value) -> tuple[int, tuple[int, int], str]:
    """The best verdict first; of those that are alike the one that asks least."""
    return (RANK[value.verdict], value.weight, value.text)


def _every(values: Sequence[_Value | None]) -> _Value | None:
    found = [value for value in values if value is not None]
    if len(found) < len(values):
        return None
    return _Value(
        " AND ".join(_grouped(one.text) for one in found),
        max((one.verdict for one in found), key=RANK.__getitem__),
        tuple(dict.fromkeys(decision for one in found for decision in one.decisions)),
        tuple(dict.fromkeys(decision for one in found for decision in one.reasons)),
        tuple(dict.fromkeys(choice for one in found for choice in one.choices)),
        (max(one.weight[0] for one in found), sum(one.weight[1] for one in found)),
    )


def _either(node: Compound, values: Sequence[_Value | None]) -> _Value | None:
    """The best branch; of those that are alike the one that asks least."""
    found = [value for value in values if value is not None]
    if not found:
        return None
    best = min(found, key=_order)
    if RANK[best.verdict] >= RANK[Verdict.UNKNOWN]:
        return best
    aside = tuple(one.text for one in found if one.verdict is Verdict.UNKNOWN)
    election = Choice(render(node), best.text, aside)
    return _Value(best.text, best.verdict, best.decisions, best.reasons, (election, *best.choices), best.weight)


def _grouped(text: str) -> str:
    return f"({text})" if " OR " in text else text
