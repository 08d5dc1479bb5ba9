"""What a registry holds beside an image is told of in every document, and changes nothing else."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import msgspec
import pytest
from click.testing import CliRunner
from edge_bom import EDGE

from sbomctl import api
from sbomctl.cli.main import cli
from sbomctl.model import Attachment, Bom

CREATED = datetime(2026, 6, 1, tzinfo=UTC)
SIGNATURE = Attachment("signature (cosign: application/x-\x1b[31mred)", "sha256:" + "5a" * 32, "sha256:" + "c" * 64)
SBOM = Attachment("application/spdx+json", "sha256:" + "5b" * 32, "sha256:" + "c" * 64)


def with_attached(*attached: Attachment) -> Bom:
    facts = EDGE.images[0]
    image = msgspec.structs.replace(facts.image, attached=attached)
    return msgspec.structs.replace(EDGE, images=(msgspec.structs.replace(facts, image=image), *EDGE.images[1:]))


BOM = with_attached(SBOM, SIGNATURE)


def written(bom: Bom, kind: str) -> str:
    out = io.BytesIO()
    api.write(bom, kind, out, created=CREATED)
    return out.getvalue().decode()


@pytest.mark.parametrize("kind", [writer.format for writer in api.writers() if writer.format != "table"])
def test_every_document_names_them(kind):
    text = written(BOM, kind)
    for one in (SBOM, SIGNATURE):
        assert one.digest in text
    assert "application/spdx+json" in text
    assert "\x1b" not in text
    assert SBOM.digest not in written(EDGE, kind)


def test_the_table_counts_them_in_one_line():
    (line,) = [line for line in written(BOM, "table").splitlines() if "attached" in line]
    assert line.startswith("  2 attached in the registry, not read: application/spdx+json, signature")
    assert len(line) <= 80
    assert "\x1b" not in line


def test_the_native_document_keeps_them():
    assert api.read_bom(written(BOM, "sbomctl-json").encode(), "x").images == BOM.images


def test_explain_lists_them(tmp_path):
    (tmp_path / "edge.json").write_text(written(BOM, "sbomctl-json"))
    result = CliRunner().invoke(cli, ["explain", BOM.images[0].image.name, str(tmp_path / "edge.json")])
    assert result.exit_code == 0
    assert "attached in the registry, not read: 2" in result.output
    assert SBOM.digest in result.output
    assert "\x1b" not in result.output


def test_the_audit_report_lists_them():
    out = io.BytesIO()
    api.report(BOM, "html", "html", out, created=CREATED)
    page = out.getvalue().decode()
    assert "Attached in the registry, not read" in page
    assert SIGNATURE.digest in page
