"""Heads of scripts in a harvest."""

from __future__ import annotations

import hashlib

import pytest
from conftest import layer, stack_of, tar_of

from sbomctl.layers import heads as heads_module
from sbomctl.layers.harvest import harvest
from sbomctl.layers.heads import HEAD
from sbomctl.sources.base import Limits

TAG = "#!/bin/sh\n# SPDX-License-Identifier: MIT\n"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def heads_of(files: dict[str, str]) -> dict[str, bytes]:
    return harvest(layer(tar_of(files)), lambda path: path == "wanted", Limits()).heads


def test_only_scripts_that_speak_of_a_license_are_kept():
    upper, module = "#!/bin/sh\n# COPYRIGHT\n", '"""Licence: MIT."""\n'
    files = {"a": TAG, "b.py": module, "c": upper, "d": "#!/bin/sh\necho\n", "e.txt": TAG[10:], "f": "", "same": TAG}
    assert heads_of(files) == {digest(text): text.encode() for text in (TAG, module, upper)}


def test_what_comes_long_after_is_cut_off():
    script = TAG + "x" * 5000
    assert heads_of({"a": script}) == {digest(script): script.encode()[: TAG.index("License") + 1024]}
    script = TAG + "# copyright\n" * 5000
    assert heads_of({"a": script}) == {digest(script): script.encode()[:HEAD]}
    script = "#!/bin/sh\n" + "x" * HEAD + TAG
    assert heads_of({"a": script}) == {}


@pytest.mark.parametrize("before", [0, 100, 1 << 20, (1 << 20) - 1100, (1 << 20) - 1700])
def test_a_script_is_read_alike_wherever_the_blocks_of_reading_end(before):
    script = TAG + "# copyright\n" * 200_000
    found = heads_of({"before": "x" * before, "a": script})
    assert found == {digest(script): script.encode()[:HEAD]}


def test_a_flood_of_scripts_is_bounded_and_told(monkeypatch):
    monkeypatch.setattr(heads_module, "_MOST", 300)
    scripts = [f"{TAG}{number}" for number in range(20)]
    found = heads_of({str(number): script for number, script in enumerate(scripts)})
    assert list(found) == [digest(script) for script in scripts]
    assert sum(map(len, found.values())) <= 300
    assert [bool(head) for head in found.values()] == [True] * 7 + [False] * 13


def test_a_stack_has_the_heads_of_all_layers():
    other = TAG + "echo\n"
    stack = stack_of(tar_of({"a": TAG}), tar_of({"b": other, "a": TAG}), wanted=lambda path: False)
    assert stack.heads == {digest(text): text.encode() for text in (TAG, other)}
