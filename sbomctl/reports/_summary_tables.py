"""A release summary as tables, for spreadsheets and CSV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sbomctl.reports._summary_build import ImageRow, Summary

Cell = str | int


class Table(NamedTuple):
    """One sheet: a name, the heads of its columns, its rows."""

    name: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def tables(summary: Summary) -> Iterator[Table]:
    """Every table of the summary; those about findings only where the product was checked."""
    yield Table("Release", ("fact", "value"), tuple(_release(summary)))
    heads = ("image", "role", "system", "components", "hidden", "licenses", "unknown license", "unowned code files",
             "code by size: recorded / by evidence / unknown", "problems", "errors", "warnings", "notes")  # fmt: skip
    yield Table("Images", heads, tuple(_image(one) for one in summary.images))
    yield Table(
        "To do",
        ("obligation", "what to do", "components", "licenses"),
        tuple((one.name, one.action, one.components, ", ".join(one.licenses)) for one in summary.duties),
    )
    yield Table(
        "Licenses",
        ("license", "class", "components", "images", "obligations"),
        tuple(
            (one.license, one.class_name or "unknown", one.components, ", ".join(one.images), ", ".join(one.duties))
            for one in summary.licenses
        ),
    )
    yield Table("Sources", ("status", "number"), summary.sources)
    if summary.checked:
        yield from _of_check(summary)


def _of_check(summary: Summary) -> Iterator[Table]:
    yield Table(
        "Findings",
        ("rule", "severity", "open", "waived", "how to fix"),
        tuple((one.rule, one.severity, one.open, one.waived, one.how_to_fix) for one in summary.findings),
    )
    yield Table(
        "Waivers that end",
        ("waiver", "rule", "about", "owner", "ticket", "last day", "days left"),
        tuple((one.id, one.rule, one.about, one.owner, one.ticket, one.expires, one.days) for one in summary.waivers),
    )


def _image(one: ImageRow) -> tuple[Cell, ...]:
    named = (one.name, one.role, one.system)
    return (
        *named,
        one.components,
        one.hidden,
        one.licenses,
        one.unknown,
        one.unowned,
        one.code,
        one.problems,
        *one.findings,
    )


def _release(summary: Summary) -> Iterator[tuple[Cell, Cell]]:
    yield ("product", summary.product)
    yield ("version", summary.version)
    yield ("supplier", summary.supplier)
    yield ("made on", summary.created)
    yield ("made by", f"sbomctl {summary.tool_version}")
    yield ("policy", summary.policy or "not checked")
    if summary.checked:
        yield ("outcome", "failed" if summary.failed else "passed")
    yield from summary.counts
    for severity, open_, waived in summary.severities:
        yield (f"{severity}s, open", open_)
        yield (f"{severity}s, waived", waived)
