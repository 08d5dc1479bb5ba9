"""Release summaries: their numbers are those of the Bom and of the check."""

from __future__ import annotations

import csv
import io
import zipfile

import msgspec
import pytest
from report_boms import ATTACK, bom, check, data_of, known, package, plain, written

from sbomctl.model import Location, Problem, RuleInfo, Severity, State, Violation, Waiver, WaiverReason
from sbomctl.policy.classes import OBLIGATIONS
from sbomctl.reports._duties import _ACTIONS
from sbomctl.reports._summary_build import build_summary
from sbomctl.reports.summary import SummaryCsv, SummaryHtml, SummaryMarkdown, SummaryXlsx

FORMS = (SummaryHtml, SummaryMarkdown, SummaryCsv, SummaryXlsx)
BILL = bom(
    package("bash", "GPL-3.0-or-later"),
    package("ssl", "OpenSSL AND MIT", image="app"),
    package("old", "MIT", state=State.SHADOWED),
    package("odd", "LicenseRef-odd"),
    package("none"),
    problems=(Problem(Location("os", 0, "x"), "rpm", "damaged"),),
)


def waiver(name: str, expires: str, **changes) -> Waiver:
    reason = WaiverReason("LICENSE_ACQUIRED", "bought")
    return Waiver(name, "denied-license", reason, "os-team", "legal", "2026-01-01", expires, **changes)


def violation(rule: str, severity: Severity, **changes) -> Violation:
    return Violation(rule, severity, "it is not accepted", "Do something.", image="os", **changes)


RESULT = check(
    rules=(RuleInfo("denied-license", "it is denied", "Replace it.", "error"),),
    violations=(
        violation("denied-license", Severity.ERROR, fails=True),
        violation("denied-license", Severity.ERROR, waived_by="W-1"),
        violation("missing-notice", Severity.NOTE),
    ),
    waivers=(
        waiver("W-1", "2027-02-18", component="pkg:deb/debian/bash"),
        waiver("W-2", "2027-02-19"),
        waiver("W-3", "2026-11-19"),
    ),
)


def test_the_numbers():
    summary = build_summary(known(BILL, RESULT))
    assert dict(summary.counts) == {
        "images": 2,
        "components": 5,
        "components hidden by upper layers": 1,
        "licenses": 4,
        "components without a license": 1,
        "licenses without a class": 1,
        "files with code that no package accounts for": 0,
        "problems while reading": 1,
    }
    assert summary.severities == (("error", 1, 1), ("warning", 0, 0), ("note", 1, 0))
    assert [(one.rule, one.open, one.waived) for one in summary.findings] == [
        ("denied-license", 1, 1),
        ("missing-notice", 1, 0),
    ]
    assert [(one.id, one.days) for one in summary.waivers] == [("W-3", -1), ("W-1", 90)]
    assert [(one.name, one.components, one.findings) for one in summary.images] == [
        ("os", 4, (1, 0, 1)),
        ("app", 1, (0, 0, 0)),
    ]
    assert summary.failed


def test_what_to_do_by_license():
    summary = build_summary(known(BILL))
    told = {one.name: one for one in summary.duties}
    assert told["installation"].licenses == ("GPL-3.0-or-later",)
    assert told["acknowledgment"].licenses == ("OpenSSL",)
    assert told["text"].components == 3
    assert list(told) == [one for one in OBLIGATIONS if one in told]
    assert dict(summary.sources) == {"not fetched": 1, "not required": 2, "unknown": 2}


def test_every_obligation_has_words():
    assert set(_ACTIONS) == set(OBLIGATIONS)
    assert all(one.endswith(".") for one in _ACTIONS.values())


@pytest.mark.parametrize("report", FORMS[:3])
def test_every_form_says_it(report):
    text = written(report(), BILL, RESULT)
    text = plain(text) if report is SummaryHtml else text
    for fact in ("denied-license", "W-1", "2027-02-18", "GPL-3.0-or-later", "installation", "Replace it."):
        assert fact in text.replace("\\", ""), fact
    assert "W-2" not in text
    unchecked = written(report(), BILL)
    assert "ot checked" in unchecked
    assert "Findings" not in unchecked


def test_csv_is_read_as_tables_and_computes_nothing():
    bill = bom(package("one", "MIT"), product=msgspec.structs.replace(BILL.product, name="=1+1"))
    rows = list(csv.reader(io.StringIO(written(SummaryCsv(), bill, RESULT))))
    assert ["Release", "product", "'=1+1"] in rows
    assert {row[0] for row in rows} >= {"table", "Release", "Images", "To do", "Licenses", "Sources", "Findings"}


def test_the_workbook():
    with zipfile.ZipFile(io.BytesIO(data_of(SummaryXlsx(), BILL, RESULT))) as book:
        assert book.testzip() is None
        sheets = book.read("xl/workbook.xml").decode()
        strings = book.read("xl/sharedStrings.xml").decode()
        cells = b"".join(book.read(one) for one in book.namelist() if "worksheets/" in one)
    for name in ("Release", "Images", "To do", "Licenses", "Sources", "Findings", "Waivers that end"):
        assert f'name="{name}"' in sheets
    assert "GPL-3.0-or-later" in strings
    assert b"<f>" not in cells


@pytest.mark.parametrize("report", FORMS)
def test_names_that_attack_stay_text_and_bytes_stay_the_same(report):
    bill = bom(package(ATTACK, "MIT", version=ATTACK), product=msgspec.structs.replace(BILL.product, name=ATTACK))
    result = check(waivers=(waiver(ATTACK, "2026-12-01", component=ATTACK),))
    data = data_of(report(), bill, result)
    assert data_of(report(), bill, result) == data
    if report is not SummaryXlsx:
        assert b"\x1b" not in data
        assert "\u202e" not in data.decode()
    if report in (SummaryHtml, SummaryMarkdown):
        assert b"<script>" not in data
