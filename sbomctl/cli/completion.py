"""``sbomctl completion``: the script that completes sbomctl in a shell."""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete, get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script that completes sbomctl in a shell.

    \b
    Use it in this session, or append it to the shell's start file:
      bash, zsh:  eval "$(sbomctl completion bash)"
      fish:       sbomctl completion fish | source
    """
    kind = get_completion_class(shell)
    assert kind is not None, "click has all three"
    program = kind(ctx.find_root().command, {}, "sbomctl", "_SBOMCTL_COMPLETE")
    # click's bash class runs bash to see its version first; to print a script nothing need run.
    click.echo(ShellComplete.source(program))
