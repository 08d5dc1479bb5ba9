"""The dialects that differ in their names and operators only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sbomctl.licenses.base import Context, Declaration, Declared, Reading
from sbomctl.licenses.dialects._names import Names
from sbomctl.licenses.dialects._phrase import Grammar
from sbomctl.licenses.dialects._reading import all_of, read_string


class PlainDialect:
    """Strings that hold together, each read alone."""

    name: ClassVar[str]
    about: ClassVar[str]
    grammar: ClassVar[Grammar] = Grammar()
    names: ClassVar[Names] = Names(ids_first=True)

    def declare(self, strings: Sequence[Declared], context: Context) -> Declaration:
        """A reading of each string; together they hold at once."""
        scope = self.scope(context)
        return all_of([self.read(one, scope) for one in strings], [one.raw for one in strings], scope)

    def scope(self, context: Context) -> tuple[str, ...]:
        """Where a name belongs that nobody knows: to the package, whose text explains it."""
        return context.scope or (self.name,)

    def read(self, declared: Declared, scope: Sequence[str]) -> Reading:
        """What one string means."""
        return read_string(declared.raw, self.grammar, self.names, scope)
