"""``license`` of composer.json (Composer documentation, "The composer.json schema")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sbomctl.licenses.base import Context, Declaration, Declared
from sbomctl.licenses.dialects._names import Names
from sbomctl.licenses.dialects._phrase import Grammar
from sbomctl.licenses.dialects._plain import PlainDialect
from sbomctl.licenses.dialects._reading import one_of


class ComposerDialect(PlainDialect):
    """SPDX expressions; several strings are a choice."""

    name: ClassVar[str] = "composer"
    about: ClassVar[str] = "license of Composer packages"
    grammar: ClassVar[Grammar] = Grammar(signs={"|": "OR"}, comma="AND")
    names: ClassVar[Names] = Names(scopes=("composer",), ids_first=True)

    def declare(self, strings: Sequence[Declared], context: Context) -> Declaration:
        """A reading of each string; one of them may be chosen."""
        scope = self.scope(context)
        return one_of([self.read(one, scope) for one in strings], [one.raw for one in strings], scope)
