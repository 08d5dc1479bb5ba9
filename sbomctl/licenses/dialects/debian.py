"""Names in debian/copyright (copyright-format 1.0, sections 7.1 and 7.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sbomctl.licenses.base import Context, Declaration, Declared
from sbomctl.licenses.dialects._gnu import Bare
from sbomctl.licenses.dialects._names import Names
from sbomctl.licenses.dialects._phrase import Grammar
from sbomctl.licenses.dialects._reading import declare_each, read_string

_GRAMMAR = Grammar(signs={"|": "OR", "&": "AND", ";": "AND"}, weak_comma=True)
_NAMES = Names(scopes=("debian",), bare=Bare.ONLY, local=True)


class DebianDialect:
    """The first line of a License field. Names that it does not define are local to one source package."""

    name: ClassVar[str] = "debian"
    about: ClassVar[str] = "short names of machine-readable debian/copyright files"

    def declare(self, strings: Sequence[Declared], context: Context) -> Declaration:
        """A reading of each synopsis; together they hold at once. ``context.scope`` is ``("debian", SOURCE)``."""
        scope = context.scope or (self.name,)
        return declare_each(strings, context, lambda one: read_string(one.raw, _GRAMMAR, _NAMES, scope))
