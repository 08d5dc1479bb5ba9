"""License tags of openSUSE and SUSE packages (openSUSE packaging guidelines, "License")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from sbomctl.licenses.aliases import alias
from sbomctl.licenses.base import Declared, Reading
from sbomctl.licenses.dialects._gnu import Bare
from sbomctl.licenses.dialects._names import Names
from sbomctl.licenses.dialects._phrase import Grammar
from sbomctl.licenses.dialects._plain import PlainDialect
from sbomctl.licenses.dialects._reading import read_string

_OWN = "SUSE-"
_NAME = re.compile(r"\bSUSE-(?P<name>[^\s();]+)")
_LONGEST = 8192


class SuseDialect(PlainDialect):
    """SPDX, and ``SUSE-*`` names for what SPDX lacked; older packages separate by semicolons."""

    name: ClassVar[str] = "suse"
    about: ClassVar[str] = "License tag of openSUSE and SUSE packages"
    grammar: ClassVar[Grammar] = Grammar(signs={";": "AND"}, comma="AND")
    names: ClassVar[Names] = Names(scopes=("suse",), bare=Bare.ONLY, ids_first=True)

    def read(self, declared: Declared, scope: Sequence[str]) -> Reading:
        """What one string means; its own names are the same in every package."""
        raw = declared.raw
        if _OWN not in raw[:_LONGEST]:
            return read_string(raw, self.grammar, self.names, scope)
        return read_string(_NAME.sub(self._since_listed, raw[:_LONGEST]), self.grammar, self.names, ())

    def _since_listed(self, found: re.Match[str]) -> str:
        """A name without its prefix if SPDX has it by now."""
        name = found["name"]
        return found[0] if alias(found[0], self.names.scopes) or not self.names.known(name, ()) else name
