"""The license field of Alpine packages (APKBUILD reference, "license")."""

from __future__ import annotations

from typing import ClassVar

from sbomctl.licenses.dialects._gnu import Bare
from sbomctl.licenses.dialects._names import Names
from sbomctl.licenses.dialects._phrase import Grammar
from sbomctl.licenses.dialects._spaced import SpacedDialect


class AlpineDialect(SpacedDialect):
    """SPDX since 2017. What then became ``GPL-2.0`` had not been checked for later versions: it stays open."""

    name: ClassVar[str] = "alpine"
    about: ClassVar[str] = "license field of apk packages"
    grammar: ClassVar[Grammar] = Grammar(signs={"&": "AND", "|": "OR"}, comma="AND", adjacent="AND")
    names: ClassVar[Names] = Names(scopes=("alpine",), bare=Bare.OPEN, ids_first=True)
