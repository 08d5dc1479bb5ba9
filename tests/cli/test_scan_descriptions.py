"""Descriptions of other programs as plain targets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from saved_image import docker_archive, dpkg_status

from sbomctl.cli.main import cli

COMPOSE = "services: {web: {image: 'acme/web:${TAG}'}, other: {build: .}}\n"
MANIFEST = {"modulesContent": {"$edgeAgent": {"properties.desired": {"modules": {"m": {"settings": {"image": "$X"}}}}}}}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TAG", raising=False)
    docker_archive(tmp_path / "os.tar", dpkg_status(zlib1g="1"))
    (tmp_path / "docker-compose.yml").write_text(COMPOSE)
    (tmp_path / "deployment.json").write_text(json.dumps(MANIFEST))
    return tmp_path


def run(*arguments: str):
    result = CliRunner().invoke(cli, list(arguments))
    assert "Traceback" not in result.output
    return result


def test_beside_targets_its_images_are_those_of_the_product():
    result = run("scan", "os.tar", "docker-compose.yml", "--engine", "native", "-o", "sbomctl-json=out.json")
    assert result.exit_code == 0
    assert "web: docker-compose.yml:1:25: the variable TAG is not set" in result.stderr
    assert "names no base OS" not in result.stderr
    bom = json.loads(Path("out.json").read_bytes())["bom"]
    assert [spec["name"] for spec in bom["product"]["images"]] == ["os", "web", "other"]
    assert bom["product"]["descriptions"] == ["docker-compose.yml"]
    assert run("scan", "os.tar", "docker-compose.yml", "--strict", "-o", "table=x").exit_code == 4


def test_alone_it_is_said_what_is_missing():
    result = run("scan", "docker-compose.yml")
    assert result.exit_code == 3
    assert result.stderr.startswith("sbomctl: docker-compose.yml names no base OS; add its target, or write a product")
    assert "none of the 2 images can be read" in result.stderr
    for command in (["check", "--policy", "permissive"], ["licenses"], ["explain", "web"]):
        assert "the variable TAG is not set" in run(*command, "docker-compose.yml").stderr


def test_json_may_be_a_description_too(folder):
    result = run("scan", "deployment.json", "os.tar", "--engine", "native")
    assert result.exit_code == 0
    assert "m: deployment.json:1:" in result.stderr
    assert "the variable X is not set" in result.stderr
    (folder / "sbom.json").write_text('{"bomFormat": "CycloneDX", "services": [{"apiVersion": "v1", "kind": "x"}]}')
    assert run("scan", "sbom.json").exit_code == 2


def test_kinds_are_not_mixed_without_a_product_file():
    result = run("scan", "docker-compose.yml", "deployment.json")
    assert result.exit_code == 2
    assert "descriptions of several kinds: compose, iotedge" in result.stderr


def test_a_faulty_description_is_told_with_its_line(folder):
    (folder / "docker-compose.yml").write_text("include: [gone.yml]\n" + COMPOSE)
    result = run("scan", "docker-compose.yml")
    assert result.exit_code == 2
    assert "docker-compose.yml:1:11: no such file: gone.yml" in result.stderr
