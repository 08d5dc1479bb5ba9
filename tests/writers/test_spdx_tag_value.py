"""SPDX 2.3 tag-value: the same document as the JSON, as spdx-tools reads both."""

import io
import json
import re

import boms
import pytest
import spdx_oracles as oracles
from license_boms import hostile_licenses_bom, licensed_bom
from test_spdx_json import write as write_json

from sbomctl.writers.base import WriteContext
from sbomctl.writers.spdx_tag_value import SpdxTagValueWriter


def write(bom) -> bytes:
    out = io.BytesIO()
    SpdxTagValueWriter().write(bom, out, WriteContext("2.3", boms.CREATED, "0.1.0"))
    return out.getvalue()


def as_tag_value_can_say(data: bytes) -> bytes:
    """The JSON document with the replacements that tag-value needs."""
    document = json.loads(data.replace(b"</text>", b"&lt;/text>").replace(b"<text>", b"&lt;text>"))
    for package in document["packages"]:
        for field in ("name", "versionInfo"):
            if package.get(field) == "NOASSERTION":
                package[field] = '"NOASSERTION"'
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "make", [boms.rich_bom, boms.empty_bom, boms.imageless_bom, boms.hostile_bom, hostile_licenses_bom]
)
def test_equals_the_json_document(make, tmp_path, monkeypatch):
    oracles.linear_spdx_tools(monkeypatch)
    ours = oracles.read_back(write(make()), tmp_path, tag_value=True)
    json_document = oracles.read_back(as_tag_value_can_say(write_json(make())), tmp_path)
    assert oracles.unordered(ours) == oracles.unordered(json_document)
    assert oracles.validator_messages(ours) == []


def test_five_thousand_components_equal_the_json_document(tmp_path, monkeypatch):
    oracles.linear_spdx_tools(monkeypatch)
    bom = licensed_bom(5000, text_size=500)
    ours = oracles.read_back(write(bom), tmp_path, tag_value=True)
    assert oracles.unordered(ours) == oracles.unordered(oracles.read_back(write_json(bom), tmp_path))
    assert oracles.validator_messages(ours) == []


def test_same_input_same_bytes():
    assert write(boms.rich_bom()) == write(boms.rich_bom())


def test_no_value_can_forge_a_tag():
    outside_text = re.sub(r"(?s)<text>.*?</text>", "", write(boms.hostile_bom()).decode())
    assert len(re.findall("(?m)^PackageName:", outside_text)) == 1 + 1 + len(boms.HOSTILE)
    assert "text>" not in outside_text.replace("&lt;/text>", "").replace("&lt;text>", "")


@pytest.mark.parametrize("name", ["NONE", "NOASSERTION", "Person: x", "2024-01-01T00:00:00Z"])
def test_a_version_that_reads_like_something_else_is_quoted(name, tmp_path):
    bom = boms.Bom(boms.Product("p", name))
    document = oracles.read_back(write(bom), tmp_path, tag_value=True)
    assert document.packages[0].version == f'"{name}"'
