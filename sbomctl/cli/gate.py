"""What commands that check a product share: what is checked, by which files, and how it ends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from sbomctl.cli import inputs
from sbomctl.errors import ConfigError, IncompleteScan

if TYPE_CHECKING:
    from sbomctl.model import Bom, CheckResult, Product

VIOLATIONS = 1  # the exit code that means violations and nothing else


class Subject(NamedTuple):
    """A document, or a product that is still to be scanned; one of them is there."""

    document: Bom | None
    product: Product | None

    @classmethod
    def of(cls, sources: tuple[str, ...], scan: inputs.Scan) -> Subject:
        """What the arguments of a command name; a faulty product file is told before anything is scanned."""
        if len(sources) == 1 and (sources[0] == "-" or inputs.is_document(sources[0])):
            return cls(inputs.read_document(sources[0]), None)
        return cls(None, inputs.product_of(sources, scan))

    def bom(self, scan: inputs.Scan, talk: inputs.Talk) -> Bom:
        """The document, or what a scan of the product finds now."""
        if self.document is not None:
            return self.document
        assert self.product is not None, "there is a document or a product"
        return inputs.scanned(self.product, scan, talk)

    def policy(self, option: str) -> str:
        """The policy that the option names, else the product file; "" where neither does."""
        return near(option or (self.product.policy if self.product else ""))

    def waivers(self, option: str) -> str:
        """The file of waivers that the option names, else the product file; "" where neither does."""
        return near(option or (self.product.waivers if self.product else ""))


def demanded(policy: str, or_else: str = "") -> str:
    """``policy``; raises ``ConfigError`` where there is none, with ``or_else`` as another way out."""
    if not policy:
        raise ConfigError(
            "there is no policy to check against",
            "give --policy with a file or a shipped policy: permissive, copyleft-ok, embedded-locked; "
            f"or name one under policy in the product file{or_else}",
        )
    return policy


def near(name: str) -> str:
    """A path in this directory as relative, so that no report names a place on this machine."""
    here = Path.cwd()
    path = Path(name)
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else name


def end(result: CheckResult, scan: inputs.Scan) -> None:
    """Exit by what was found; violations come before what could not be read."""
    if any(one.fails for one in result.violations):
        raise click.exceptions.Exit(VIOLATIONS)
    if result.problems and not result.accepted_problems and not scan.allow_incomplete:
        raise IncompleteScan(
            "no violation, but the result is incomplete, so this is no pass",
            "mend what is listed above; --allow-incomplete accepts it for this run, a waiver for longer",
        )
