"""SPDX 3.0.1 as JSON-LD."""

from __future__ import annotations

from typing import BinaryIO

from sbomctl.model import Bom
from sbomctl.writers._json_stream import write_json
from sbomctl.writers._spdx3 import Spdx3Document
from sbomctl.writers.base import WriteContext

_CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"


def write_spdx3(bom: Bom, out: BinaryIO, context: WriteContext) -> None:
    """Write the whole document to ``out``, which stays open."""
    write_json(out, {"@context": _CONTEXT}, {"@graph": Spdx3Document(bom, context).elements()})
