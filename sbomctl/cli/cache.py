"""``sbomctl cache``: the layers that were read before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import click

from sbomctl.cli import values
from sbomctl.errors import OutputError
from sbomctl.terminal import printable


@click.group("cache")
def command() -> None:
    """Show, prune or clear what is kept of layers read before.

    It is in SBOMCTL_CACHE, else in sbomctl/v1 below XDG_CACHE_HOME or ~/.cache. Every scan
    prunes it to 4 GiB; all of it may be removed at any time, the next scan reads again.
    """


@command.command("info")
def info() -> None:
    """Show where the cache is and how much is in it."""
    from sbomctl import api

    try:
        with api.open_cache() as store:
            place, kept = store.place, store.kept()
    except OutputError as error:
        click.echo(f"off:     {printable(error.message)}\n         {printable(error.hint)}")
        return
    click.echo(f"place:   {printable(str(place))}\nholds:   {_sum(one.size for one in kept)}")
    if kept:
        click.echo(f"oldest:  last used {_moment(kept[0].used)}\nnewest:  last used {_moment(kept[-1].used)}")


@command.command("prune")
@click.option("--max-bytes", callback=values.optional_size, metavar="SIZE", help="Keep at most SIZE: 512M, 2GiB.")
@click.option("--older-than", callback=values.age, metavar="AGE", help="Remove what was not used for AGE: 12h, 30d.")
def prune(max_bytes: int | None, older_than: int | None) -> None:
    """Remove what was not used for longest."""
    from sbomctl import api

    if max_bytes is None and older_than is None:
        raise click.UsageError("Say how much to keep: --max-bytes, --older-than, or both.")
    before = None if older_than is None else (datetime.now(UTC) - timedelta(seconds=older_than)).timestamp()
    with api.open_cache() as store:
        removed = store.prune(max_bytes, before)
        click.echo(f"removed {_sum(one.size for one in removed)}, left {_sum(one.size for one in store.kept())}")


@command.command("clear")
def clear() -> None:
    """Remove everything."""
    from sbomctl import api

    with api.open_cache() as store:
        there = store.kept()
        removed = store.prune(max_bytes=-1)
        store.drop_indexes()
        click.echo(f"removed {_sum(one.size for one in removed)}")
    if len(removed) < len(there):
        raise OutputError(f"{len(there) - len(removed)} layers could not be removed from {store.place}")


def _sum(sizes: Iterable[int]) -> str:
    sizes = tuple(sizes)
    return f"{len(sizes):,} layers ({sum(sizes):,} bytes)"


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%SZ}"
