from __future__ import annotations

import json
from pathlib import Path

import pytest

from sbomctl.config.product import load_product
from sbomctl.config.schema import published
from sbomctl.descriptions import read
from sbomctl.errors import ConfigError
from sbomctl.model import Distribution, ImageSpec, Role, SourceOffer, Supplier

SCHEMES = ("docker", "docker-archive", "oci-archive", "oci-dir", "rootfs", "dir")

WHOLE = """\
product:
  name: edge-gateway
  version: 2.40
  supplier: {name: ACME Devices GmbH, url: https://acme.example, email: oss@acme.example, address: "1 Street"}
images:
  - {name: os,        role: base-os,   target: "rootfs:build/edge-os.tar"}
  - {name: spare,     role: base-os,   target: "rootfs:build/edge-os.tar"}
  - {name: dashboard, role: container, target: "oci-archive:build/dashboard.tar:a/b:1", platform: linux/arm/v7}
  - {name: tree,      role: container, target: "dir:build"}
  - {name: daemon,    role: container, target: "docker:acme/daemon:2.4"}
  - {name: bare,      role: container, target: "build/dashboard.tar@1"}
  - {name: named,     role: container, target: "debian:12"}
  - {name: registry,  role: container, target: "localhost:5000/x/y:1"}
policy: policy.yaml
curations: curations.yaml
waivers: build/../waivers.yaml
distribution: {user_product: yes, locked_boot: false, channels: [preinstalled, ota]}
source_offer: {last_shipped: 2027-06-30, support_ends: 2032-06-30, language: de}
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "build").mkdir()
    for name in ("build/edge-os.tar", "build/dashboard.tar", "policy.yaml", "curations.yaml", "waivers.yaml"):
        (tmp_path / name).write_text("x")
    return tmp_path


def load(folder: Path, text: str):
    (folder / "product.yaml").write_text(text, encoding="utf-8")
    return load_product(folder / "product.yaml", SCHEMES, read)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    assert caught.value.exit_code == 2
    return [str(fault).removeprefix(f"{folder}/product.yaml:") for fault in caught.value.faults]


def test_the_whole_file(folder):
    product = load(folder, WHOLE)
    assert (product.name, product.version) == ("edge-gateway", "2.40")
    assert product.supplier == Supplier("ACME Devices GmbH", "https://acme.example", "oss@acme.example", "1 Street")
    assert product.images == (
        ImageSpec("os", Role.BASE_OS, f"rootfs:{folder}/build/edge-os.tar"),
        ImageSpec("spare", Role.BASE_OS, f"rootfs:{folder}/build/edge-os.tar"),
        ImageSpec("dashboard", Role.CONTAINER, f"oci-archive:{folder}/build/dashboard.tar:a/b:1", "linux/arm/v7"),
        ImageSpec("tree", Role.CONTAINER, f"dir:{folder}/build"),
        ImageSpec("daemon", Role.CONTAINER, "docker:acme/daemon:2.4"),
        ImageSpec("bare", Role.CONTAINER, f"{folder}/build/dashboard.tar@1"),
        ImageSpec("named", Role.CONTAINER, "debian:12"),
        ImageSpec("registry", Role.CONTAINER, "localhost:5000/x/y:1"),
    )
    assert product.policy == f"{folder}/policy.yaml"
    assert product.curations == f"{folder}/curations.yaml"
    assert product.waivers == f"{folder}/build/../waivers.yaml"
    assert product.distribution == Distribution("yes", "no", ("preinstalled", "ota"))
    assert product.source_offer == SourceOffer("2027-06-30", "2032-06-30", "de")


def test_file_names_start_where_the_product_file_is_and_tell_nothing_of_the_machine(folder, monkeypatch):
    (folder / "product.yaml").write_text(WHOLE)
    monkeypatch.chdir(folder)
    assert load_product(Path("product.yaml"), SCHEMES, read).images[0].target == "rootfs:build/edge-os.tar"
    monkeypatch.chdir(folder / "build")
    product = load_product(Path("../product.yaml"), SCHEMES, read)
    assert product.images[0].target == "rootfs:../build/edge-os.tar"
    assert product.policy == "../policy.yaml"


def test_the_smallest_file(folder):
    product = load(folder, "product: {name: p}\nimages: [{name: a, role: container, target: docker:a}]")
    assert product.version == product.policy == ""
    assert product.distribution == Distribution("unknown", "unknown")
    assert product.source_offer is None


def test_every_fault_is_told_at_once_in_the_order_of_the_file(folder):
    text = """\
prodct: 1
product:
  name: ""
  version: true
  supplier: {nam: 1, url: x}
imges: []
images:
  - {name: os os, role: base-so, target: 3, platform: x}
  - name: a
    role: base-os
    target: rootfss:x.tar
    rol: 5
  - {name: a, role: container, target: docker:x}
  - {name: c, role: container, target: oci-archive:gone.tar}
  - 7
  - {name: d}
distribution:
  user_product: maybe
  channels: [a, a, 1]
source_offer: {last_shipped: 2024-13-01, language: }
compose: docker-compose.yml
policy: gone.yaml
policy: policy.yaml
"""
    assert faults(folder, text) == [
        "1:1: unknown key 'prodct', did you mean 'product'?",
        "3:9: an empty text",
        "4:12: expected text, not true; put it in quotes",
        "5:3: 'name' is missing in 'supplier'",
        "5:14: unknown key 'nam', did you mean 'name'?",
        "5:27: 'x' is not a web address, as in 'https://acme.example'",
        "6:1: unknown key 'imges', did you mean 'images'?",
        "8:12: 'os os' is not a short name without spaces, as in 'os'",
        "8:25: 'base-so': expected one of base-os, container, did you mean 'base-os'?",
        "8:42: expected text, not 3; put it in quotes",
        "8:55: 'x' is not os/architecture[/variant], as in 'linux/arm64'",
        "11:13: unknown scheme 'rootfss', did you mean 'rootfs'?",
        "12:5: unknown key 'rol', did you mean 'role'?",
        "13:12: 'a' is already the image of line 9",
        f"14:40: no such file: {folder}/gone.tar",
        "15:5: expected a mapping, not 7",
        "16:5: 'role' is missing",
        "16:5: 'target' is missing",
        "18:17: 'maybe': expected one of yes, no, unknown",
        "19:13: an item is given twice",
        "19:20: expected text, not 1; put it in quotes",
        "20:30: '2024-13-01' is not a date of the calendar; write YYYY-MM-DD",
        "20:42: nothing is written here",
        f"21:10: no such file: {folder}/docker-compose.yml",
        f"22:9: no such file: {folder}/gone.yaml",
        "23:1: key 'policy' is already given in line 22",
    ]


ONE = "product: {name: p}\nimages:\n  - {name: a, role: base-os, target: %s}\n"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("'ostree:x'", "unknown scheme 'ostree'; known are " + ", ".join(sorted(SCHEMES))),
        ("'foo:build/x.tar'", "unknown scheme 'foo'; known are " + ", ".join(sorted(SCHEMES))),
        ("'rootfs:'", "nothing follows rootfs:"),
        ("'rootfs:build'", "rootfs: needs a file, {folder}/build is a directory; write dir:"),
        ("'dir:build/edge-os.tar'", "dir: needs a directory, {folder}/build/edge-os.tar is a file; write rootfs:"),
        ("build/gone.tar", "no such file: {folder}/build/gone.tar"),
        ("./gone", "no such file: {folder}/gone"),
        (r'"rootfs:a\0b"', "no such file: {folder}/a\0b"),
        ("'rootfs:%s'" % ("x" * 3000), "no such file: {folder}/" + "x" * 3000),
    ],
)  # fmt: skip
def test_bad_targets(folder, target, expected):
    assert faults(folder, ONE % target) == [f"3:38: {expected.format(folder=folder)}"]


def test_the_hint_is_of_use_for_the_faults(folder):
    def hint(text: str) -> str:
        (folder / "product.yaml").write_text(text)
        with pytest.raises(ConfigError) as caught:
            load_product(folder / "product.yaml", SCHEMES, read)
        return caught.value.hint

    assert hint(ONE % "build/gone.tar").startswith("file names are relative to the product file")
    assert hint(ONE % "build/gone.tar" + "surplus: 1\n").startswith("sbomctl schema product")


@pytest.mark.parametrize("text", ["7", "[]", "text", "{}", "images: {}", "images: []", "product: []\nimages: 1"])
def test_any_shape_is_answered_with_faults(folder, text):
    assert faults(folder, text)


def test_support_cannot_end_before_the_last_unit_ships(folder):
    text = WHOLE.replace("support_ends: 2032", "support_ends: 2022")
    assert faults(folder, text) == ["18:56: lies before last_shipped ('2027-06-30')"]


def test_the_schema_is_valid_and_its_example_loads(folder):
    import jsonschema_rs

    schema = json.loads(published("product"))
    assert jsonschema_rs.meta.is_valid(schema)
    (example,) = schema["examples"]
    (folder / "build/rootfs.tar.zst").write_text("x")
    assert load(folder, json.dumps(example)).name == "edge-gateway"


def test_every_pattern_of_the_schema_has_the_words_its_message_needs():
    def walk(node):
        if isinstance(node, dict):
            if "pattern" in node:
                assert node["title"] and node["examples"], node
            if node.get("type") == "object":
                assert node["additionalProperties"] is False or "properties" not in node
            for key, child in node.items():
                assert key != "properties" or all("description" in one for one in child.values())
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk({key: value for key, value in json.loads(published("product")).items() if key != "examples"})
