"""License names joined by operators and parentheses, in whatever way an ecosystem writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

_MOST_TOKENS = 5_000
_DEEPEST = 50
WORDS: Mapping[str, str] = {"and": "AND", "or": "OR", "and/or": "OR"}
"""The operators that people write as words. *And/or* leaves the choice to the licensee, so it is an OR."""


class Leaf(msgspec.Struct, frozen=True):
    """One name, and what stood in parentheses behind it: what it is for, or a part of the name."""

    name: str
    note: str = ""


class Branch(msgspec.Struct):
    """Parts joined by one operator; more are added while the text is read."""

    operator: str
    parts: list[Tree]
    depth: int = 1
    closed: bool = False  # by a parenthesis: what follows is no part of it


Tree = Leaf | Branch


class NoPhrase(ValueError):
    """Text that is no list of names; the message says why."""


@dataclass(frozen=True)
class Grammar:
    """The operators of one dialect. ``signs`` are characters that separate without white space around them."""

    words: Mapping[str, str] = field(default_factory=lambda: WORDS)
    signs: Mapping[str, str] = field(default_factory=dict)
    comma: str = ""  # its operator, which binds last; "list" = the one that its list ends with; "" = part of a name
    adjacent: str = ""  # the operator between a name and a parenthesis with nothing in between; "" = an error

    @cached_property
    def tokens(self) -> re.Pattern[str]:
        """Words, parentheses and signs."""
        signs = re.escape("".join(self.signs) + ("," if self.comma else ""))
        return re.compile(rf"[(){signs}]|[^\s(){signs}]+")

    def operator(self, token: str) -> str:
        """``AND`` or ``OR``; "" for a word of a name."""
        return self.signs.get(token) or self.words.get(token.lower(), "")

    __hash__ = object.__hash__


def read_phrase(text: str, grammar: Grammar) -> Tree:
    """The tree of ``text``, in one pass; raises ``NoPhrase``."""
    tokens = grammar.tokens.findall(text)
    if not 0 < len(tokens) <= _MOST_TOKENS:
        raise NoPhrase("it is empty" if not tokens else "this is no license name but text")
    reader = _Reader(grammar, _comma(tokens, grammar))
    for token in tokens:
        reader.take(token)
    return reader.finish()


def _comma(tokens: list[str], grammar: Grammar) -> str:
    """What a comma alone means: in "A, B or C" what its list ends with."""
    if grammar.comma != "list":
        return grammar.comma
    operators = {grammar.operator(token) for token in tokens} - {""}
    return "OR" if operators == {"OR"} else "AND"


def leaves(tree: Tree) -> Iterator[Leaf]:
    """Every name of the tree, in its order."""
    return (node for node in _nodes(tree) if isinstance(node, Leaf))


def branches(tree: Tree) -> Iterator[Branch]:
    """Every branch of the tree, outer ones first."""
    return (node for node in _nodes(tree) if isinstance(node, Branch))


def _nodes(tree: Tree) -> Iterator[Tree]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, Branch):
            waiting += reversed(node.parts)


class _Reader:
    """Operator precedence by two stacks: AND binds closer than OR, both closer than one behind a comma."""

    def __init__(self, grammar: Grammar, comma: str) -> None:
        self._grammar = grammar
        self._list_operator = comma  # what a comma alone means: the operator at the end of its list
        self._operands: list[Tree] = []
        self._operators: list[tuple[int, str]] = []  # strength, operator; (0, "(") for a parenthesis
        self._words: list[str] = []
        self._note: list[str] = []
        self._note_depth = 0
        self._after_operand = False
        self._comma = False
        self._operator = ""  # read, and waiting for its second operand

    def take(self, token: str) -> None:
        if self._note_depth:
            self._take_note(token)
        elif token == "(":
            self._open()
        elif token == ")":
            self._close()
        elif token == "," and self._grammar.comma:
            self._end_leaf()
            self._comma = True
        elif operator := self._grammar.operator(token):
            self._take_operator(operator)
        else:
            self._take_word(token)

    def finish(self) -> Tree:
        if self._note_depth:
            raise NoPhrase("its parentheses do not match")
        self._end_leaf()
        self._end_group()
        if self._operators or len(self._operands) != 1:
            raise NoPhrase("its parentheses do not match")
        return self._operands[0]

    def _take_operator(self, operator: str) -> None:
        self._end_leaf()
        if not self._after_operand or self._operator not in ("", operator):
            raise NoPhrase("an operator has nothing to join")
        self._operator = operator

    def _take_word(self, word: str) -> None:
        if not self._words:
            self._join()
        elif self._note:  # the name goes on behind its parenthesis
            self._words.append(f"({' '.join(self._note)})")
            self._note = []
        self._words.append(word)

    def _take_note(self, token: str) -> None:
        self._note_depth += {"(": 1, ")": -1}.get(token, 0)
        if self._note_depth:
            self._note.append(token)

    def _open(self) -> None:
        if self._words:
            self._note_depth = 1
            return
        self._join()
        self._operators.append((0, "("))
        if len(self._operators) > 4 * _DEEPEST:
            raise NoPhrase("it is nested too deeply")

    def _close(self) -> None:
        self._end_leaf()
        self._end_group()
        if not self._operators:
            raise NoPhrase("its parentheses do not match")
        self._operators.pop()
        if isinstance(group := self._operands[-1], Branch):
            group.closed = True

    def _end_group(self) -> None:
        if not self._after_operand or self._operator:
            raise NoPhrase("an operator has nothing to join" if self._operator else "it is empty")
        self._comma = False
        self._reduce(1)

    def _end_leaf(self) -> None:
        if self._words:
            self._operands.append(Leaf(" ".join(self._words), " ".join(self._note)))
            self._after_operand = True
        self._words, self._note = [], []

    def _join(self) -> None:
        """Put what stands between the last operand and the one that begins here on the stack."""
        if self._after_operand:
            operator = self._operator or (self._list_operator if self._comma else self._grammar.adjacent)
            if not operator:
                raise NoPhrase("a name follows a parenthesis")
            strength = 1 if self._comma else 2 if operator == "OR" else 3
            self._reduce(strength)
            self._operators.append((strength, operator))
        elif self._comma:
            raise NoPhrase("a comma has nothing to join")
        self._after_operand, self._operator, self._comma = False, "", False

    def _reduce(self, strength: int) -> None:
        while self._operators and self._operators[-1][0] >= strength:
            _, operator = self._operators.pop()
            right = self._operands.pop()
            self._operands.append(_joined(operator, self._operands.pop(), right))


def _joined(operator: str, left: Tree, right: Tree) -> Branch:
    depth = 1 + (right.depth if isinstance(right, Branch) else 0)
    if isinstance(left, Branch) and left.operator == operator and not left.closed:
        left.parts.append(right)
        left.depth = max(left.depth, depth)
        return left
    depth = max(depth, 1 + (left.depth if isinstance(left, Branch) else 0))
    if depth > _DEEPEST:
        raise NoPhrase("it is nested too deeply")
    return Branch(operator, [left, right], depth)
