"""What people read of a Bom: pure functions; no layers, no clock, no files. To add one: a module here, a line below.

One class per kind and form, for a form decides what can be shown at all; what forms of one
kind share is in a module that starts with an underscore.
"""

from sbomctl.errors import ConfigError
from sbomctl.reports.base import Report, ReportInput
from sbomctl.reports.html import HtmlReport
from sbomctl.reports.license_summary import license_summary
from sbomctl.reports.notice import NoticeHtml, NoticeMarkdown, NoticeText
from sbomctl.reports.source_offer import SourceOfferHtml, SourceOfferText
from sbomctl.reports.summary import SummaryCsv, SummaryHtml, SummaryMarkdown, SummaryXlsx
from sbomctl.reports.templates import Templates

REPORTS: tuple[Report, ...] = (
    HtmlReport(),
    NoticeHtml(),
    NoticeText(),
    NoticeMarkdown(),
    SourceOfferHtml(),
    SourceOfferText(),
    SummaryMarkdown(),
    SummaryHtml(),
    SummaryCsv(),
    SummaryXlsx(),
)

__all__ = ["REPORTS", "Report", "ReportInput", "Templates", "find_report", "license_summary"]


def find_report(kind: str, form: str) -> Report:
    """The report of that kind in that form; raises ``ConfigError`` naming what there is."""
    of_kind = {one.form: one for one in REPORTS if one.kind == kind}
    if not of_kind:
        known = ", ".join(dict.fromkeys(one.kind for one in REPORTS))
        raise ConfigError(f"unknown kind of report {kind!r}", f"kinds are: {known}")
    if form not in of_kind:
        raise ConfigError(f"there is no {kind} in the form {form!r}", f"forms are: {', '.join(of_kind)}")
    return of_kind[form]
