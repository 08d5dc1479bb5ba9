from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import jsonschema_rs
import pytest
from click.testing import CliRunner
from edge_bom import EDGE

from sbomctl.cli.main import cli
from sbomctl.config.product import load_product
from sbomctl.descriptions import read
from sbomctl.errors import ConfigError
from sbomctl.writers.base import WriteContext
from sbomctl.writers.sbomctl_json import SbomctlJsonWriter

SCHEMES = ("docker", "docker-archive", "oci-archive", "oci-dir", "rootfs", "dir")


def init(*arguments: str):
    return CliRunner().invoke(cli, ["init", *arguments])


def test_the_starter_lacks_nothing_but_the_images(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = init()
    assert result.exit_code == 0
    assert "sbomctl scan product.yaml" in result.output
    with pytest.raises(ConfigError) as caught:
        load_product(tmp_path / "product.yaml", SCHEMES, read)
    assert [fault.message for fault in caught.value.faults] == [
        f"no such file: {tmp_path}/build/rootfs.tar",
        f"no such file: {tmp_path}/build/app.tar",
    ]
    (tmp_path / "build").mkdir()
    for name in ("rootfs.tar", "app.tar"):
        (tmp_path / "build" / name).write_text("x")
    assert load_product(tmp_path / "product.yaml", SCHEMES, read).name == "my-device"


def test_the_comments_of_the_starter_are_true_too(tmp_path):
    """Everything commented out in it is a line that may be written."""
    file = tmp_path / "product.yaml"
    init(str(file))
    text = file.read_text()
    commented = [line for line in text.splitlines() if line.lstrip().startswith("# ") and ": " in line]
    keys = {"url", "email", "address", "platform", "source_offer", "last_shipped", "support_ends", "language"}
    keys |= {"policy", "curations", "waivers"}
    for line in commented:
        if line.lstrip("# ").split(":")[0] in keys:
            text = text.replace(line, line.replace("# ", "", 1))
    file.write_text(text.replace("# source_offer:", "source_offer:").replace("#   ", "  "))
    with pytest.raises(ConfigError) as caught:
        load_product(file, SCHEMES, read)
    assert len(caught.value.faults) == 5
    assert {fault.message.split(":")[0] for fault in caught.value.faults} == {"no such file"}


def test_an_existing_file_is_replaced_only_by_force(tmp_path):
    file = tmp_path / "p.yaml"
    file.write_text("mine")
    result = init(str(file))
    assert (result.exit_code, result.stderr) == (2, f"sbomctl: {file} exists\nhint: --force replaces it\n")
    assert file.read_text() == "mine"
    assert init(str(file), "--force").exit_code == 0
    assert file.read_text().startswith("# One deliverable")
    assert init(str(tmp_path / "no/where.yaml")).exit_code == 3


COMPOSE = """\
services:
  web: {image: "acme/web:1@sha256:HEX"}
  again: {image: "acme/web:1@sha256:HEX"}
  tag: {image: "acme/tag:${TAG}"}
  built: {build: .}
""".replace("HEX", "a" * 64)


def test_from_a_description_comes_a_file_that_no_scan_takes_before_it_is_filled_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docker-compose.yml").write_text(COMPOSE)
    result = init("--from", "docker-compose.yml")
    assert result.exit_code == 0
    assert result.output.startswith("wrote product.yaml, 3 images from docker-compose.yml; adapt it")
    text = (tmp_path / "product.yaml").read_text()
    assert str(tmp_path) not in text
    assert "  # docker-compose.yml:2:16 web\n  # docker-compose.yml:3:18 again\n" in text
    assert "  # FIXME: docker-compose.yml:4:16: the variable TAG is not set; set TAG in .env" in text
    with pytest.raises(ConfigError) as caught:
        load_product(tmp_path / "product.yaml", SCHEMES, read)
    assert [fault.message for fault in caught.value.faults] == ["FIXME: nobody has said yet where this image is"] * 3
    (tmp_path / "x.tar").write_text("x")
    (tmp_path / "product.yaml").write_text(text.replace("target: FIXME", "target: rootfs:x.tar"))
    product = load_product(tmp_path / "product.yaml", SCHEMES, read)
    assert [(one.name, one.role.value) for one in product.images] == [
        ("os", "base-os"), ("web+again", "container"), ("tag", "container"), ("built", "container"),
    ]  # fmt: skip
    assert product.images[1].target == f"docker:acme/web:1@sha256:{'a' * 64}"


def test_what_a_description_says_stays_in_its_comments(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "compose.yaml").write_text(
        'services: {"a\\n    target: evil": {image: "${X:?a\\nevil: 1}"}, os: {image: b}}'
    )
    assert init("--from", ".").exit_code == 0
    with pytest.raises(ConfigError) as caught:
        load_product(tmp_path / "product.yaml", SCHEMES, read)
    assert {fault.message for fault in caught.value.faults} == {"FIXME: nobody has said yet where this image is"}
    assert "\n  - name: base-os\n" in (tmp_path / "product.yaml").read_text()


def test_what_describes_nothing_is_told_with_what_would(tmp_path):
    (tmp_path / "x.yaml").write_text("a: 1")
    for place in (tmp_path / "x.yaml", tmp_path):
        result = init("--from", str(place), str(tmp_path / "product.yaml"))
        assert result.exit_code == 2
        assert "describes no product" in result.stderr
        assert "hint: these do: compose files" in result.stderr
    assert not (tmp_path / "product.yaml").exists()
    assert init("--from", str(tmp_path / "gone"), str(tmp_path / "p.yaml")).exit_code == 2


def schema(name: str) -> dict:
    result = CliRunner().invoke(cli, ["schema", name])
    assert result.exit_code == 0
    return json.loads(result.output)


@pytest.mark.parametrize("name", ["product", "inventory"])
def test_schemas_are_valid_and_stable(name):
    assert schema(name)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert jsonschema_rs.meta.is_valid(schema(name))
    first, second = (CliRunner().invoke(cli, ["schema", name]).stdout_bytes for _ in range(2))
    assert first == second


def test_a_native_document_fits_its_schema_and_a_changed_one_does_not():
    out = io.BytesIO()
    SbomctlJsonWriter().write(EDGE, out, WriteContext("", datetime(2024, 1, 1, tzinfo=UTC), "0"))
    document = json.loads(out.getvalue())
    validator = jsonschema_rs.validator_for(schema("inventory"))
    assert list(validator.iter_errors(document)) == []
    document["bom"]["components"][0]["name"] = 7
    assert not validator.is_valid(document)


def test_an_unknown_schema_is_answered_with_the_known_ones():
    result = CliRunner().invoke(cli, ["schema", "x"])
    assert result.exit_code == 2
    assert "'product', 'curations', 'policy', 'waivers', 'cases', 'inventory'" in result.stderr
