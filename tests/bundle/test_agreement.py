"""The files of one bundle say the same: as many components and licenses in SBOMs, HTML, NOTICE and offer."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from conftest import FIXTURES

from sbomctl import api
from sbomctl.cli.main import cli
from sbomctl.model import Bom, Component, ComponentType

NOTHING = ("NOASSERTION", "")


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """The bundle of the demo product."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, FIXTURES / "build_product.py", FIXTURES / "products/edge-gateway", folder]
    subprocess.run(command, check=True, capture_output=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1780300800")
        arguments = ["bundle", str(folder / "product.yaml"), "-o", str(folder / "bundle"), "--engine", "native"]
        result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 1, result.output  # GPL-3.0 in a locked device
    return folder / "bundle"


@pytest.fixture(scope="module")
def bom(place) -> Bom:
    return api.read_bom((place / "inventory.json").read_bytes(), "inventory.json")


def installed(bom: Bom) -> list[Component]:
    return [one for one in bom.components if one.type is not ComponentType.SOURCE]


def named(expression: str) -> set[str]:
    """The licenses of an expression, each with its exception."""
    return {one for one in re.split(r" AND | OR |[()]", expression) if one.strip()}


def licenses(bom: Bom) -> Counter[str]:
    """How many components have each license."""
    return Counter(name for one in installed(bom) for name in named(one.licenses.effective))


def read(place: Path, name: str):
    return json.loads((place / name).read_bytes())


def test_the_demo_is_large_enough_to_differ(bom):
    assert (len(installed(bom)), len(bom.components) > 300, len(licenses(bom)) > 30) == (125, True, True)


def test_sboms_have_the_components_of_the_inventory(place, bom):
    expected = sorted(one.id for one in bom.components)
    spdx = [one["SPDXID"].removeprefix("SPDXRef-Package-") for one in read(place, "sbom/product.spdx.json")["packages"]]
    graph = [one for one in read(place, "sbom/product.spdx3.json")["@graph"] if one["type"] == "software_Package"]
    spdx3 = [one["spdxId"].partition("#Package-")[2] for one in graph]
    cyclonedx = [one["bom-ref"] for one in read(place, "sbom/product.cdx.json")["components"]]
    for found in (spdx, spdx3, cyclonedx):
        assert sorted(one for one in found if one.startswith("c-")) == expected


def test_sboms_have_the_concluded_licenses_of_the_inventory(place, bom):
    expected = {one.id for one in bom.components if one.licenses.concluded}
    assert expected
    packages = read(place, "sbom/product.spdx.json")["packages"]
    spdx = {
        one["SPDXID"].removeprefix("SPDXRef-Package-") for one in packages if one["licenseConcluded"] not in NOTHING
    }
    graph = read(place, "sbom/product.spdx3.json")["@graph"]
    spdx3 = {
        one["from"].partition("#Package-")[2]
        for one in graph
        if one.get("relationshipType") == "hasConcludedLicense" and not one["to"][0].endswith("NoAssertionLicense")
    }
    cyclonedx = {
        one["bom-ref"]
        for one in read(place, "sbom/product.cdx.json")["components"]
        for choice in one.get("licenses", ())
        if (choice.get("license") or choice)["acknowledgement"] == "concluded"
    }
    assert spdx == spdx3 == cyclonedx == expected


def test_the_audit_report_lists_the_same(place, bom):
    page = (place / "report.html").read_text(encoding="utf-8")
    assert sorted(re.findall(r'<tr id="component/([^"]+)"', page)) == sorted(one.id for one in bom.components)
    rows = re.findall(r'<tr id="licenses/([^"]+)">.*?<td class="num">([\d,]+)</td>', page)
    assert {unquote(unescape(name)): int(count.replace(",", "")) for name, count in rows} == licenses(bom)


@pytest.mark.parametrize("form", ["txt", "html", "md"])
def test_notices_count_the_same(place, bom, form):
    text = (place / f"NOTICE.{form}").read_text(encoding="utf-8")
    assert f"{len(installed(bom))} components" in text
    for one in installed(bom):
        assert one.name in unescape(text).replace("\\", "")


def test_the_notice_has_each_component_once_under_its_licenses(place, bom):
    text = (place / "NOTICE.txt").read_text(encoding="utf-8")
    body = re.split(r"={80}\n[A-Z]+\n={80}\n", text)[-2]
    entries = [one for one in re.split(r"\n-{80}\n", body) if re.search(r"^License: ", one, re.MULTILINE)]
    members: Counter[str] = Counter()
    found = set()
    for entry in entries:
        title, _, rest = entry.partition("\n")
        listed = re.search(r"^Packages: (.*)$", rest, re.MULTILINE)
        several = re.sub(r" \([a-z]+ in an upper layer\)", "", listed[1]).split(", ") if listed else [title.strip()]
        members.update(one.rpartition(" ")[0] if " " in one else one for one in several)
        license_line = re.search(r"^License: (.*)$", rest, re.MULTILINE)[1]
        chosen, _, before = license_line.partition(" (elected from ")
        found |= named(re.split(r"\)?; |\)$", before)[0] if before else chosen)
    assert sum(members.values()) == len(installed(bom))
    concluded = {name for one in installed(bom) for name in named(one.licenses.concluded)}
    assert set(licenses(bom)) <= found - {"unknown"} <= set(licenses(bom)) | concluded  # a branch not taken is told too


def test_the_offer_covers_sources_that_the_sboms_have(place, bom):
    text = (place / "source-offer.txt").read_text(encoding="utf-8")
    (count,) = re.findall(r"^Source packages this offer covers \((\d+)\)$", text, re.MULTILINE)
    table = text.partition(f"covers ({count})")[2]
    rows = re.findall(r"^(\S+) (\S+)\n  Status: ", table, re.MULTILINE)
    page = (place / "source-offer.html").read_text(encoding="utf-8")
    assert len(rows) == int(count)
    assert all(f"{name}" in unescape(page) for name, _ in rows)
    packages = read(place, "sbom/product.spdx.json")["packages"]
    known = {(one["name"], one.get("versionInfo", "")) for one in packages}
    assert set(rows) <= known
    sources = {(one.name, one.version) for one in bom.components if one.type is ComponentType.SOURCE}
    assert len(set(rows) & sources) > 150
