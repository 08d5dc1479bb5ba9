"""Every kind and form of report on every case of ``fixtures/reports/KIND/``."""

from __future__ import annotations

import pytest
from conftest import FIXTURES, expect
from report_boms import read_case, written

from sbomctl.reports.notice import NoticeHtml, NoticeMarkdown, NoticeText
from sbomctl.reports.source_offer import SourceOfferHtml, SourceOfferText
from sbomctl.reports.summary import SummaryCsv, SummaryHtml, SummaryMarkdown

REPORTS = (
    NoticeHtml,
    NoticeText,
    NoticeMarkdown,
    SourceOfferHtml,
    SourceOfferText,
    SummaryHtml,
    SummaryMarkdown,
    SummaryCsv,
)
GIVEN = ("bom.json", "result.json", "SOURCE")
CASES = [
    (report, case.parent)
    for report in REPORTS
    for case in sorted((FIXTURES / "reports" / report.kind).glob("*/bom.json"))
]


@pytest.mark.parametrize(("report", "case"), CASES, ids=[f"{r.kind}-{r.form}-{c.name}" for r, c in CASES])
def test_the_report_says_what_is_expected(report, case):
    text = written(report(), *read_case(case)).replace("\r\n", "\n")
    expect(text, case / f"expected.{report.form}")


def test_every_report_has_a_case_and_every_file_a_report():
    assert {report for report, _ in CASES} == set(REPORTS)
    read = {case / name for report, case in CASES for name in (*GIVEN, f"expected.{report.form}")}
    assert {path for path in (FIXTURES / "reports").rglob("*") if path.is_file()} <= read
