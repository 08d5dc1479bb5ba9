"""``sbomctl policy``: explain, test and start policies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, BinaryIO

import click

from sbomctl.cli.outputs import prepared, write_all
from sbomctl.cli.values import Wish
from sbomctl.errors import ConfigError
from sbomctl.terminal import counted, printable

if TYPE_CHECKING:
    from sbomctl.model import ExplainedLicense, Explanation

_COLUMNS = 80
_DEFAULT = "policy.yaml"
STARTER = """\
# What the product may contain. sbomctl schema policy prints what may stand here.
# License lines are asked in their order, those of this file before those that it extends; the first that
# names a license decides: sbomctl policy explain LICENSE --policy {file}
policy:
  name: {name}
  version: "1"

extends: [{base}]

licenses:
  # A license of your own or of a supplier, once somebody has read it:
  # - verdict: allow
  #   licenses: [LicenseRef-ACME-EULA]
  #   why: contract of 2026-01-31
  # Only for one package, only in one kind of image:
  # - verdict: allow
  #   licenses: [AGPL-3.0-only]
  #   components: ["pkg:deb/debian/ghostscript"]
  #   roles: [container]
  - verdict: deny
    licenses: [JSON]
    why: "it binds use to a standard of conduct"

# rules:
#   unowned-executables: {{severity: error, most_files: 0}}
#   missing-notice: {{severity: "off"}}

# waivers:
#   longest_days: 180
#   announce_days: 30

# profiles:
#   pr:
#     fail_on: error
#     severities: {{missing-source: warning}}
"""


@click.group("policy")
def command() -> None:
    """Explain, test and start policies.

    A policy is a YAML file, or the name of a shipped one: permissive, copyleft-ok,
    embedded-locked.
    """


@command.command("explain")
@click.argument("expression", metavar="LICENSE|EXPRESSION")
@click.option(
    "--policy", "policy_name", default="", metavar="NAME|FILE", help=f"Default: {_DEFAULT} of this directory."
)
@click.option("--role", type=click.Choice(["base-os", "container"]), default="base-os", show_default=True)
@click.option("--image", default="", metavar="NAME", help="In the image of this name.")
@click.option("--state", type=click.Choice(["visible", "shadowed", "deleted"]), default="visible", show_default=True)
@click.option("--component", default="", metavar="PURL", help="For this component.")
@click.option("--user-product", type=click.Choice(["yes", "no", "unknown"]), default="unknown", show_default=True)
@click.option("--locked-boot", type=click.Choice(["yes", "no", "unknown"]), default="unknown", show_default=True)
def explain(expression: str, policy_name: str, **place: str) -> None:
    """Show the verdict on a license and the line that gives it.

    \b
    Example:
      sbomctl policy explain 'GPL-2.0-or-later AND Apache-2.0' --policy embedded-locked
    """
    from sbomctl import api

    found = api.explain_license(_named(policy_name), expression, place)
    told = [f"{key.replace('_', ' ')} {value}" for key, value in place.items() if value]
    click.echo(f"{printable(found.expression)}: {found.verdict.value}")
    for line in wrap(f"policy {found.policy} {found.policy_version}; {', '.join(told)}", _COLUMNS - 2):
        click.echo(f"  {printable(line)}")
    for line in _lines(found):
        click.echo(line)


def _named(policy_name: str) -> str:
    if policy_name:
        return policy_name
    if not Path(_DEFAULT).is_file():
        raise click.UsageError(
            f"Name a policy with --policy; there is no {_DEFAULT} here. sbomctl policy init writes one."
        )
    return _DEFAULT


def _lines(found: Explanation) -> Iterator[str]:
    for given, chosen, aside in found.elections:
        yield from _field("elected", f"{given} -> {chosen}")
        if aside:
            yield from _field("aside", f"{', '.join(aside)}: unknown")
    for one in found.licenses:
        yield ""
        taken = "" if one.chosen == one.license else f", taken as {one.chosen}"
        yield f"  {printable(one.license or 'no license')}{printable(taken)}: {one.verdict.value}"
        yield from _license(one)


def _license(one: ExplainedLicense) -> Iterator[str]:
    facts = {
        "by": str(one.decided_by or "no line"),
        "because": one.remark,
        "why": one.why,
        "class": one.class_name,
        "asks": (", ".join(one.obligations) or "nothing") if one.class_name else "",
        "fix": one.how_to_fix,
    }
    for label, text in facts.items():
        if text:
            yield from _field(label, text, "    ")


def _field(label: str, text: str, indent: str = "  ") -> list[str]:
    head = f"{indent}{f'{label}:':<9}"
    return wrap(
        printable(text), _COLUMNS, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
    )


@command.command("test")
@click.argument("policies", nargs=-1, metavar="[NAME|FILE]...")
def test(policies: tuple[str, ...]) -> None:
    """Check that policies say what their cases ask for; exit 1 when one does not.

    The cases of NAME.yaml are in NAME.test.yaml beside it. Without arguments, every
    *.test.yaml of this directory is run.
    """
    from sbomctl import api

    names = policies or tuple(sorted(str(path) for path in Path().glob("*.test.yaml")))
    if not names:
        raise click.UsageError("Name a policy; there is no *.test.yaml here.")
    failed = False
    for name in names:
        result = api.run_policy_cases(name)
        for fault in result.failures:
            click.echo(printable(fault))
        said = f"{counted(len(result.failures), 'failure')}" if result.failures else "passed"
        click.echo(f"{printable(result.file)}: {counted(result.count, 'case')}, {said}")
        failed = failed or bool(result.failures)
    if failed:
        raise click.exceptions.Exit(1)


@command.command("init")
@click.argument("file", default=_DEFAULT, metavar="[FILE]")
@click.option(
    "--extends",
    "base",
    default="copyleft-ok",
    show_default=True,
    metavar="NAME",
    help="The shipped policy to start from.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def init(file: str, base: str, force: bool) -> None:  # noqa: FBT001 - click's keyword
    """Write a commented policy to start from (default: policy.yaml)."""
    from sbomctl import api

    if base not in api.shipped_policies():
        raise ConfigError(f"there is no shipped policy {base!r}", f"known: {', '.join(api.shipped_policies())}")
    (output,) = prepared([Wish("policy", "", file)])
    if output.file is not None and output.file.exists() and not force:
        raise ConfigError(f"{file} exists", "--force replaces it")
    name = (
        "".join(sign if sign.isalnum() or sign in "._-" else "-" for sign in Path(file).stem).strip("-._") or "policy"
    )

    def put(_wish: Wish, out: BinaryIO) -> None:
        out.write(STARTER.format(file=file, name=name, base=base).encode())

    write_all([output], put)
    click.echo(f"wrote {printable(file)}; adapt it, then run: sbomctl check --policy {printable(file)}")
