"""``sbomctl schema``: what may stand in the files sbomctl reads and writes."""

from __future__ import annotations

import sys

import click


def _product() -> bytes:
    from sbomctl.config.schema import published

    return published("product")


def _inventory() -> bytes:
    import msgspec

    from sbomctl.model.native import NativeDocument

    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(NativeDocument)}
    return msgspec.json.format(msgspec.json.encode(schema, order="deterministic"), indent=2) + b"\n"


SCHEMAS = {"product": _product, "inventory": _inventory}


@click.command("schema")
@click.argument("name", type=click.Choice(list(SCHEMAS)))
def command(name: str) -> None:
    """Print the JSON schema of a file format.

    Draft 2020-12. product is the product file, inventory the native document (sbomctl-json).
    """
    sys.stdout.buffer.write(SCHEMAS[name]())
