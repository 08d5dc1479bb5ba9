"""CycloneDX XML."""

from __future__ import annotations

from typing import BinaryIO, ClassVar

from sbomctl.model import Bom
from sbomctl.writers._line_stream import write_lines
from sbomctl.writers.base import WriteContext
from sbomctl.writers.cyclonedx_json import VERSIONS


class CycloneDxXmlWriter:
    """Writes ECMA-424 as XML, indented, elements in the order of the XML schema.

    A character that XML 1.0 cannot hold is replaced by its visible picture (U+2400 and
    following) or by U+FFFD.
    """

    format: ClassVar[str] = "cyclonedx-xml"
    versions: ClassVar[tuple[str, ...]] = VERSIONS
    media_type: ClassVar[str] = "application/vnd.cyclonedx+xml"
    suffix: ClassVar[str] = ".cdx.xml"
    about: ClassVar[str] = "CycloneDX XML"

    def write(self, bom: Bom, out: BinaryIO, context: WriteContext) -> None:
        """Write the whole document to ``out``, which stays open."""
        from sbomctl.writers._cyclonedx_model import document
        from sbomctl.writers._cyclonedx_xml import lines

        write_lines(out, lines(document(bom, context)))
