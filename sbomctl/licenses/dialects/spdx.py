"""SPDX expressions as people write them, for ecosystems that have no rules of their own."""

from __future__ import annotations

from typing import ClassVar

from sbomctl.licenses.dialects._plain import PlainDialect


class SpdxDialect(PlainDialect):
    """SPDX identifiers and operators, else well-known names."""

    name: ClassVar[str] = "spdx"
    about: ClassVar[str] = "SPDX expressions"
