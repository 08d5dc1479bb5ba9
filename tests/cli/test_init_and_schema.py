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
