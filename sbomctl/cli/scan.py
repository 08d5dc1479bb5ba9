"""``sbomctl scan``: images become one bill of materials."""

from __future__ import annotations

from typing import Any

import click

from sbomctl.cli import clock, inputs, outputs
from sbomctl.cli.options import output_option, scan_options, talk_options
from sbomctl.cli.values import Wish


@click.command("scan")
@click.argument("targets", nargs=-1, metavar="[TARGET... | PRODUCT.yaml]")
@output_option
@scan_options
@talk_options
def command(targets: tuple[str, ...], wishes: tuple[Wish, ...], **options: Any) -> None:  # noqa: ANN401 - click's keywords
    """Write the bill of materials of images or of a product file.

    TARGET is SCHEME:PLACE, a bare path or an image name. Schemes are listed by sbomctl
    plugins. Without one, product.yaml of this directory is taken. Nothing from an image is
    ever executed.

    \b
    Examples:
      sbomctl scan product.yaml -o cyclonedx-json=product.cdx.json -o spdx-json=product.spdx.json
      sbomctl scan oci-archive:app.tar rootfs:build/rootfs.tar.zst
    """
    talk = inputs.Talk(quiet=options.pop("quiet"), verbose=options.pop("verbose"))
    scan = inputs.Scan.of(options)
    targets = inputs.named(targets, "a product file or targets")
    moment = clock.created()
    places = outputs.prepared(wishes)
    bom = inputs.scanned(inputs.product_of(targets, scan), scan, talk)
    outputs.write_bom(bom, places, moment)
    inputs.demand_completeness(bom, scan)
