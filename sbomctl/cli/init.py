"""``sbomctl init``: a product file to start from."""

from __future__ import annotations

from typing import BinaryIO

import click

from sbomctl.cli.outputs import prepared, write_all
from sbomctl.cli.values import Wish
from sbomctl.errors import ConfigError

STARTER = """\
# One deliverable: the base OS image of a device and its containers.
# sbomctl schema product prints what may stand here; file names are relative to this file.
product:
  name: my-device
  version: "1.0"
  # Who supplies the product; the written source offer names it.
  supplier:
    name: My Company Ltd
    # url: https://company.example
    # email: opensource@company.example
    # address: 1 Main Street, Town, Country

# Every image that ships. A target is SCHEME:PLACE; sbomctl plugins lists the schemes.
# role is base-os (the root filesystem the device boots) or container.
images:
  - name: os
    role: base-os
    target: rootfs:build/rootfs.tar
  - name: app
    role: container
    target: oci-archive:build/app.tar
    # platform: linux/arm64    # for an image of several platforms

# How the product reaches its users: yes, no or unknown. Some licenses ask.
distribution:
  user_product: unknown    # sold for personal, family or household use?
  locked_boot: unknown     # refuses software that the user modified?
  channels: [preinstalled]

# For the written source offer:
# source_offer:
#   last_shipped: 2030-12-31
#   support_ends: 2035-12-31
#   language: en

# policy: policy.yaml        # what the product is checked against
# curations: curations.yaml  # corrections of facts, each with reason and author
# waivers: waivers.yaml      # accepted violations, each with owner, reason and expiry
"""


@click.command("init")
@click.argument("file", default="product.yaml", metavar="[FILE]")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def command(file: str, force: bool) -> None:  # noqa: FBT001 - click's keyword
    """Write a commented product file to start from (default: product.yaml)."""
    (output,) = prepared([Wish("product", "", file)])
    if output.file is not None and output.file.exists() and not force:
        raise ConfigError(f"{file} exists", "--force replaces it")
    write_all([output], _put)
    click.echo(f"wrote {file}; adapt it, then run: sbomctl scan {file}")


def _put(_wish: Wish, out: BinaryIO) -> None:
    out.write(STARTER.encode())
