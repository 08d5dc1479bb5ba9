from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import msgspec
import pytest
from edge_bom import EDGE

from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.readers.sbomctl_json import decode
from sbomctl.writers.base import WriteContext
from sbomctl.writers.sbomctl_json import SbomctlJsonWriter

CONTEXT = WriteContext("", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC), "0.1.0")


def written(bom=EDGE) -> bytes:
    out = io.BytesIO()
    SbomctlJsonWriter().write(bom, out, CONTEXT)
    return out.getvalue()


def changed(change) -> bytes:
    document = json.loads(written())
    change(document)
    return json.dumps(document).encode()


def test_nothing_is_lost_and_the_bytes_are_stable():
    assert decode(written(), "f") == EDGE
    assert written() == written(decode(written(), "f"))
    shuffled = msgspec.structs.replace(EDGE, license_texts=dict(reversed(EDGE.license_texts.items())))
    assert written(shuffled) == written()


def test_the_head_comes_first():
    assert written().startswith(b'{"sbomctl":{"format":1,"tool":"0.1.0","created":"2024-05-06T07:08:09Z"},"bom":{')
    assert written().endswith(b"}\n")


def test_a_document_of_the_future_is_refused_whatever_else_it_holds():
    with pytest.raises(UnsupportedInput, match="native format 2, this sbomctl reads 1"):
        decode(b'{"sbomctl": {"format": 2}, "else": true}', "f")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b'{"spdxVersion": "SPDX-2.3"}', "SPDX"),
        (b'{"@context": "x", "@graph": []}', "SPDX 3"),
        (b'{"bomFormat": "CycloneDX"}', "CycloneDX"),
    ],
)
def test_other_formats_are_named(data, name):
    with pytest.raises(UnsupportedInput, match=f"f: {name} documents are not read here"):
        decode(data, "f")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"sbomctl":' * 100_000,
        b'{"x":' + b"[" * 100_000,
        written()[:-10],
        written() + b"{}",
        written().replace(b'"edge-gateway"', b'"\xff"'),
    ],
)
def test_what_is_no_document_is_corrupt(data):
    with pytest.raises(CorruptInput, match="f is no sbomctl document") as caught:
        decode(data, "f")
    assert caught.value.exit_code == 3


def test_a_wrong_type_is_told_with_its_path():
    data = changed(lambda document: document["bom"]["components"][2].update(name=7))
    with pytest.raises(CorruptInput, match=r"Expected `str`, got `int` - at `\$\.bom\.components\[2\]\.name`"):
        decode(data, "f")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda bom: bom["images"][0]["image"].update(name="os"), "two images have one name"),
        (lambda bom: bom["components"][1].update(id="c-0000000000000001"), "two elements have one id"),
        (lambda bom: bom["relationships"].append(["product", "CONTAINS", "c-gone"]), "names 'c-gone'"),
        (lambda bom: bom["components"][0]["occurrences"][0]["location"].update(image="gone"), "image 'gone'"),
        (lambda bom: bom["components"][2]["occurrences"][0].update(hidden_in=3), "a layer that image 'app' does not"),
        (lambda bom: bom["components"][2]["occurrences"][0].update(introduced_in=-2), "a layer that image 'app'"),
    ],
)
def test_loose_ends_are_corrupt(change, fault):
    with pytest.raises(CorruptInput, match=fault):
        decode(changed(lambda document: change(document["bom"])), "f")
