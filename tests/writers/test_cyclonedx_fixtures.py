"""Expected documents under fixtures/writers; SBOMCTL_UPDATE_FIXTURES=1 rewrites them."""

from __future__ import annotations

import msgspec
import pytest
from conftest import FIXTURES, expect, shared
from cyclonedx_oracles import VERSIONS, json_faults, write, xml_faults

from sbomctl.model import Bom

FORMATS = {"cyclonedx-json": ("cdx.json", json_faults), "cyclonedx-xml": ("cdx.xml", xml_faults)}
CASES = [(name, case) for name in FORMATS for case in sorted((FIXTURES / "writers" / name).glob("*/bom.json"))]


def test_each_format_has_cases():
    assert {name for name, _ in CASES} == set(FORMATS)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("format_name", "case"), CASES, ids=[f"{name}-{case.parent.name}" for name, case in CASES])
def test_expected_document(format_name, case, version):
    suffix, faults = FORMATS[format_name]
    data = write(msgspec.json.decode(case.read_bytes(), type=Bom), format_name, version)
    expect(data.decode(), case.with_name(f"expected.{suffix}" if version == "1.7" else f"expected-{version}.{suffix}"))
    assert faults(data, version) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_another_copy_of_the_schema_agrees(version):
    path = shared(f"licenses/schemas/bom-{version}.SNAPSHOT.schema.json")
    for name, case in CASES:
        if name == "cyclonedx-json":
            data = write(msgspec.json.decode(case.read_bytes(), type=Bom), name, version)
            assert json_faults(data, version, str(path)) == []
