"""``sbomctl waivers``: list, check and add accepted violations."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from sbomctl.cli import clock, inputs
from sbomctl.cli.options import scan_options, talk_options
from sbomctl.cli.outputs import prepared, write_all
from sbomctl.cli.values import Wish
from sbomctl.errors import ConfigError
from sbomctl.terminal import counted, pad, printable, shorten

if TYPE_CHECKING:
    from sbomctl.model import Waiver

_DEFAULT = "waivers.yaml"
_COLUMNS = 80
_HEAD = """\
# Accepted violations, each with an owner and an end. sbomctl schema waivers prints what may stand here.
waivers:
"""
_ITEM = re.compile(r"^( *)- ", re.MULTILINE)
_FIELDS = ("id", "rule", "component", "versions", "license", "image", "role")
_LAST = ("owner", "approver", "ticket", "created", "expires")

_policy_option = click.option("--policy", "policy_name", default="", metavar="NAME|FILE", help="What waivers may be.")


@click.group("waivers")
def command() -> None:
    """List, check and add accepted violations.

    FILE is waivers.yaml of this directory unless it is named.
    """


@command.command("list")
@click.argument("file", default=_DEFAULT, metavar="[FILE]")
@_policy_option
def list_(file: str, policy_name: str) -> None:
    """List the waivers, those that end first at the top."""
    today = clock.created().date()
    waivers = _loaded(file, policy_name, today)
    rows = [("ID", "ENDS", "DAYS", "RULE", "FOR")]
    for one in sorted(waivers, key=lambda one: (one.expires, one.id)):
        days = (date.fromisoformat(one.expires) - today).days
        rows.append((one.id, one.expires, str(days) if days >= 0 else "ended", one.rule, _about(one)))
    cells = [[shorten(printable(cell), 40) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    for row in cells:
        line = "  ".join([*(pad(cell, size) for cell, size in zip(row, widths, strict=False)), row[4]])
        click.echo(shorten(line, _COLUMNS).rstrip())
    ended = sum(1 for one in waivers if one.expires < today.isoformat())
    click.echo(f"{counted(len(waivers), 'waiver')}, {ended:,} ended")


def _about(waiver: Waiver) -> str:
    parts = (waiver.component, waiver.versions, waiver.license, waiver.image, waiver.role)
    return " ".join(part for part in parts if part)


@command.command("check")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option(
    "--against",
    "sources",
    multiple=True,
    metavar="PRODUCT.yaml|DOCUMENT|TARGET",
    help="Tell also which accept nothing here; repeatable for targets.",
)
@_policy_option
@scan_options
@talk_options
def check(files: tuple[str, ...], sources: tuple[str, ...], policy_name: str, **options: Any) -> None:  # noqa: ANN401 - click's keywords
    """Check the waivers themselves; exit 1 when one has ended, is unused or accepts too much.

    Whether one is unused shows only against a product and a policy; without them, dates and
    spelling are checked.
    """
    talk = inputs.Talk(quiet=options.pop("quiet"), verbose=options.pop("verbose"))
    scan = inputs.Scan.of(options)
    today = clock.created().date()
    waivers = tuple(one for file in files or (_DEFAULT,) for one in _loaded(file, policy_name, today))
    wrong = _against(waivers, sources, policy_name, scan, talk) if sources else _ended(waivers, today)
    for line in wrong:
        click.echo(printable(line))
    click.echo(f"{counted(len(waivers), 'waiver')}, {counted(len(wrong), 'finding')}")
    if wrong:
        raise click.exceptions.Exit(1)


def _ended(waivers: tuple[Waiver, ...], today: date) -> list[str]:
    return [
        f"{one.file}:{one.line}: waiver {one.id}: it ended on {one.expires}; owner {one.owner}"
        for one in waivers
        if one.expires < today.isoformat()
    ]


def _against(
    waivers: tuple[Waiver, ...], sources: tuple[str, ...], policy_name: str, scan: inputs.Scan, talk: inputs.Talk
) -> list[str]:
    from sbomctl import api

    if not policy_name:
        raise click.UsageError("Name the policy with --policy: what is unused shows only against one.")
    bom = inputs.bom_of(sources, scan, talk)
    result = api.check(bom, api.load_policy(policy_name), waivers, today=clock.created().date())
    rules = api.waiver_rules()
    return [f"{one.decided_by}: {one.message}" for one in result.violations if one.rule in rules]


def _loaded(file: str, policy_name: str, today: date) -> tuple[Waiver, ...]:
    from sbomctl import api

    return api.load_waivers(file, api.load_policy(policy_name) if policy_name else None, today)


@command.command("add")
@click.argument("file", default=_DEFAULT, metavar="[FILE]")
@click.option("--id", "id", required=True, metavar="ID", help="Unique in the file.")
@click.option("--rule", required=True, metavar="RULE", help="The rule whose violation is accepted.")
@click.option("--component", default="", metavar="PURL", help="Purl up to the name.")
@click.option("--versions", default="", metavar="RANGE", help="As in '>=5.2,<5.3'.")
@click.option("--license", "license", default="", metavar="LICENSE", help="The license it is about.")
@click.option("--image", default="", metavar="NAME", help="Only in the image of this name.")
@click.option("--role", default="", metavar="ROLE", help="Only in images of this role.")
@click.option("--kind", required=True, metavar="KIND", help="The reason, as in sbomctl schema waivers.")
@click.option("--text", required=True, metavar="TEXT", help="The reason in words.")
@click.option("--owner", required=True, metavar="WHO", help="Who sees to it that it ends.")
@click.option("--approver", required=True, metavar="WHO", help="Who accepted it.")
@click.option("--ticket", default="", metavar="TICKET")
@click.option("--expires", required=True, metavar="YYYY-MM-DD", help="The last day it holds.")
@_policy_option
def add(file: str, policy_name: str, kind: str, text: str, **said: str) -> None:
    """Add a waiver to a file, which is written when all of it is valid."""
    today = clock.created().date()
    said["created"] = today.isoformat()
    before = _text(file)
    after = _appended(before, _item(said, kind, text, _indent(before)))
    (output,) = prepared([Wish("waivers", "", file)])
    from sbomctl import api

    api.parse_waivers(after.encode(), file, api.load_policy(policy_name) if policy_name else None, today)

    def put(_wish: Wish, out: BinaryIO) -> None:
        out.write(after.encode())

    write_all([output], put)
    click.echo(f"added {printable(said['id'])} to {printable(file)}")


def _text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8") if Path(file).exists() else _HEAD
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {file}: {error}") from error


def _indent(text: str) -> str:
    found = _ITEM.search(text)
    return found[1] if found else "  "


def _appended(text: str, item: str) -> str:
    """``text`` with one item more; raises ``ConfigError`` where its list is not written line by line."""
    if re.search(r"^waivers:\s*\[\s*\]\s*$", text, re.MULTILINE):
        return re.sub(r"^waivers:\s*\[\s*\]\s*$", "waivers:", text, flags=re.MULTILINE).rstrip() + "\n" + item
    if re.search(r"^waivers:\s*[\[{&*]", text, re.MULTILINE):
        raise ConfigError("the list of waivers is written in one line", "write it with one - per waiver")
    return text.rstrip() + "\n" + item


def _item(said: dict[str, str], kind: str, text: str, indent: str) -> str:
    """A waiver as YAML; JSON strings are YAML strings."""
    lines = [f"{key}: {json.dumps(said[key])}" for key in _FIELDS if said.get(key)]
    lines.append(f"reason: {{kind: {json.dumps(kind)}, text: {json.dumps(text)}}}")
    lines += [f"{key}: {json.dumps(said[key])}" for key in _LAST if said.get(key)]
    return "".join(f"{indent}{'- ' if number == 0 else '  '}{line}\n" for number, line in enumerate(lines))
