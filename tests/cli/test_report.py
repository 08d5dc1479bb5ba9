"""``sbomctl report``: forms, places, images, templates; what the reports say is tested with them."""

from __future__ import annotations

import gzip
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from edge_bom import EDGE
from test_bundle import OFFER, SUPPLIER
from test_check import licensed
from test_explain import document

from sbomctl import api
from sbomctl.cli.main import cli
from sbomctl.model import Bom


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1717200000")
    return tmp_path


FACTS = msgspec.structs.replace(EDGE.product, supplier=SUPPLIER, source_offer=OFFER)
EDGE = msgspec.structs.replace(EDGE, product=FACTS)


def report(kind: str, *arguments: str, bom: Bom = EDGE):
    result = CliRunner().invoke(cli, ["report", kind, document(Path(), bom), *arguments])
    assert "Traceback" not in result.output
    return result


@pytest.mark.parametrize(("kind", "form"), [(one.kind, one.form) for one in api.report_kinds()])
def test_every_report_is_written_in_every_form(place, kind, form):
    assert report(kind, "-o", f"one.{form}").exit_code == 0
    assert report(kind, "-o", f"TWO.{form.upper()}", "--policy", "permissive").exit_code == 0
    assert Path(f"one.{form}").stat().st_size > 100
    assert report(kind, "-o", f"one.{form}.gz").exit_code == 0
    packed = Path(f"one.{form}.gz").read_bytes()
    assert gzip.decompress(packed) == Path(f"one.{form}").read_bytes()
    assert packed[4:8] == bytes(4)  # no time in it
    assert not packed[3] & 8  # and no name


def test_the_form_comes_from_the_name_or_is_given(place):
    assert report("notice", "-o", "one.txt").exit_code == 0
    assert report("notice", "-o", "NOTICE", "--form", "txt").exit_code == 0
    assert Path("one.txt").read_bytes() == Path("NOTICE").read_bytes()
    assert report("notice", "-o", "-", "--form", "txt").stdout_bytes == Path("NOTICE").read_bytes()
    for arguments in (("-o", "NOTICE"), ("-o", "-"), ("-o", "notice.pdf"), ("-o", "x.txt", "--form", "pdf")):
        result = report("notice", *arguments)
        assert (result.exit_code, "--form: html, txt, md" in result.stderr) == (2, True)


def test_an_unknown_kind_is_answered_with_those_known(place):
    result = report("poem", "-o", "x.txt")
    assert result.exit_code == 2
    assert "known are html, notice, source-offer, summary" in result.stderr


def test_one_image_has_less(place):
    assert report("notice", "-o", "all.txt").exit_code == 0
    assert report("notice", "-o", "os.txt", "--image", "os").exit_code == 0
    assert "curl" in Path("all.txt").read_text()
    assert "curl" not in Path("os.txt").read_text()
    assert report("notice", "-o", "x.txt", "--image", "bus").exit_code == 2


def test_one_image_has_only_its_findings(place):
    for image in ("os", "app"):
        assert report("summary", "-o", f"{image}.csv", "--image", image, "--policy", "permissive").exit_code == 0
        assert report("html", "-o", f"{image}.html", "--image", image, "--policy", "permissive").exit_code == 0
    assert "/usr/local/bin/agent" in Path("os.html").read_text()
    assert "agent" not in Path("app.html").read_text()


def test_the_policy_of_a_report_is_no_gate(place):
    assert report("html", "-o", "one.html").exit_code == 0
    assert report("html", "-o", "two.html", "--policy", "embedded-locked").exit_code == 0
    assert Path("one.html").read_bytes() != Path("two.html").read_bytes()
    result = report("html", "-o", "x.html", "--waivers", "w.yaml")
    assert (result.exit_code, "give --policy" in result.stderr) == (2, True)
    assert report("html", "-o", "x.html", "--strict").exit_code == 4  # it has problems


def test_own_templates_go_first(place):
    Path("own").mkdir()
    Path("own/notice.txt.j2").write_text("Ours\n")
    assert report("notice", "-o", "NOTICE.txt", "--templates", "own").exit_code == 0
    assert Path("NOTICE.txt").read_text() == "Ours\n"
    Path("own/notice.txt.j2").write_text("Ours\n{{ nobody.of }}\n")
    result = report("notice", "-o", "x.txt", "--templates", "own")
    assert result.exit_code == 2
    assert "notice.txt.j2:2: 'nobody' is undefined" in result.stderr
    assert report("notice", "-o", "x.txt", "--templates", "gone").exit_code == 2
    assert not Path("x.txt").exists()


def test_an_offer_without_its_facts_is_refused(place):
    result = report("source-offer", "-o", "offer.html", bom=licensed("GPL-2.0-only"))
    assert result.exit_code == 2
    assert "product.supplier.address is missing" in result.stderr
    assert "source_offer.last_shipped is missing" in result.stderr
    assert not Path("offer.html").exists()


def test_a_report_of_the_library_is_that_of_the_command(place):
    import io
    from datetime import UTC, datetime

    out = io.BytesIO()
    api.report(EDGE, "notice", "txt", out, created=datetime.fromtimestamp(1717200000, UTC))
    assert report("notice", "-o", "NOTICE.txt").exit_code == 0
    assert Path("NOTICE.txt").read_bytes() == out.getvalue()
