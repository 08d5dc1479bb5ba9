"""Native JSON: the Bom itself, lossless; the checkpoint that every later command reads."""

from __future__ import annotations

from typing import BinaryIO, ClassVar

import msgspec

from sbomctl.model import Bom
from sbomctl.model.native import NATIVE_FORMAT, NativeDocument, NativeHead
from sbomctl.writers._encodable import encodable
from sbomctl.writers.base import WriteContext, timestamp


class SbomctlJsonWriter:
    """One line of JSON; ``sbomctl schema inventory`` prints its schema."""

    format: ClassVar[str] = "sbomctl-json"
    versions: ClassVar[tuple[str, ...]] = ()
    media_type: ClassVar[str] = "application/vnd.sbomctl+json"
    suffix: ClassVar[str] = ".sbomctl.json"
    about: ClassVar[str] = "native document: everything known, read by all other commands"

    def write(self, bom: Bom, out: BinaryIO, context: WriteContext) -> None:
        """Write the whole document to ``out``, which stays open."""
        head = NativeHead(NATIVE_FORMAT, context.tool_version, timestamp(context.created))
        out.write(msgspec.json.encode(NativeDocument(head, encodable(bom)), order="deterministic"))
        out.write(b"\n")
