"""License tags of openSUSE and SUSE packages (openSUSE packaging guidelines, "License")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sbomctl.licenses.base import Declared, Reading
from sbomctl.licenses.dialects._gnu import Bare
from sbomctl.licenses.dialects._names import Names
from sbomctl.licenses.dialects._phrase import Grammar
from sbomctl.licenses.dialects._plain import PlainDialect
from sbomctl.licenses.dialects._reading import read_string

_OWN = "SUSE-"


class SuseDialect(PlainDialect):
    """SPDX, and ``SUSE-*`` names for what SPDX lacked; older packages separate by semicolons."""

    name: ClassVar[str] = "suse"
    about: ClassVar[str] = "License tag of openSUSE and SUSE packages"
    grammar: ClassVar[Grammar] = Grammar(signs={";": "AND"}, comma="AND")
    names: ClassVar[Names] = Names(scopes=("suse",), bare=Bare.ONLY, ids_first=True)

    def read(self, declared: Declared, scope: Sequence[str]) -> Reading:
        """What one string means; its own names are the same in every package."""
        return read_string(declared.raw, self.grammar, self.names, () if _OWN in declared.raw else scope)
