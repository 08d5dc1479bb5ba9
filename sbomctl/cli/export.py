"""``sbomctl export``: a document becomes other documents."""

from __future__ import annotations

import click

from sbomctl.cli import clock, inputs, outputs
from sbomctl.cli.options import output_option
from sbomctl.cli.values import Wish


@click.command("export")
@click.argument("file", metavar="FILE")
@output_option
def command(file: str, wishes: tuple[Wish, ...]) -> None:
    """Write a bill of materials in other formats.

    FILE is a native document (sbomctl scan -o sbomctl-json=FILE), or an SBOM of any tool
    (CycloneDX JSON 1.2 to 1.7, SPDX 2.2 and 2.3 JSON); - is standard input.

    \b
    Example:
      sbomctl export product.json -o spdx-json@2.3=product.spdx.json -o table
    """
    moment = clock.created()
    places = outputs.prepared(wishes)
    outputs.write_bom(inputs.read_document(file), places, moment)
