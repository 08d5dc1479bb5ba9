"""What another program says of texts that ours does not know: told with its name, and counted."""

from __future__ import annotations

import pytest
from scancode_stand_in import program
from scanned import STATUS, inventory, owning, status

from sbomctl import engine
from sbomctl.delegates.scancode import ScanCode
from sbomctl.errors import ToolMissing
from sbomctl.licenses import DETECTORS

UNKNOWN = """\
THE GREEN TEAPOT SOFTWARE LICENSE

Everybody who owns a green teapot is granted permission to use, copy, modify and distribute this
software, on condition that tea is offered to whoever asks. There is no warranty of any kind.
"""


def scan(opinion=None):
    files = {STATUS: status(a="1"), **owning("a", "opt/a/LICENSE"), "opt/a/LICENSE": UNKNOWN}
    return inventory(files, detection=engine.Detection(DETECTORS, opinion=opinion))


def test_a_text_that_nobody_knows_holds_under_a_reference_and_is_kept():
    found = scan()
    [package] = found.packages
    [finding] = package.licenses
    assert package.detected == finding.expression
    assert finding.expression.startswith("LicenseRef-sbomctl-unknown-text-")
    assert found.license_texts[finding.text_sha256] == UNKNOWN


def test_what_scancode_says_is_its_word(tmp_path):
    answer = (
        '    say({"found": [["mit", 3, 4, 0.75, ["teapot_1"]], ["LicenseRef-scancode-tea", 1, 1, 1.0, ["tea_2"]]]})'
    )
    found = scan(engine.SecondOpinion(program(tmp_path, answer)))
    [package] = found.packages
    assert package.detected == "LicenseRef-scancode-tea AND MIT"
    [finding] = package.licenses
    assert (finding.found_by, finding.coverage) == ("scancode", 0.75)
    assert finding.remark == "by its rules tea_2, teapot_1"
    assert [(tool.name, tool.version) for tool in found.tools if tool.name == "scancode"] == [("scancode", "0.0-test")]


def test_where_it_knows_nothing_or_fails_the_text_stays_unknown(tmp_path):
    silent = scan(engine.SecondOpinion(program(tmp_path, '    say({"found": []})')))
    assert silent.packages[0].detected.startswith("LicenseRef-sbomctl-unknown-text-")
    failing = scan(engine.SecondOpinion(program(tmp_path, '    say({"fault": "ValueError: no"})')))
    assert failing.packages[0].detected == silent.packages[0].detected
    assert "ScanCode: ValueError: no" in [one.remark for one in failing.packages[0].licenses]


def test_without_scancode_asking_for_it_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("SBOMCTL_SCANCODE", raising=False)
    with pytest.raises(ToolMissing, match="scancode is not installed"):
        engine.SecondOpinion(ScanCode())
