"""The License field of OpenWrt packages (PKG_LICENSE in its package guidelines)."""

from __future__ import annotations

from typing import ClassVar

from sbomctl.licenses.dialects._gnu import Bare
from sbomctl.licenses.dialects._names import Names
from sbomctl.licenses.dialects._phrase import Grammar
from sbomctl.licenses.dialects._spaced import SpacedDialect


class OpenwrtDialect(SpacedDialect):
    """SPDX identifiers side by side; older packages name the GNU licenses as people do."""

    name: ClassVar[str] = "openwrt"
    about: ClassVar[str] = "license field of OpenWrt packages"
    grammar: ClassVar[Grammar] = Grammar(signs={"&": "AND", "|": "OR"}, comma="AND", adjacent="AND")
    names: ClassVar[Names] = Names(scopes=("openwrt",), bare=Bare.LIKELY_ONLY, ids_first=True)
