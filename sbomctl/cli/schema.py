"""``sbomctl schema``: what may stand in the files sbomctl reads and writes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

import click


def _published(name: str) -> bytes:
    from sbomctl.config.schema import published

    return published(name)


def _inventory() -> bytes:
    import msgspec

    from sbomctl.model.native import NativeDocument

    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(NativeDocument)}
    return msgspec.json.format(msgspec.json.encode(schema, order="deterministic"), indent=2) + b"\n"


def _policy(name: str) -> bytes:
    from sbomctl import api

    return api.policy_schema(name)


SCHEMAS: dict[str, Callable[[], bytes]] = {
    "product": partial(_published, "product"),
    "curations": partial(_published, "curations"),
    "policy": partial(_policy, "policy"),
    "waivers": partial(_policy, "waivers"),
    "cases": partial(_policy, "cases"),
    "inventory": _inventory,
}


@click.command("schema")
@click.argument("name", type=click.Choice(list(SCHEMAS)))
def command(name: str) -> None:
    """Print the JSON schema of a file format.

    Draft 2020-12. product is the product file, curations and waivers the files of corrections
    and of accepted violations that it names, policy what it is checked against, cases the
    tests of a policy, inventory the native document (sbomctl-json).
    """
    sys.stdout.buffer.write(SCHEMAS[name]())
