"""``sbomctl check``: the policy gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import click

from sbomctl.cli import clock, gate, inputs, outputs, values
from sbomctl.cli.options import scan_options, talk_options
from sbomctl.cli.values import Wish
from sbomctl.errors import ConfigError

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

    FILE is a native document, or an SBOM of any tool (CycloneDX JSON 1.2 to 1.7, SPDX 2.2
    and 2.3 JSON), which is never complete: what it does not say is not known. Anything else
    is scanned first. Without it, product.yaml of this directory is taken. Policy
    and waivers are those that the product file names, unless the options name others.
    Shipped policies: permissive, copyleft-ok, embedded-locked.

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
    subject = gate.Subject.of(sources, scan)
    policy = api.load_policy(gate.demanded(subject.policy(policy_name)))
    waivers = subject.waivers(waiver_file)
    accepted = api.load_waivers(waivers, policy, today) if waivers else ()
    demand = api.demand(policy, profile, fail_on)
    before = _read(baseline) if baseline else b""
    bom = subject.bom(scan, talk)
    known = api.read_baseline(before, baseline, policy, today) if baseline else None
    result = api.check(bom, policy, accepted, today=today, demand=demand, baseline=known)

    def write(wish: Wish, out: BinaryIO) -> None:
        api.write_findings(result, wish.format, out)

    outputs.write_all(places, write)
    gate.end(result, scan)


def _with_summary(wishes: tuple[Wish, ...]) -> tuple[Wish, ...]:
    """The wishes, and the summary for people where nothing else goes to standard output."""
    return wishes if any(not one.file for one in wishes) else (*wishes, _SUMMARY)


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read the baseline {name}: {error.strerror}") from error
