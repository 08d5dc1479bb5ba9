from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from edge_bom import EDGE
from test_explain import document

from sbomctl.cli.main import cli
from sbomctl.readers.sbomctl_json import decode


def export(*arguments: str, **options):
    return CliRunner().invoke(cli, ["export", *arguments], **options)


def test_the_table_is_the_default(tmp_path):
    result = export(document(tmp_path))
    assert result.exit_code == 0
    assert "\nedge-gateway 2.4.0: 2 images, 4 components\n" in result.stdout


def test_several_documents_at_once(tmp_path):
    source = document(tmp_path)
    result = export(
        source, "-o", f"sbomctl-json={tmp_path}/copy.json", "-o", f"table={tmp_path}/t.txt", "-o", "table=-"
    )
    assert result.exit_code == 0
    assert decode((tmp_path / "copy.json").read_bytes(), "f") == EDGE
    assert result.stdout == (tmp_path / "t.txt").read_text()


def test_a_document_can_replace_itself(tmp_path):
    source = document(tmp_path)
    assert export(source, "-o", f"sbomctl-json={source}").exit_code == 0
    assert decode(Path(source).read_bytes(), "f") == EDGE


def test_standard_input_and_output(tmp_path):
    data = Path(document(tmp_path)).read_bytes()
    result = export("-", "-o", "sbomctl-json", input=data)
    assert result.exit_code == 0
    assert decode(result.stdout_bytes, "f") == EDGE
    assert export("-", input=b"x").stderr.startswith("sbomctl: standard input is no sbomctl document: ")


def test_the_time_in_documents_is_the_one_of_the_source(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    source = document(tmp_path)
    first, second = (export(source, "-o", "sbomctl-json").stdout for _ in range(2))
    assert first == second
    assert json.loads(first)["sbomctl"]["created"] == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize("value", ["x", "-1", "1.5", "253402300800", "9" * 40, "٣", " 1"])
def test_a_time_that_is_none_is_refused_before_anything_is_read(monkeypatch, value):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", value)
    result = export("gone.json")
    assert result.exit_code == 2
    assert "SOURCE_DATE_EPOCH" in result.stderr
    assert "\nhint: " in result.stderr


@pytest.mark.parametrize("wish", ["xml", "table@1", "sbomctl-json@2=x.json", "=x", "", "@", "spdx"])
def test_an_unknown_format_is_told_with_the_known_ones(wish):
    result = export("x.json", "-o", wish)
    assert result.exit_code == 2
    assert "known are table, sbomctl-json" in " ".join(result.stderr.split())


def test_the_place_is_checked_before_the_document_is_read(tmp_path):
    result = export("gone.json", "-o", f"table={tmp_path}/no/where")
    assert (result.exit_code, result.stderr) == (
        3,
        f"sbomctl: cannot write {tmp_path}/no/where: there is no directory {tmp_path}/no\n",
    )


@pytest.mark.parametrize("name", ["gone.json", "."])
def test_a_document_that_cannot_be_read_is_3(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    result = export(name)
    assert result.exit_code == 3
    assert result.stderr.startswith(f"sbomctl: cannot read {name}: ")
