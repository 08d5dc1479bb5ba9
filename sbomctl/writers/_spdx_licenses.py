"""Licenses that are not on the SPDX list, for every document that names one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sbomctl.model import Bom
from sbomctl.writers._spdx_text import text

NO_LICENSE_TEXT = "The text of this license was not found in the product."

LICENSE_REF = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")


def extracted_texts(bom: Bom) -> dict[str, str]:
    """Id -> text of every LicenseRef in the Bom, sorted; an id without a text says so (SPDX 2.3 section 10.2)."""
    used = {ref for expression in _expressions(bom) for ref in LICENSE_REF.findall(expression)}
    return {
        ref: text(bom.license_texts.get(ref, "")) or NO_LICENSE_TEXT for ref in sorted(used | set(bom.license_texts))
    }


def _expressions(bom: Bom) -> Iterator[str]:
    for component in bom.components:
        yield component.licenses.declared
        yield component.licenses.concluded
