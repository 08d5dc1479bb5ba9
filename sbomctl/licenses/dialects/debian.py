"""Names in debian/copyright (copyright-format 1.0, sections 7.1 and 7.2)."""

from __future__ import annotations

from typing import ClassVar

from sbomctl.licenses.dialects._gnu import Bare
from sbomctl.licenses.dialects._names import Names
from sbomctl.licenses.dialects._phrase import Grammar
from sbomctl.licenses.dialects._plain import PlainDialect


class DebianDialect(PlainDialect):
    """The first line of a License field; its own names are unique in one source package only (section 6.7)."""

    name: ClassVar[str] = "debian"
    about: ClassVar[str] = "short names of machine-readable debian/copyright files"
    grammar: ClassVar[Grammar] = Grammar(signs={"|": "OR", "&": "AND", ";": "AND"}, comma="list")
    names: ClassVar[Names] = Names(scopes=("debian",), bare=Bare.ONLY, strict=True, local=True)
