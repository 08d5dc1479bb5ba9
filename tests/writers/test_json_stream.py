"""Long arrays are written in parts that cannot be told from one."""

from __future__ import annotations

import io
import json

import msgspec
import pytest

from sbomctl.writers._json_stream import write_json


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 128, 1000])
@pytest.mark.parametrize("item", [{"a": "x\ny", "b": [1, {"c": []}]}, "plain", [], {}])
def test_streamed_arrays_look_like_whole_ones(count, item):
    out = io.BytesIO()
    write_json(out, {"head": {"x": 1}}, {"items": iter([item] * count), "more": [item]})
    whole = {"head": {"x": 1}, "items": [item] * count, "more": [item]}
    assert json.loads(out.getvalue()) == whole
    assert out.getvalue() == msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"
