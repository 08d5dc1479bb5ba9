"""LICENSE in recipes and packages that Yocto builds (reference manual, "LICENSE")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from sbomctl.licenses.base import Context, Declared, Reading
from sbomctl.licenses.dialects._gnu import Bare
from sbomctl.licenses.dialects._names import Names
from sbomctl.licenses.dialects._phrase import WORDS, Grammar
from sbomctl.licenses.dialects._plain import PlainDialect

_NONE = re.compile(r"(?<![\w.+-])NONE(?![\w.+-])")


class YoctoDialect(PlainDialect):
    """``&`` and ``|`` between names; a name without a known license becomes the reference that Yocto itself writes."""

    name: ClassVar[str] = "yocto"
    about: ClassVar[str] = "LICENSE of recipes and of the packages they make"
    grammar: ClassVar[Grammar] = Grammar(
        words=WORDS, signs={"&": "AND", "|": "OR", ";": "AND"}, comma="AND", adjacent="AND"
    )
    names: ClassVar[Names] = Names(scopes=("yocto",), bare=Bare.ONLY, strict=True)

    def read(self, declared: Declared, scope: Sequence[str]) -> Reading:
        """What one string means; the SPDX documents of oe-core have NONE for CLOSED, also inside of expressions."""
        return super().read(Declared(_NONE.sub("CLOSED", declared.raw), declared.field), scope)

    def scope(self, context: Context) -> tuple[str, ...]:  # noqa: ARG002 - its names are those of all layers
        """None: ``LicenseRef-NAME``, as oe-core writes into its own documents."""
        return ()
