"""Identifiers with nothing but white space in between: all of them hold."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sbomctl.licenses.base import Declared, Reading
from sbomctl.licenses.dialects._plain import PlainDialect
from sbomctl.licenses.dialects._reading import read_string

_TOKEN = re.compile(r"[()]|[^\s()]+")
_OPERATORS = frozenset(("and", "or", "with", "&", "|"))
_LONGEST = 8192


class SpacedDialect(PlainDialect):
    """SPDX expressions, or identifiers side by side."""

    def read(self, declared: Declared, scope: Sequence[str]) -> Reading:
        """What one string means; as one name if it is one, else with an AND wherever two words meet."""
        known = self.names.known(declared.raw, scope)
        return known or read_string(spelled_out(declared.raw), self.grammar, self.names, scope)


def spelled_out(text: str) -> str:
    """``text`` with an AND between all that stands side by side."""
    if len(text) > _LONGEST:
        return text
    words: list[str] = []
    for token in _TOKEN.findall(text):
        begins = token != ")" and token.lower() not in _OPERATORS
        if begins and words and words[-1] != "(" and words[-1].lower() not in _OPERATORS:
            words.append("AND")
        words.append(token)
    return " ".join(words)
