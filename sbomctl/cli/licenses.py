"""``sbomctl licenses``: which licenses a product has, and which a file holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from sbomctl.cli import inputs, values
from sbomctl.cli.default_group import DefaultGroup
from sbomctl.cli.identified import identified
from sbomctl.cli.options import scan_options, talk_options
from sbomctl.terminal import counted, pad, printable, shorten, width

if TYPE_CHECKING:
    from sbomctl.cli.values import Wish
    from sbomctl.model.license_summary import Holder, IssueCount, LicenseSummary

_COLUMNS = 80
_WIDEST = 44  # columns of a license
_NAMED = 3  # components named behind an issue


@click.group("licenses", cls=DefaultGroup, default="list")
def command() -> None:
    """List the licenses of a product, or identify those in a file.

    Without a subcommand, list.
    """


@command.command("list")
@click.argument("sources", nargs=-1, metavar="[FILE | PRODUCT.yaml | TARGET...]")
@click.option(
    "-o",
    "--output",
    "wishes",
    multiple=True,
    callback=values.kinds("json"),
    metavar="json[=FILE]",
    help="The same, and all of it, as JSON.",
)
@scan_options
@talk_options
def list_(sources: tuple[str, ...], wishes: tuple[Wish, ...], **options: Any) -> None:  # noqa: ANN401 - click's keywords
    """List the distinct licenses with the packages behind each, and what a person must look at.

    A license counts where the effective expression of a package has it, also as one branch of
    a choice. --verbose names every package.
    """
    talk = inputs.Talk(quiet=options.pop("quiet"), verbose=options.pop("verbose"))
    scan = inputs.Scan.of(options)
    sources = inputs.named(sources, "a document, a product file or targets")
    from sbomctl.cli import outputs

    places = outputs.prepared(wishes) if wishes else ()
    bom = inputs.bom_of(sources, scan, talk)
    from sbomctl import api

    summary = api.license_summary(bom)
    if places:
        outputs.write_all(places, lambda _wish, out: _write_json(summary, out))
    else:
        for line in _lines(summary, every=talk.verbose):
            click.echo(line.rstrip())
    inputs.demand_completeness(bom, scan)


def _write_json(summary: object, out: BinaryIO) -> None:
    import msgspec

    out.write(msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n")


def _lines(summary: LicenseSummary, *, every: bool) -> Iterator[str]:
    yield from _licenses(summary, every=every)
    kind = ""
    for issue in summary.issues:
        if issue.kind != kind:
            kind = issue.kind
            same = [one for one in summary.issues if one.kind == kind]
            total = len({holder.id for one in same for holder in one.components})
            yield ""
            yield f"{kind}: {counted(total, 'component')}"
            shown = same if every else same[:_SHOWN]
            for one in shown:
                yield from _issue(one, every=every)
            if len(shown) < len(same):
                yield f"  and {len(same) - len(shown):,} more; --verbose shows all"
    for decision in summary.curation_issues:
        yield printable(f"{decision.file}:{decision.line}: {decision.kind}: {decision.message}")
    yield ""
    known = sum(1 for one in summary.licenses if one.license)
    yield f"{counted(known, 'license')} in {counted(summary.components, 'component')}"
    if not summary.complete:
        yield "INCOMPLETE: what could not be read may hold more"


_SHOWN = 8  # issues of one kind without --verbose


def _licenses(summary: LicenseSummary, *, every: bool) -> Iterator[str]:
    if not summary.licenses:
        yield "No packages."
        return
    names = [printable(one.license or "unknown") for one in summary.licenses]
    size = min(_WIDEST, max(map(width, ("LICENSE", *names))))
    yield f"{pad('LICENSE', size)}  PACKAGES  OR  IMAGES"
    for name, one in zip(names, summary.licenses, strict=True):
        head = f"{pad(shorten(name, size), size)}  {len(one.components):>8,}  {one.alternatives or '':>2}  "
        yield head + shorten(printable(", ".join(one.images)), max(_COLUMNS - width(head), 10))
        for holder in one.components if every else ():
            yield f"  {_named(holder)}"
    if any(one.alternatives for one in summary.licenses):
        yield ""
        yield "OR: so many of the packages offer another license in its place."


def _issue(issue: IssueCount, *, every: bool) -> Iterator[str]:
    some = issue.components
    shown = some if every else some[:_NAMED]
    more = f" and {len(some) - len(shown):,} more" if len(shown) < len(some) else ""
    yield shorten(f"  {printable(issue.message)}", _COLUMNS if not every else 10_000)
    if issue.candidates:
        yield shorten(f"    may be: {printable(' | '.join(issue.candidates))}", _COLUMNS if not every else 10_000)
    yield shorten(f"    in: {', '.join(_named(holder) for holder in shown)}", _COLUMNS if not every else 10_000) + more


def _named(holder: Holder) -> str:
    hidden = " (hidden)" if holder.hidden else ""
    return printable(f"{holder.name} {holder.version}".rstrip()) + hidden


@command.command("identify")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "-o",
    "--output",
    "wishes",
    multiple=True,
    callback=values.kinds("json"),
    metavar="json[=FILE]",
    help="What was found, as JSON.",
)
@click.option("--copyrights", is_flag=True, help="The copyright statements too.")
def identify(files: tuple[str, ...], wishes: tuple[Wish, ...], copyrights: bool) -> None:  # noqa: FBT001 - click's keyword
    """Identify the licenses in files of any kind.

    Each is read as a license file: whole texts, grants, names, SPDX tags, or a
    machine-readable debian/copyright. "-" is standard input.
    """
    from sbomctl import api
    from sbomctl.cli import outputs

    places = outputs.prepared(wishes) if wishes else ()
    found = {file: api.identify(inputs.read_file(file), file) for file in files}
    if places:
        outputs.write_all(places, lambda _wish, out: _write_json(found, out))
        return
    for file, licenses in found.items():
        for line in identified(file, licenses, copyrights=copyrights):
            click.echo(line)
