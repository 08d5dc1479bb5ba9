"""``<licenses>`` of a Maven POM: names and addresses, in whatever words (Maven POM reference, "Licenses")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sbomctl.licenses.base import Context, Declaration, Declared
from sbomctl.licenses.dialects._gnu import Bare
from sbomctl.licenses.dialects._names import Names, decided
from sbomctl.licenses.dialects._phrase import Grammar
from sbomctl.licenses.dialects._plain import PlainDialect
from sbomctl.licenses.dialects._reading import all_of

URL_FIELD = "url"


class MavenDialect(PlainDialect):
    """Names, each with its address behind it. Maven does not say what several mean: all are taken to hold."""

    name: ClassVar[str] = "maven"
    about: ClassVar[str] = "licenses of Maven artifacts, names and addresses"
    grammar: ClassVar[Grammar] = Grammar(signs={"|": "OR", "&": "AND", ";": "AND"}, comma="AND")
    names: ClassVar[Names] = Names(scopes=("maven",), bare=Bare.OPEN)

    def declare(self, strings: Sequence[Declared], context: Context) -> Declaration:
        """A reading of each string. Of a name and its address the one counts that is decided, the name first."""
        scope = self.scope(context)
        readings = [self.read(one, scope) for one in strings]
        counted: list[int] = []
        for index, one in enumerate(strings):
            if one.field != URL_FIELD or not counted or strings[index - 1].field == URL_FIELD:
                counted.append(index)
            elif decided(readings[index]) and not decided(readings[counted[-1]]):
                counted[-1] = index
        joined = all_of([readings[index] for index in counted], [strings[index].raw for index in counted], scope)
        return Declaration(tuple(readings), joined.expression)
