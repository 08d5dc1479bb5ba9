"""``sbomctl plugins``: what is registered, straight from the registries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

import click

from sbomctl.terminal import pad

_COLUMNS = 80


@click.command("plugins")
@click.option("-v", "--verbose", is_flag=True, help="Also the patterns of the files each cataloger reads.")
def command(verbose: bool) -> None:  # noqa: FBT001 - click's keyword
    """List what can be read, found, written and checked."""
    from sbomctl import api

    sources = [(f"{source.scheme}:", "", source.about) for source in api.sources()]
    writers = [(writer.format, " ".join(writer.versions), writer.about) for writer in api.writers()]
    catalogers = [(one.name, str(one.version), one.about) for one in api.catalogers()]
    evidence = [(one.name, str(one.version), one.about) for one in api.evidence_catalogers()]
    patterns = {one.name: one.wants.paths for one in api.catalogers()} if verbose else {}
    if verbose:
        patterns |= {one.name: (*one.wants.paths, *one.wants.names) for one in api.evidence_catalogers()}
    rules = [(rule.name, rule.severity, rule.about) for rule in api.rules()]
    findings = [(form.kind, "", form.about) for form in api.findings_writers()]
    reports: dict[str, tuple[str, str]] = {}
    for one in api.report_kinds():
        forms, about = reports.get(one.kind, ("", one.about))
        reports[one.kind] = (f"{forms} {one.form}".strip(), about)
    written = [(kind, forms, about) for kind, (forms, about) in reports.items()]
    described = [(f"{one.key}:", "", one.about) for one in api.descriptions()]
    beside = [(one.name, "", one.about) for one in api.sidecars()]
    read = (("Targets", sources), ("Descriptions of products", described), ("SBOMs and manifests of images", beside))
    known = (*read, ("Catalogers", catalogers), ("Evidence catalogers", evidence), ("Formats", writers))
    for title, rows in (*known, ("Policy rules", rules), ("Findings", findings), ("Reports", written)):
        click.echo(f"{title}:")
        for name, lines in _lines(rows):
            for line in lines:
                click.echo(line)
            for pattern in patterns.get(name, ()) if title.lower().endswith("catalogers") else ():
                click.echo(f"      {pattern}")
        click.echo()


def _lines(rows: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Name and aligned lines of each row, in 80 columns."""
    rows = list(rows)
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    for row in rows:
        head = f"  {pad(row[0], widths[0])}  {pad(row[1], widths[1])}  "
        below = " " * len(head)
        yield row[0], wrap(row[2], _COLUMNS, initial_indent=head, subsequent_indent=below, break_on_hyphens=False)
