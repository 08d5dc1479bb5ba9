"""Everything that the HTML report shows, as plain data: its template only lays it out."""

from __future__ import annotations

import msgspec

from sbomctl.reports._audit_findings import RuleFindings, WaiverLine, findings_of, group_numbers, waivers_of
from sbomctl.reports._audit_gaps import Gaps, gaps_of
from sbomctl.reports._audit_images import ImagePage, images_of
from sbomctl.reports._audit_index import Index
from sbomctl.reports._audit_overview import Overview, overview_of
from sbomctl.reports._audit_rows import FACTS, Details, Row, details_of, row_of
from sbomctl.reports._audit_sources import Sources, sources_of
from sbomctl.reports._audit_texts import LicenseLine, Text, licenses_of, texts_of
from sbomctl.reports.base import ReportInput


class Head(msgspec.Struct, frozen=True):
    """What the report is about and how it was made."""

    product: str
    version: str
    created: str  # to the second, UTC
    tool_version: str
    supplier: tuple[tuple[str, str], ...]  # label, value
    asked: tuple[tuple[str, str], ...]
    policy_files: tuple[tuple[str, str], ...]  # name, SHA-256
    tools: tuple[tuple[str, str], ...]  # name, version


class Audit(msgspec.Struct, frozen=True):
    """The whole report; ``rows`` and ``details.components`` belong together by position."""

    head: Head
    overview: Overview
    findings: tuple[RuleFindings, ...]
    fixed: tuple[tuple[str, str], ...]  # rule, what was fixed since the baseline
    waivers: tuple[WaiverLine, ...]
    rows: tuple[Row, ...]
    fact_labels: tuple[str, ...]
    details: Details
    licenses: tuple[LicenseLine, ...]
    images: tuple[ImagePage, ...]
    image_order: tuple[str, ...]  # names by the numbers that rows and details use
    sources: Sources
    gaps: Gaps
    texts: tuple[Text, ...]


def audit_of(known: ReportInput, index: Index) -> Audit:
    """The report on ``known``, of which ``index`` is the index."""
    result = known.result
    numbers = group_numbers(result)
    images, findings, waivers = images_of(index), findings_of(result, numbers), waivers_of(result)
    details, sources = details_of(index, numbers), sources_of(index)
    together = zip(index.components, details.components, strict=True)
    rows = tuple([row_of(one, index, detail.evidence) for one, detail in together])
    fixed = [(one.rule, f"{one.name or one.image}: {one.message}") for one in (result.fixed if result else ())]
    return Audit(
        _head(known),
        overview_of(index, rows, images, sources, findings, waivers),
        findings,
        tuple(fixed),
        waivers,
        rows,
        FACTS,
        details,
        licenses_of(index, rows, tuple(index.images)),
        images,
        tuple(index.images),
        sources,
        gaps_of(index),
        texts_of(index),
    )


def _head(known: ReportInput) -> Head:
    product, result = known.bom.product, known.result
    supplier = product.supplier
    told = (("Supplier", supplier.name), ("Site", supplier.url), ("Email", supplier.email), ("Post", supplier.address))
    device = product.distribution
    asked = [
        ("User product", device.user_product),
        ("Locked boot", device.locked_boot),
        ("Channels", ", ".join(device.channels)),
    ]
    if result is not None:
        asked[:0] = [
            ("Policy", f"{result.policy} {result.policy_version}".rstrip()),
            ("Profile", result.profile),
            ("Fails on", f"{result.fail_on}{', new ones only' if result.only_new else ''}"),
            ("Checked on", result.today),
        ]
    return Head(
        product.name,
        product.version,
        known.created.strftime("%Y-%m-%d %H:%M:%S UTC"),
        known.tool_version,
        tuple([pair for pair in told if pair[1]]),
        tuple([pair for pair in asked if pair[1]]),
        tuple([(one.name, one.sha256) for one in result.policy_files]) if result else (),
        tuple([(f"{one.part_of}: {one.name}" if one.part_of else one.name, one.version) for one in known.bom.tools]),
    )
