"""Expected documents, byte for byte: fixtures/writers/<format>/<case>/expected[-VERSION]<suffix>."""

import io

import boms
import msgspec
import pytest
from conftest import FIXTURES, expect

from sbomctl.model import Bom
from sbomctl.writers import WRITERS, WriteContext

DOCUMENTS = [
    (writer, version, case)
    for writer in WRITERS
    if writer.format.startswith("spdx")
    for version in writer.versions
    if version != "3.0.1"  # the same as 3.0
    for case in sorted((FIXTURES / "writers" / writer.format).iterdir())
]


@pytest.mark.parametrize(
    ("writer", "version", "case"), DOCUMENTS, ids=lambda value: getattr(value, "format", getattr(value, "name", value))
)
def test_expected_document(writer, version, case, monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda _: "3.29.0")
    bom = msgspec.json.decode((case / "bom.json").read_bytes(), type=Bom)
    out = io.BytesIO()
    writer.write(bom, out, WriteContext(version, boms.CREATED, "0.1.0"))
    mark = "" if version == writer.versions[0] else f"-{version}"
    expect(out.getvalue().decode(), case / f"expected{mark}{writer.suffix}")


def test_every_spdx_writer_has_a_case():
    assert {writer.format for writer, _, _ in DOCUMENTS} == {"spdx-json", "spdx-tag-value"}
