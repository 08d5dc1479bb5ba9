"""CycloneDX JSON."""

from __future__ import annotations

from typing import BinaryIO, ClassVar

import msgspec

from sbomctl.model import Bom
from sbomctl.writers.base import WriteContext

VERSIONS = ("1.7", "1.6")


class CycloneDxJsonWriter:
    """Writes ECMA-424 as JSON, indented, keys in the order of the specification."""

    format: ClassVar[str] = "cyclonedx-json"
    versions: ClassVar[tuple[str, ...]] = VERSIONS
    media_type: ClassVar[str] = "application/vnd.cyclonedx+json"
    suffix: ClassVar[str] = ".cdx.json"
    about: ClassVar[str] = "CycloneDX JSON"

    def write(self, bom: Bom, out: BinaryIO, context: WriteContext) -> None:
        """Write the whole document to ``out``, which stays open."""
        from sbomctl.writers._cyclonedx_model import document

        out.write(msgspec.json.format(msgspec.json.encode(document(bom, context)), indent=2))
        out.write(b"\n")
