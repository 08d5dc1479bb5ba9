"""``sbomctl init``: a product file to start from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO

import click

from sbomctl.cli import starter
from sbomctl.cli.outputs import prepared, write_all
from sbomctl.cli.values import Wish
from sbomctl.errors import ConfigError
from sbomctl.terminal import counted, printable

if TYPE_CHECKING:
    from sbomctl.model import ImageSpec


@click.command("init")
@click.argument("file", default="product.yaml", metavar="[FILE]")
@click.option("--from", "place", default="", metavar="FILE|DIR", help="What names the images: a compose file, say.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def command(file: str, place: str, force: bool) -> None:  # noqa: FBT001 - click's keyword
    """Write a commented product file to start from (default: product.yaml).

    With --from, one with the images of a compose file, of Kubernetes objects, of a deployment
    manifest of Azure IoT Edge or of the state of a Pantavisor device. Digests are kept. What
    they leave open, and the base OS, is marked FIXME.

    \b
    Examples:
      sbomctl init
      sbomctl init --from docker-compose.yml
      sbomctl init --from manifests/ release/product.yaml
    """
    (output,) = prepared([Wish("product", "", file)])
    if output.file is not None and output.file.exists() and not force:
        raise ConfigError(f"{file} exists", "--force replaces it")
    specs = _described(place) if place else ()
    text = starter.described(PurePath(place).name or place, specs) if place else starter.STARTER
    write_all([output], partial(_put, text.encode()))
    count = f", {counted(len(specs), 'image')} from {printable(place)}" if place else ""
    click.echo(f"wrote {file}{count}; adapt it, then run: sbomctl scan {file}")


def _put(text: bytes, _wish: Wish, out: BinaryIO) -> None:
    out.write(text)


def _described(place: str) -> Sequence[ImageSpec]:
    from sbomctl import api
    from sbomctl.config.product import product_from_targets

    found = api.describe(place)[1]
    return product_from_targets((), place, api.schemes(), api.scheme_of, [place], found).images
