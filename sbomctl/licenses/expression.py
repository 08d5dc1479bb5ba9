"""SPDX license expressions: parse, canonical form, evaluation; the only user of license-expression.

Nothing here chooses: ``MIT AND (MIT OR GPL-2.0-only)`` stays what it is, for the simplified
form would have elected a branch in silence. Trees are small and plain, so that policy,
conclusions and reports walk them by one function, :func:`fold`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import msgspec

from sbomctl.licenses.deprecated import replacement, successors
from sbomctl.licenses.spdx_list import is_addition_reference, is_license_reference, license_reference, spdx_list
from sbomctl.licenses.versions import versions_from
from sbomctl.model import Expression

NOTHING = Expression("")
_TOKEN = re.compile(r"[()]|[^\s()]+")
_OPERATORS = frozenset(("AND", "OR", "WITH"))
_MOST_TOKENS = 20_000
_KEPT = 1024  # characters of a text that is remembered
_DEEPEST = 100  # nested parentheses; people write three
T = TypeVar("T")


class InvalidExpression(ValueError):
    """Text that is no license expression; the message says what is wrong with it."""


class Term(msgspec.Struct, frozen=True):
    """One license, with its exception if it has one."""

    license: str
    exception: str = ""

    def __str__(self) -> str:
        return f"{self.license} WITH {self.exception}" if self.exception else self.license


class Compound(msgspec.Struct, frozen=True):
    """Two or more parts joined by ``AND`` or by ``OR``; a part of the same operator is never nested directly."""

    operator: str
    parts: tuple[Node, ...]


Node = Term | Compound


class Deprecated(NamedTuple):
    """A deprecated identifier in an expression, and what may be written instead: one, or several, or nothing known."""

    identifier: str
    successors: tuple[str, ...]


def parse(text: str) -> Node:
    """The tree of a valid SPDX expression (SPDX 3.0.1 Annex B), identifiers spelled as the list spells them.

    Deprecated identifiers are rewritten to what replaces them, if the list knows one answer. Operators
    may be all upper or all lower case. Raises ``InvalidExpression`` for anything else, aliases and ``NONE`` and
    ``NOASSERTION`` included: these are no expressions but statements about one.
    """
    return _parsed(text) if len(text) <= _KEPT else _parsed.__wrapped__(text)


@lru_cache(maxsize=8192)
def _parsed(text: str) -> Node:
    tokens = _TOKEN.findall(text)
    if not tokens:
        raise InvalidExpression("it is empty")
    if len(tokens) > _MOST_TOKENS:
        raise InvalidExpression(f"it has more than {_MOST_TOKENS} words")
    words = list(_spelled(tokens))
    _check(words)
    text = " ".join(words)
    return _tree(text) if "(" in text else _flat(words)


def canonical(text: str) -> Expression:
    """The one form of all expressions that differ in spelling, order, repetitions and parentheses only.

    Raises ``InvalidExpression``.
    """
    return render(sorted_tree(parse(text)))


def normalize(raw: str) -> Expression:
    """``raw`` with canonical identifiers, in its own order, if it is a valid expression as it stands; else "".

    Identifiers that the list deprecates because they leave "or later" open (``GPL-2.0``)
    give "": what they mean depends on who wrote them.
    """
    return _normalized(raw) if len(raw) <= _KEPT else _normalized.__wrapped__(raw)


@lru_cache(maxsize=8192)
def _normalized(raw: str) -> Expression:
    lists = spdx_list()
    text = raw.strip()
    open_ids = (word.lower() in lists.deprecated_licenses for word in _TOKEN.findall(text))
    if len(text) > _MOST_TOKENS or any(open_ids):
        return NOTHING
    try:
        return render(parse(text))
    except InvalidExpression:
        return NOTHING


def render(node: Node) -> Expression:
    """The tree as text, with the fewest parentheses that keep its structure visible."""
    if isinstance(node, Term):
        return Expression(str(node))
    parts = (f"({render(part)})" if isinstance(part, Compound) else str(part) for part in node.parts)
    return Expression(f" {node.operator} ".join(parts))


def fold(
    node: Node, term: Callable[[Term], T], every: Callable[[Sequence[T]], T], either: Callable[[Sequence[T]], T]
) -> T:
    """The value of a tree: ``term`` of its leaves, ``every`` of the parts of an AND, ``either`` of an OR's."""
    if isinstance(node, Term):
        return term(node)
    values = [fold(part, term, every, either) for part in node.parts]
    return every(values) if node.operator == "AND" else either(values)


def terms(expression: str) -> tuple[Term, ...]:
    """Every distinct leaf of a valid expression, in its order; () for ""."""
    return _terms(expression) if len(expression) <= _KEPT else _terms.__wrapped__(expression)


@lru_cache(maxsize=8192)
def _terms(expression: str) -> tuple[Term, ...]:
    return tuple(dict.fromkeys(_leaves(parse(expression)))) if expression else ()


def conjuncts(expression: str) -> tuple[Expression, ...]:
    """What a valid expression joins by AND at its top: all of it holds at once; () for ""."""
    if not expression:
        return ()
    node = parse(expression)
    parts = node.parts if isinstance(node, Compound) and node.operator == "AND" else (node,)
    return tuple(render(part) for part in parts)


def conjunction(expressions: Iterable[str]) -> Expression:
    """All of the valid ``expressions`` at once, canonical; "" ones are left out."""
    return _joined("AND", expressions)


def disjunction(expressions: Iterable[str]) -> Expression:
    """One of the valid ``expressions``, canonical; "" ones are left out."""
    return _joined("OR", expressions)


def choices(term: Term) -> tuple[Term, ...]:
    """The versions that ``GPL-2.0-or-later`` or ``MPL-1.1+`` lets one elect, the lowest first, with the same exception.

    Only versions on the SPDX list; a term that leaves no choice gives itself.
    """
    return tuple(Term(one, term.exception) for one in versions_from(term.license))


def deprecated_identifiers(text: str) -> tuple[Deprecated, ...]:
    """The deprecated identifiers among the words of ``text``, each once, spelled as the list spells them.

    ``text`` need be no expression; in an ecosystem whose own names look like these it tells nothing.
    """
    lists = spdx_list()
    known = lists.deprecated_licenses | lists.deprecated_exceptions
    found: dict[str, Deprecated] = {}
    for token in _TOKEN.findall(text):
        word = token.lower()
        bare = word.removesuffix("+")
        if word in known or (bare in known and replacement(word)):
            found[word] = Deprecated(known.get(word) or f"{known[bare]}+", successors(word))
    return tuple(found.values())


def without_additions(expression: str) -> Expression:
    """A valid expression for formats that know no ``AdditionRef-`` (all but SPDX 3): its term becomes one reference."""
    if not expression or "AdditionRef-" not in expression:
        return Expression(expression)

    def flat(term: Term) -> Node:
        added = is_addition_reference(term.exception)
        return Term(license_reference(term.license, "with", term.exception.partition("Ref-")[2])) if added else term

    def every(nodes: Sequence[Node]) -> Node:
        return compound("AND", nodes)

    def either(nodes: Sequence[Node]) -> Node:
        return compound("OR", nodes)

    return render(sorted_tree(fold(parse(expression), flat, every, either)))


def unasserted(text: str) -> str:
    """``NONE`` or ``NOASSERTION`` if ``text`` is that, else "" (SPDX 2.3 section 7.13).

    ``NONE`` says that there is no license, ``NOASSERTION`` that nobody looked or could tell. Neither is
    an expression or a part of one.
    """
    word = text.strip()
    return word if word in ("NONE", "NOASSERTION") else ""


def _joined(operator: str, expressions: Iterable[str]) -> Expression:
    given = tuple(dict.fromkeys(expressions))
    return _join(operator, given) if sum(map(len, given)) <= _KEPT else _join.__wrapped__(operator, given)


@lru_cache(maxsize=8192)  # of a thousand packages most have licenses that others have
def _join(operator: str, expressions: tuple[str, ...]) -> Expression:
    nodes = [parse(one) for one in expressions if one]
    return render(sorted_tree(compound(operator, nodes))) if nodes else NOTHING


def compound(operator: str, nodes: Sequence[Node]) -> Node:
    """``nodes`` joined, repetitions left out, parts with the same operator opened up; one alone stays itself."""
    parts: list[Node] = []
    for node in nodes:
        parts += node.parts if isinstance(node, Compound) and node.operator == operator else (node,)
    unique = tuple(dict.fromkeys(parts))
    return unique[0] if len(unique) == 1 else Compound(operator, unique)


def sorted_tree(node: Node) -> Node:
    """The tree in canonical order, repetitions left out."""
    if isinstance(node, Term):
        return node
    inner = compound(node.operator, [sorted_tree(part) for part in node.parts])
    if isinstance(inner, Term):
        return inner
    return Compound(inner.operator, tuple(sorted(inner.parts, key=lambda part: (render(part).lower(), render(part)))))


def _leaves(node: Node) -> Iterator[Term]:
    if isinstance(node, Term):
        yield node
    else:
        for part in node.parts:
            yield from _leaves(part)


def _spelled(tokens: Sequence[str]) -> Iterator[str]:
    """The tokens with operators in upper case and identifiers as they are spelled; deprecated ones replaced."""
    before = ""
    for token in tokens:
        operator = token.upper() if token in (token.upper(), token.lower()) else ""
        if token in "()":
            yield token
        elif operator in _OPERATORS:
            yield operator
        elif before == "WITH":
            yield _exception(token)
        else:
            yield _license(token)
        before = operator


def _license(word: str) -> str:
    lists, key = spdx_list(), word.lower()
    if key in lists.licenses:
        return lists.licenses[key]
    if is_license_reference(word):
        return word
    if (newer := replacement(key)) and key not in lists.deprecated_exceptions:
        return f"({newer})" if " " in newer else newer
    if key in lists.deprecated_licenses:
        return lists.deprecated_licenses[key]
    bare = key.removesuffix("+")
    listed = lists.licenses.get(bare) or ("" if replacement(bare) else lists.deprecated_licenses.get(bare, ""))
    if bare != key and listed and not bare.endswith(("-only", "-or-later")):
        return f"{listed}+"
    raise InvalidExpression(f"{word[:80]!r} is no SPDX license identifier")


def _exception(word: str) -> str:
    lists, key = spdx_list(), word.lower()
    if key in lists.exceptions:
        return lists.exceptions[key]
    if is_addition_reference(word):
        return word
    if key in lists.deprecated_exceptions and (newer := replacement(key)):
        return newer
    raise InvalidExpression(f"{word[:80]!r} is no SPDX exception identifier")


def _check(words: Iterable[str]) -> None:
    """Raise unless operands and operators alternate and parentheses match.

    The library overlooks an operator at the end, with which an expression that was cut off would pass
    for a complete one.
    """
    depth, before, exceptional = 0, "(", False
    for word in words:
        opens = before == "(" or before in _OPERATORS
        if (word in _OPERATORS or word == ")") == opens:
            raise InvalidExpression(f"{word[:80]!r} cannot stand there")
        if word == "WITH" and (before.endswith(")") or exceptional):
            raise InvalidExpression("WITH follows something else than a license")
        exceptional = before == "WITH"
        depth += (word == "(") - (word == ")")
        if depth > _DEEPEST:
            raise InvalidExpression(f"parentheses are nested more than {_DEEPEST} deep")
        if depth < 0:
            break
        before = word
    if depth or before == "(" or before in _OPERATORS:
        raise InvalidExpression("its parentheses do not match" if depth else "it ends too early")


def _flat(words: Sequence[str]) -> Node:
    """The tree of a checked expression without parentheses: WITH binds closest, then AND (SPDX 3.0.1 Annex B).

    Nearly all are; the library would take most of the time of a scan's expressions.
    """
    either: list[list[Term]] = [[]]
    before = ""
    for word in words:
        if before == "WITH":
            either[-1][-1] = Term(either[-1][-1].license, word)
        elif word == "OR":
            either.append([])
        elif word not in _OPERATORS:
            either[-1].append(Term(word))
        before = word
    return compound("OR", [compound("AND", every) for every in either])


def _tree(text: str) -> Node:
    from license_expression import ExpressionError

    try:
        parsed = _licensing().parse(text, simple=True)
    except (ExpressionError, IndexError, RecursionError) as error:  # IndexError: for "()", out of boolean.py
        reason = str(error).partition("\n")[0] if isinstance(error, ExpressionError) else "it is no expression"
        raise InvalidExpression(reason) from error
    if parsed is None:
        raise InvalidExpression("it is empty")
    return _converted(parsed)


def _converted(parsed: Any) -> Node:  # noqa: ANN401 - a class of a library that is imported late
    from license_expression import LicenseWithExceptionSymbol

    if isinstance(parsed, LicenseWithExceptionSymbol):
        return Term(parsed.license_symbol.key, parsed.exception_symbol.key)
    if not hasattr(parsed, "operator") or not parsed.args:
        return Term(parsed.key)
    return compound(parsed.operator.strip(), [_converted(part) for part in parsed.args])


@lru_cache(maxsize=1)
def _licensing() -> Any:  # noqa: ANN401 - the class is imported late to keep start-up fast
    from license_expression import Licensing

    return Licensing()
