"""The command ``sbomctl``: which commands there are, each imported only when called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from sbomctl import __version__
from sbomctl.cli.errors import reported

COMMANDS = {
    "scan": "Write the bill of materials of images or of a product file.",
    "export": "Write a bill of materials in other formats.",
    "check": "Check a product against a policy; exit 1 on violations, 4 when incomplete.",
    "report": "Write a report: html, notice, source-offer or summary.",
    "bundle": "Write everything that goes with a release, or verify it.",
    "policy": "Explain, test and start policies.",
    "waivers": "List, check and add accepted violations.",
    "explain": "Show how we know of a component, file or image: layer, build step, record, license.",
    "licenses": "List the licenses of a product, or identify those in a file.",
    "init": "Write a commented product file to start from.",
    "schema": "Print the JSON schema of a file format.",
    "cache": "Show, prune or clear what is kept of layers read before.",
    "plugins": "List what can be read, found, written and checked.",
    "completion": "Print the script that completes sbomctl in a shell.",
}
"""Each command and its line in --help; the module of a command has its name."""


class LazyGroup(click.Group):
    """A group that knows the names of its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order in which people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command ``cmd_name``, imported now."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"sbomctl.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that ``args`` start with; an unknown one is answered with the closest."""
        from difflib import get_close_matches

        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            close = get_close_matches(args[0], COMMANDS, n=1)
            ctx.fail(f"No such command {args[0]!r}." + (f" Did you mean {close[0]!r}?" if close else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands from the table, so that none is imported."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        """Run the command; every error becomes a message and an exit code."""
        with reported():
            return super().invoke(ctx)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 policy violations, 2 usage or configuration, 3 unreadable input or "
    "unwritable output, 4 incomplete, 5 external tool, 70 bug, 130 interrupted.",
)
@click.version_option(__version__, prog_name="sbomctl")
def cli() -> None:
    """One bill of materials for a whole embedded Linux product.

    Takes the base OS image and each container image apart, layer by layer, finds packages and
    licenses, and writes one SPDX or CycloneDX document for all.
    """
