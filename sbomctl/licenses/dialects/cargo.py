"""``license`` and ``license-file`` of Cargo.toml (Cargo book, "The license and license-file fields")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sbomctl.licenses.base import Declared, Reading
from sbomctl.licenses.dialects._phrase import Grammar
from sbomctl.licenses.dialects._plain import PlainDialect

FILE_FIELD = "license-file"


class CargoDialect(PlainDialect):
    """SPDX expressions; a slash, which Cargo deprecated, is an OR."""

    name: ClassVar[str] = "cargo"
    about: ClassVar[str] = "license of Cargo packages"
    grammar: ClassVar[Grammar] = Grammar(signs={"/": "OR"}, comma="AND")

    def read(self, declared: Declared, scope: Sequence[str]) -> Reading:
        """What one string means; a file says nothing by its name."""
        if declared.field == FILE_FIELD:
            return Reading(remark=f"its license is in the file {declared.raw.strip()[:80]}")
        return super().read(declared, scope)
