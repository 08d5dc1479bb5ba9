"""SPDX as JSON: 2.3 by its JSON schema, 3.0.1 as JSON-LD."""

from __future__ import annotations

from typing import BinaryIO, ClassVar

from sbomctl.model import Bom
from sbomctl.writers._json_stream import write_json
from sbomctl.writers._spdx23 import Spdx23Document
from sbomctl.writers.base import WriteContext
from sbomctl.writers.spdx3_json import write_spdx3


class SpdxJsonWriter:
    """SPDX 2.3 or 3.0.1; "3.0" and "3.0.1" are the same."""

    format: ClassVar[str] = "spdx-json"
    versions: ClassVar[tuple[str, ...]] = ("2.3", "3.0", "3.0.1")
    media_type: ClassVar[str] = "application/spdx+json"
    suffix: ClassVar[str] = ".spdx.json"
    about: ClassVar[str] = "SPDX 2.3 JSON (ISO/IEC 5962 line) or 3.0.1 JSON-LD"

    def write(self, bom: Bom, out: BinaryIO, context: WriteContext) -> None:
        """Write the whole document to ``out``."""
        if context.version == "2.3":
            _write_spdx23(bom, out, context)
        else:
            write_spdx3(bom, out, context)


def _write_spdx23(bom: Bom, out: BinaryIO, context: WriteContext) -> None:
    document = Spdx23Document(bom, context)
    arrays = {"packages": document.packages(), "relationships": document.relationships()}
    write_json(out, document.head(), arrays)
