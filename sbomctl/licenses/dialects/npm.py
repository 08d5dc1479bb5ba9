"""``license`` and ``licenses`` of package.json (npm's package-json documentation)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from sbomctl.licenses.base import Context, Declaration, Declared, Reading
from sbomctl.licenses.dialects._gnu import Bare
from sbomctl.licenses.dialects._names import Names
from sbomctl.licenses.dialects._phrase import Grammar
from sbomctl.licenses.dialects._reading import one_of
from sbomctl.licenses.dialects._slash import read_slashed

_IN_FILE = re.compile(r"\s*see\s+licen[cs]e\s+(?:in|at)\s+(?P<file>\S.*)", re.IGNORECASE)
_GRAMMAR = Grammar(signs={"|": "OR", "&": "AND"}, comma="AND")
_NAMES = Names(scopes=("npm",), bare=Bare.LIKELY_ONLY, ids_first=True)
OLD_FIELD = "licenses"


class NpmDialect:
    """SPDX expressions; older packages have lists, of which one license may be chosen."""

    name: ClassVar[str] = "npm"
    about: ClassVar[str] = "license members of package.json"

    def declare(self, strings: Sequence[Declared], context: Context) -> Declaration:
        """A reading of each string. Several are a choice; ``licenses`` counts where there is no ``license``."""
        scope = context.scope or (self.name,)
        readings = [_read(one.raw, scope) for one in strings]
        current = [index for index, one in enumerate(strings) if one.field != OLD_FIELD] or range(len(strings))
        joined = one_of([readings[index] for index in current], [strings[index].raw for index in current], scope)
        return Declaration(tuple(readings), joined.expression)


def _read(raw: str, scope: Sequence[str]) -> Reading:
    if found := _IN_FILE.match(raw[:1024]):
        return Reading(remark=f"its license is in the file {found['file'].strip()[:80]}")
    return read_slashed(raw, _GRAMMAR, _NAMES, scope)
