"""The attribution notice of a real Debian image: nothing lost, nothing twice, and small enough for a device."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime

import pytest
from notice_claims import installed, licenses_without_text, lost_lines, lost_statements, repeated_texts, unlisted
from real_scan import debian_image, scan

from sbomctl import api
from sbomctl.model import Bom, ImageSpec, Product, Role
from sbomctl.reports.base import Report, ReportInput
from sbomctl.reports.notice import NoticeHtml, NoticeMarkdown, NoticeText
from sbomctl.reports.templates import Templates

pytestmark = pytest.mark.timeout(1800)  # whoever comes first builds the image

CREATED = datetime(2026, 11, 20, tzinfo=UTC)
LARGEST = 1_500_000  # bytes


@pytest.fixture(scope="module")
def bom(pytestconfig: pytest.Config) -> Bom:
    target = f"oci-archive:{debian_image(pytestconfig).oci_archive}"
    return api.merge([scan(target)], Product("debian", images=(ImageSpec("image", Role.CONTAINER, target),)))


def data_of(report: Report, bom: Bom) -> bytes:
    out = io.BytesIO()
    report.write(ReportInput(bom, None, CREATED, "0.1.0", Templates()), out)
    return out.getvalue()


@pytest.fixture(scope="module")
def page(bom: Bom) -> str:
    return data_of(NoticeHtml(), bom).decode()


def test_every_component_is_listed(bom, page):
    assert len(installed(bom)) > 1000
    assert unlisted(bom, page) == []
    assert f"{len(installed(bom)):,} components" in page


def test_no_copyright_statement_is_lost(bom, page):
    assert sum(len(one.copyrights) for one in bom.components) > 3000
    assert lost_statements(bom, page) == []
    assert lost_lines(bom, page) == []


def test_every_license_has_its_text_or_is_said_to_lack_it(bom, page):
    assert licenses_without_text(bom, page) == []


def test_no_text_is_printed_twice(page):
    assert repeated_texts(page) == []


@pytest.mark.parametrize("report", [NoticeHtml, NoticeText, NoticeMarkdown])
def test_it_fits_a_device_and_is_the_same_each_time(bom, report):
    data = data_of(report(), bom)
    assert len(data) < LARGEST
    assert len(gzip.compress(data)) < 350_000
    assert data_of(report(), bom) == data
