"""Release summaries: what a release manager must know and do, in numbers and in a list (requirement AT-8)."""

from __future__ import annotations

import csv
import io
from typing import Any, BinaryIO, ClassVar

from sbomctl.reports import _plain
from sbomctl.reports._summary_build import build_summary
from sbomctl.reports._summary_tables import Cell, Table, tables
from sbomctl.reports.base import ReportInput

_FORMULA = ("=", "+", "-", "@", "\t")  # with which a spreadsheet takes a cell for something to compute
_LONGEST = 32_000  # characters of a cell; Excel takes 32,767
_WIDEST = 60


class _Templated:
    """Forms that a template makes."""

    kind: ClassVar[str] = "summary"
    form: ClassVar[str]

    def write(self, known: ReportInput, out: BinaryIO) -> None:
        """Write the summary to ``out``, which stays open."""
        summary = build_summary(known)
        text = known.templates.render(f"summary.{self.form}.j2", summary=summary, md=_plain.markdown)
        out.write(text.encode("utf-8", "backslashreplace"))


class SummaryHtml(_Templated):
    """One file without scripts."""

    form: ClassVar[str] = "html"
    about: ClassVar[str] = "release summary: counts, findings, what to do"


class SummaryMarkdown(_Templated):
    """Markdown, for release notes and tickets."""

    form: ClassVar[str] = "md"
    about: ClassVar[str] = "release summary as Markdown"


class SummaryCsv:
    """All tables below each other; the first column names the table, so that it can be filtered."""

    kind: ClassVar[str] = "summary"
    form: ClassVar[str] = "csv"
    about: ClassVar[str] = "release summary as comma-separated values"

    def write(self, known: ReportInput, out: BinaryIO) -> None:
        """Write the tables to ``out``, which stays open (RFC 4180)."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        for table in tables(build_summary(known)):
            writer.writerow(("table", *table.heads))
            writer.writerows((table.name, *(_harmless(cell) for cell in row)) for row in table.rows)
        out.write(text.getvalue().encode("utf-8", "backslashreplace"))


class SummaryXlsx:
    """A workbook with one sheet for each table."""

    kind: ClassVar[str] = "summary"
    form: ClassVar[str] = "xlsx"
    about: ClassVar[str] = "release summary as a workbook"

    def write(self, known: ReportInput, out: BinaryIO) -> None:
        """Write the workbook to ``out``, which stays open; its dates are ``created``, so that bytes do not differ."""
        from xlsxwriter import Workbook

        data = io.BytesIO()  # the library seeks in what it writes, and closes it
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with Workbook(data, options) as book:
            book.set_properties({"created": known.created.replace(tzinfo=None), "title": "Release summary"})
            head = book.add_format({"bold": True, "bg_color": "#E4EAF0", "bottom": 1})
            text = book.add_format({"text_wrap": True, "valign": "top"})
            for table in tables(build_summary(known)):
                _add_sheet(book.add_worksheet(table.name), table, head, text)
        out.write(data.getvalue())


def _add_sheet(sheet: Any, table: Table, head: Any, text: Any) -> None:  # noqa: ANN401 - types of a library that is imported late
    for column, name in enumerate(table.heads):
        width = max([len(name), *(len(str(row[column])) for row in table.rows)])
        sheet.set_column(column, column, min(width, _WIDEST) + 2, text)
        sheet.write_string(0, column, name, head)
    for number, row in enumerate(table.rows, 1):
        for column, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(number, column, cell)
            else:
                sheet.write_string(number, column, cell if len(cell) <= _LONGEST else f"{cell[:_LONGEST]} …")
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(table.rows), len(table.heads) - 1)


def _harmless(cell: Cell) -> Cell:
    """A cell that no spreadsheet computes: names come from images."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
