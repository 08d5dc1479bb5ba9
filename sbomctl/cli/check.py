"""``sbomctl check``: the policy gate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from sbomctl.cli import clock, inputs, outputs, values
from sbomctl.cli.options import scan_options, talk_options
from sbomctl.cli.values import Wish
from sbomctl.errors import ConfigError, IncompleteScan

if TYPE_CHECKING:
    from sbomctl.model import Bom, CheckResult, Product

VIOLATIONS = 1  # the exit code that means violations and nothing else
_SUMMARY = Wish("summary", "", "")


@click.command("check")
@click.argument("sources", nargs=-1, metavar="[TARGET... | PRODUCT.yaml | FILE]")
@click.option("--policy", "policy_name", default="", metavar="NAME|FILE", help="A shipped policy, or a policy file.")
@click.option("--waivers", "waiver_file", default="", metavar="FILE", help="Accepted violations.")
@click.option("--baseline", default="", metavar="FILE", help="Findings (json) or a native document to compare with.")
@click.option("--profile", default="release", show_default=True, metavar="NAME", help="pr, release, audit, or own.")
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(["error", "warning", "note", "never", "new"]),
    help="The least severity that fails the check; new: only what the baseline lacks. Repeatable. "
    "Default: as the profile says.",
)
@click.option(
    "-o",
    "--output",
    "wishes",
    multiple=True,
    callback=values.findings_wishes,
    shell_complete=values.complete_findings,
    metavar="KIND[=FILE]",
    help="Findings to write; repeatable. Without FILE, or with -, to standard output. Default: summary.",
)
@scan_options
@talk_options
def command(
    sources: tuple[str, ...],
    policy_name: str,
    waiver_file: str,
    baseline: str,
    profile: str,
    fail_on: tuple[str, ...],
    wishes: tuple[Wish, ...],
    **options: Any,  # noqa: ANN401 - click's keywords
) -> None:
    """Check a product against a policy; exit 1 on violations, 4 when incomplete.

    FILE is a native document; anything else is scanned first. Without it, product.yaml of
    this directory is taken. Policy and waivers are those that the product file names,
    unless the options name others. Shipped policies: permissive, copyleft-ok,
    embedded-locked.

    \b
    Examples:
      sbomctl check product.yaml
      sbomctl check product.json --policy embedded-locked -o sarif=findings.sarif
      sbomctl check app.tar --policy permissive --profile pr --baseline main.json --fail-on new
    """
    talk = inputs.Talk(quiet=options.pop("quiet"), verbose=options.pop("verbose"))
    scan = inputs.Scan.of(options)
    sources = inputs.named(sources, "a document, a product file or targets")
    from sbomctl import api

    today = clock.created().date()
    places = outputs.prepared(_with_summary(wishes))
    document, product = _opened(sources, scan)
    policy = api.load_policy(_policy_of(policy_name, product))
    accepted = api.load_waivers(_near(waivers), policy, today) if (waivers := _waivers_of(waiver_file, product)) else ()
    demand = api.demand(policy, profile, fail_on)
    before = _read(baseline) if baseline else b""
    bom = document or inputs.scanned(_demanded(product), scan, talk)
    known = api.read_baseline(before, baseline, policy, today) if baseline else None
    result = api.check(bom, policy, accepted, today=today, demand=demand, baseline=known)

    def write(wish: Wish, out: BinaryIO) -> None:
        api.write_findings(result, wish.format, out)

    outputs.write_all(places, write)
    _end(result, scan)


def _end(result: CheckResult, scan: inputs.Scan) -> None:
    """Exit by what was found; violations come before what could not be read."""
    if any(one.fails for one in result.violations):
        raise click.exceptions.Exit(VIOLATIONS)
    if result.problems and not result.accepted_problems and not scan.allow_incomplete:
        raise IncompleteScan(
            "no violation, but the result is incomplete, so this is no pass",
            "mend what is listed above; --allow-incomplete accepts it for this run, a waiver for longer",
        )


def _with_summary(wishes: tuple[Wish, ...]) -> tuple[Wish, ...]:
    """The wishes, and the summary for people where nothing else goes to standard output."""
    return wishes if any(not one.file for one in wishes) else (*wishes, _SUMMARY)


def _opened(sources: tuple[str, ...], scan: inputs.Scan) -> tuple[Bom | None, Product | None]:
    """A document, or a product that is to be scanned."""
    if len(sources) == 1 and (sources[0] == "-" or inputs.is_document(sources[0])):
        return inputs.read_document(sources[0]), None
    return None, inputs.product_of(sources, scan)


def _demanded(product: Product | None) -> Product:
    assert product is not None, "there is a document or a product"
    return product


def _policy_of(name: str, product: Product | None) -> str:
    if name or (product and product.policy):
        return _near(name or (product.policy if product else ""))
    raise ConfigError(
        "there is no policy to check against",
        "give --policy with a file or a shipped policy: permissive, copyleft-ok, embedded-locked; "
        "or name one under policy in the product file",
    )


def _waivers_of(name: str, product: Product | None) -> str:
    return name or (product.waivers if product else "")


def _near(name: str) -> str:
    """A path in this directory as relative, so that no report names a place on this machine."""
    here = Path.cwd()
    path = Path(name)
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else name


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read the baseline {name}: {error.strerror}") from error
