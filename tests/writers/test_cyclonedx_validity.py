"""Every document is valid by the official schemas, refers to what exists, and is the same each time."""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache

import pytest
from boms import empty_bom, hostile_bom, imageless_bom, rich_bom
from conftest import tool
from cyclonedx_oracles import VERSIONS, json_faults, reference_faults, write, xml_faults, xml_tree
from license_boms import hostile_licenses_bom, licensed_bom

from sbomctl.model import Bom, ComponentType

BOMS = {
    "rich": rich_bom,
    "hostile": hostile_bom,
    "empty": empty_bom,
    "no-packages": imageless_bom,
    "hostile-licenses": hostile_licenses_bom,
    "big": lambda: licensed_bom(5000),
}
every_bom = pytest.mark.parametrize("name", BOMS)
every_version = pytest.mark.parametrize("version", VERSIONS)


@cache
def bom(name: str) -> Bom:
    return BOMS[name]()


@every_bom
@every_version
def test_json_is_valid(name, version):
    assert json_faults(write(bom(name), "cyclonedx-json", version), version) == []


@every_bom
@every_version
def test_xml_is_valid(name, version):
    assert xml_faults(write(bom(name), "cyclonedx-xml", version), version) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"post-build"', b'"afterwards"'),
        (b'"2026-11-20T12:34:56Z"', b'"yesterday"'),
        (b'"SHA-256"', b'"SHA-257"'),
        (b'"id": "Zlib"', b'"id": "Zlibb"'),
        (b'"https://zlib.net/"', b'"https://zlib.net/ or so"'),
        (b'"occurrences"', b'"places"'),
    ],
)
def test_the_json_schema_would_tell(old, new):
    data = write(rich_bom(), "cyclonedx-json")
    assert old in data
    assert json_faults(data.replace(old, new), "1.7")


@pytest.mark.parametrize(
    ("old", "new"), [(b"<name>curl</name>", b""), (b"post-build", b"afterwards"), (b' alg="SHA-256"', b"")]
)
def test_the_xml_schema_would_tell(old, new):
    data = write(rich_bom(), "cyclonedx-xml")
    assert old in data
    assert xml_faults(data.replace(old, new), "1.7")


@every_bom
@every_version
def test_references_exist_and_are_unique(name, version):
    assert reference_faults(json.loads(write(bom(name), "cyclonedx-json", version))) == []


@every_bom
@pytest.mark.parametrize("format_name", ["cyclonedx-json", "cyclonedx-xml"])
def test_two_writes_are_equal(name, format_name):
    assert write(bom(name), format_name) == write(BOMS[name](), format_name)


@every_bom
@every_version
def test_xml_holds_as_much_as_json(name, version):
    document = json.loads(write(bom(name), "cyclonedx-json", version))
    root = xml_tree(write(bom(name), "cyclonedx-xml", version))
    space = f"{{http://cyclonedx.org/schema/bom/{version}}}"
    assert root.get("serialNumber") == document["serialNumber"]

    def in_json(key: str) -> int:
        return sum(len(each.get(key, ())) for each in document["components"])

    paths = {"properties": "property", "licenses": "*", "externalReferences": "reference", "hashes": "hash"}
    for key, item in paths.items():
        found = root.findall(f"{space}components/{space}component/{space}{key}/{space if item != '*' else ''}{item}")
        assert len(found) == in_json(key), key
    edges = root.findall(f"{space}dependencies/{space}dependency/{space}dependency")
    assert len(edges) == sum(len(each["dependsOn"]) for each in document["dependencies"])
    occurrences = root.findall(
        f"{space}components/{space}component/{space}evidence/{space}occurrences/{space}occurrence"
    )
    evidence = [each.get("evidence", {}) for each in document["components"]]
    assert len(occurrences) == sum(len(each.get("occurrences", ())) for each in evidence)
    assert len(root.findall(f"{space}annotations/{space}annotation")) == len(document.get("annotations", ()))


@pytest.mark.parametrize("name", ["rich", "hostile", "hostile-licenses", "empty", "no-packages"])
@every_version
def test_the_official_library_reads_json(name, version):
    from cyclonedx.model.bom import Bom as Theirs

    document = json.loads(write(bom(name), "cyclonedx-json", version))
    assert _identities(Theirs.from_json(document)) == sorted(_written(document))


@pytest.mark.parametrize(("format_name", "suffix"), [("cyclonedx-json", "json"), ("cyclonedx-xml", "xml")])
def test_syft_reads_1_6(format_name, suffix, tmp_path):
    """A reader of 1.6 that is older than much in use; it takes the first operating system as the distribution."""
    (tmp_path / f"bom.{suffix}").write_bytes(write(bom("rich"), format_name, "1.6"))
    done = subprocess.run(
        [tool("syft"), "convert", f"bom.{suffix}", "-o", "json=read.json"],
        cwd=tmp_path,
        env={"SYFT_CHECK_FOR_APP_UPDATE": "false", "HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    read = json.loads((tmp_path / "read.json").read_bytes())
    assert (read["distro"]["id"], read["distro"]["versionID"]) == ("debian", "12")
    packages = {each.purl for each in bom("rich").components if each.type is not ComponentType.FIRMWARE}
    assert {each["purl"] for each in read["artifacts"]} == packages  # it passes over firmware


@pytest.mark.parametrize("name", ["rich", "empty", "no-packages"])
@every_version
def test_the_official_library_reads_xml(name, version):
    from xml.etree.ElementTree import fromstring

    from cyclonedx.model.bom import Bom as Theirs

    document = json.loads(write(bom(name), "cyclonedx-json", version))
    read = Theirs.from_xml(fromstring(write(bom(name), "cyclonedx-xml", version)))
    assert _identities(read) == sorted(_written(document))


def _identities(read) -> list[tuple[str, str, str]]:
    return sorted((str(each.bom_ref), each.name, str(each.purl or "")) for each in read.components)


def _written(document: dict) -> list[tuple[str, str, str]]:
    from packageurl import PackageURL

    return [
        (each["bom-ref"], each["name"], str(PackageURL.from_string(each["purl"])) if "purl" in each else "")
        for each in document["components"]
    ]
