"""FOO_LICENSE in Buildroot and its legal-info manifests (Buildroot manual, "LIBFOO_LICENSE")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sbomctl.licenses.base import Declared, Reading
from sbomctl.licenses.dialects._gnu import Bare
from sbomctl.licenses.dialects._names import Names
from sbomctl.licenses.dialects._phrase import Grammar
from sbomctl.licenses.dialects._plain import PlainDialect
from sbomctl.licenses.dialects._slash import read_slashed


class BuildrootDialect(PlainDialect):
    """A comma list whose members all hold; what stands in parentheses tells which part of the package it is for."""

    name: ClassVar[str] = "buildroot"
    about: ClassVar[str] = "license lists of Buildroot packages"
    grammar: ClassVar[Grammar] = Grammar(signs={";": "AND"}, comma="AND")
    names: ClassVar[Names] = Names(scopes=("buildroot",), bare=Bare.ONLY, strict=True)

    def read(self, declared: Declared, scope: Sequence[str]) -> Reading:
        """What one string means; the manual does not know the slashes that a few packages have."""
        return read_slashed(declared.raw, self.grammar, self.names, scope)
