"""A group of commands one of which is meant where none is named."""

from __future__ import annotations

from typing import Any

import click


class DefaultGroup(click.Group):
    """``sbomctl licenses product.yaml`` is ``sbomctl licenses list product.yaml``."""

    def __init__(self, *args: Any, default: str, **more: Any) -> None:  # noqa: ANN401 - click's signature
        super().__init__(*args, **more)
        self.default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command before arguments that name none; a request for help stays one."""
        first = args[0] if args else ""
        if first not in self.commands and first not in ctx.help_option_names:
            args = [self.default, *args]
        return super().parse_args(ctx, args)
