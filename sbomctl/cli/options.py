"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from sbomctl.cli import values

F = TypeVar("F", bound=Callable[..., Any])

_SCAN = (
    click.option(
        "--engine",
        type=click.Choice(["auto", "native", "syft", "both"]),
        default="auto",
        show_default=True,
        help="auto: ours, and syft where an image holds what ours do not cover; both: compare the two.",
    ),
    click.option(
        "--scope",
        type=click.Choice(["all", "visible"]),
        default="all",
        show_default=True,
        help="all: also packages that an upper layer hides, for they ship; visible: what the running system sees.",
    ),
    click.option(
        "--platform",
        callback=values.platform,
        default="",
        metavar="OS/ARCH[/VARIANT]",
        help="Which image of a multi-platform index to take.",
    ),
    click.option(
        "--jobs",
        type=click.IntRange(0, 1024),
        default=0,
        metavar="N",
        help="Layers to read at a time; 0: one per core.",
    ),
    click.option(
        "--no-detect",
        is_flag=True,
        help="Take licenses from package databases and copyright files as they state them; compare no texts.",
    ),
    click.option("--no-cache", is_flag=True, help="Read every layer anew."),
    click.option(
        "--max-layer-bytes",
        callback=values.size,
        default="64GiB",
        show_default=True,
        metavar="SIZE",
        help="Refuse a layer that unpacks to more.",
    ),
    click.option(
        "--syft-timeout", type=click.IntRange(1), default=900, show_default=True, metavar="SECONDS", help="Per image."
    ),
    click.option("--scancode", is_flag=True, help="Ask an installed ScanCode about license texts ours does not know."),
    click.option("--name", default="", metavar="NAME", help="Name of the product, for plain targets."),
    click.option(
        "--strict", is_flag=True, help="Exit 4 when something could not be read; documents are written all the same."
    ),
    click.option("--allow-incomplete", is_flag=True, help="Exit 0 all the same (the default of scan)."),
)
_TALK = (
    click.option("-q", "--quiet", is_flag=True, help="No progress; of problems only their number."),
    click.option("-v", "--verbose", is_flag=True, help="Every problem and all of each list, not only the first."),
)


def scan_options(function: F) -> F:
    """What every command that scans takes; it arrives as keywords for ``inputs.Scan``."""
    return _all(_SCAN, function)


def talk_options(function: F) -> F:
    """How much is said on standard error."""
    return _all(_TALK, function)


def output_option(function: F) -> F:
    """``-o``, repeatable; arrives as ``wishes``."""
    return click.option(
        "-o",
        "--output",
        "wishes",
        multiple=True,
        callback=values.wishes,
        shell_complete=values.complete_output,
        metavar="FORMAT[@VERSION][=FILE]",
        help="A document to write; repeatable. Without FILE, or with -, to standard output. Default: table.",
    )(function)


def _all(options: tuple[Callable[[F], F], ...], function: F) -> F:
    for option in reversed(options):
        function = option(function)
    return function
