"""SPDX 2.3 JSON: valid by schema and validator, faithful to the Bom."""

import io
import json

import boms
import pytest
import spdx_oracles as oracles
from license_boms import hostile_licenses_bom, licensed_bom

from sbomctl.model import Bom, CodeCoverage, Location, Occurrence, Product
from sbomctl.writers.base import WriteContext
from sbomctl.writers.spdx_json import SpdxJsonWriter

BOMS = {
    "rich": boms.rich_bom,
    "empty": boms.empty_bom,
    "imageless": boms.imageless_bom,
    "hostile": boms.hostile_bom,
    "small": lambda: licensed_bom(60),
    "hostile licenses": hostile_licenses_bom,
}


def write(bom) -> bytes:
    out = io.BytesIO()
    SpdxJsonWriter().write(bom, out, WriteContext("2.3", boms.CREATED, "0.1.0"))
    return out.getvalue()


@pytest.fixture(scope="module")
def rich():
    return json.loads(write(boms.rich_bom()))


def package(document, name):
    return next(each for each in document["packages"] if each["name"] == name)


def comments(element, kind=""):
    found = [each["comment"] for each in element.get("annotations", ())]
    return [each for each in found if each.startswith(f"sbomctl:statement: {kind}")]


def related(document, kind):
    names = {each["SPDXID"]: each["name"] for each in document["packages"]}
    return {
        (names.get(each["spdxElementId"], each["spdxElementId"]), names[each["relatedSpdxElement"]])
        for each in document["relationships"]
        if each["relationshipType"] == kind
    }


def test_a_cpe_and_a_repository_are_where_scanners_and_people_look(rich):
    zlib = package(rich, "zlib1g")
    assert [each["referenceLocator"] for each in zlib["externalRefs"] if each["referenceType"] == "cpe22Type"] == [
        "cpe:/a:zlib:zlib"
    ]
    assert zlib["sourceInfo"].endswith("Source code repository: git+https://github.com/madler/zlib.git")


@pytest.mark.parametrize("name", BOMS)
def test_valid_by_schema(name):
    assert oracles.schema_faults("spdx-2.3-schema.json", write(BOMS[name]())) == []


@pytest.mark.parametrize("name", BOMS)
def test_valid_by_spdx_tools(name, tmp_path):
    assert oracles.validator_messages(oracles.read_back(write(BOMS[name]()), tmp_path)) == []


def test_five_thousand_components_are_valid(tmp_path, monkeypatch):
    oracles.linear_spdx_tools(monkeypatch)
    data = write(licensed_bom(5000, text_size=500))
    assert oracles.schema_faults("spdx-2.3-schema.json", data) == []
    document = oracles.read_back(data, tmp_path)
    assert len(document.packages) == 5003
    assert len(document.relationships) > 30_000
    assert oracles.validator_messages(document) == []


def test_the_linear_validator_finds_what_the_official_one_finds(tmp_path, monkeypatch):
    document = oracles.read_back(write(boms.rich_bom()), tmp_path)
    document.relationships[3].related_spdx_element_id = "SPDXRef-nowhere"
    document.packages[1].spdx_id = document.packages[0].spdx_id
    document.packages[2].homepage = "nonsense"
    official = oracles.validator_messages(document)
    oracles.linear_spdx_tools(monkeypatch)
    assert len(official) > 2
    assert oracles.validator_messages(document) == official


def test_same_input_same_bytes():
    assert write(boms.rich_bom()) == write(boms.rich_bom())


def test_license_text_order_does_not_change_the_document():
    product, texts = boms.empty_bom().product, boms.TEXTS
    forward = boms.Bom(product, license_texts=texts)
    backward = boms.Bom(product, license_texts=dict(reversed(texts.items())))
    assert write(forward) == write(backward)


def test_namespace_follows_the_content(rich):
    assert rich["documentNamespace"] != json.loads(write(boms.big_bom(4)))["documentNamespace"]
    assert rich["documentNamespace"].startswith("https://spdx.org/spdxdocs/edge-gateway-")


def test_making(rich):
    assert rich["creationInfo"] == {
        "created": "2026-11-20T12:34:56Z",
        "creators": ["Tool: sbomctl-0.1.0", "Organization: ACME Devices GmbH (oss@acme.example)"],
        "licenseListVersion": rich["creationInfo"]["licenseListVersion"],
        "comment": "SBOM Type: Analyzed",
    }
    assert rich["creationInfo"]["licenseListVersion"].count(".") == 1


def test_product_contains_images_contain_packages(rich):
    assert related(rich, "DESCRIBES") == {("SPDXRef-DOCUMENT", "edge-gateway")}
    inside = related(rich, "CONTAINS")
    assert {("edge-gateway", "os"), ("edge-gateway", "dashboard")} <= inside
    assert {("os", "zlib1g"), ("dashboard", "zlib1g"), ("dashboard", "curl")} <= inside
    assert ("os", "curl") not in inside
    assert len(inside) == len([each for each in rich["relationships"] if each["relationshipType"] == "CONTAINS"])


def test_other_relationships(rich):
    assert related(rich, "DEPENDS_ON") == {("curl", "zlib1g")}
    assert related(rich, "GENERATED_FROM") == {("zlib1g", "zlib")}
    assert related(rich, "DESCENDANT_OF") == {("dashboard", "os")}


def test_component_in_an_unknown_image_stays_in_the_product():
    lost = boms.component("lost", occurrences=(boms.Occurrence(boms.Location("gone", 0, "db")),))
    document = json.loads(write(boms.Bom(boms.Product("p"), components=(lost,))))
    assert related(document, "CONTAINS") == {("p", "lost")}


def test_purposes(rich):
    purposes = {each["name"]: each["primaryPackagePurpose"] for each in rich["packages"]}
    assert purposes["edge-gateway"] == "FIRMWARE"
    assert purposes["os"] == "OPERATING_SYSTEM"
    assert purposes["dashboard"] == "CONTAINER"
    assert purposes["zlib"] == "SOURCE"
    assert purposes["opt/acme/libsecret.so"] == "FILE"


def test_package_fields(rich):
    zlib = package(rich, "zlib1g")
    assert zlib["versionInfo"] == "1:1.2.13.dfsg-1"
    assert zlib["supplier"] == "Person: Mark Brown (broonie@debian.org)"
    assert zlib["homepage"] == "https://zlib.net/"
    assert zlib["downloadLocation"] == "NOASSERTION"
    assert zlib["filesAnalyzed"] is False
    assert zlib["licenseDeclared"] == zlib["licenseConcluded"] == "Zlib"
    assert zlib["copyrightText"].splitlines() == ["1995-2022 Jean-loup Gailly", "1995-2022 Mark Adler"]
    assert zlib["externalRefs"][0]["referenceLocator"].startswith("pkg:deb/debian/zlib1g@")
    assert "zlib 1:1.2.13.dfsg-1 (pkg:deb/debian/zlib@" in zlib["sourceInfo"]


def test_what_is_not_known_is_said(rich):
    curl = package(rich, "curl")
    assert curl["licenseDeclared"] == curl["licenseConcluded"] == "NOASSERTION"
    assert "GPL-2+ and other; curl" in curl["licenseComments"]
    assert "Detected in files: curl AND LicenseRef-acme-strange" in curl["licenseComments"]
    assert "homepage" not in curl
    assert "Home page as stated: not a uri" in curl["comment"]
    assert "glibc 2.36-9" in curl["sourceInfo"]
    assert "built-using" in curl["sourceInfo"]


def test_hidden_packages_say_where_they_were_and_who_hid_them(rich):
    layers = boms.rich_bom().images[0].image.layers
    (statement,) = comments(package(rich, "curl"), "occurrence")
    facts = dict(line.split(": ", 1) for line in statement.splitlines())
    assert facts == {
        "sbomctl:statement": "occurrence",
        "sbomctl:image": "dashboard",
        "sbomctl:layer": layers[1].diff_id,
        "sbomctl:path": "var/lib/dpkg/status",
        "sbomctl:line": "12",
        "sbomctl:foundBy": "dpkg",
        "sbomctl:state": "deleted",
        "sbomctl:introducedIn": layers[1].diff_id,
        "sbomctl:hiddenIn": layers[2].diff_id,
    }


def test_every_occurrence_and_license_finding_has_its_place(rich):
    statements = comments(package(rich, "zlib1g"))
    assert len(statements) == 3
    assert "in os layer 0 usr/share/doc/zlib1g/copyright:7 by debian-copyright" in statements[-1]


def test_images_list_their_layers_in_order(rich):
    (statement,) = comments(package(rich, "dashboard"), "image")
    layers = [line for line in statement.splitlines() if line.startswith("sbomctl:layer: ")]
    expected = boms.rich_bom().images[0].image.layers
    assert layers == [f"sbomctl:layer: {each.index} {each.diff_id} created_by={each.created_by}" for each in expected]


def test_unowned_files_are_elements_with_a_hash(rich):
    file = package(rich, "opt/acme/libsecret.so")
    assert file["packageFileName"] == "./opt/acme/libsecret.so"
    assert file["checksums"][0]["algorithm"] == "SHA256"
    assert ("os", "opt/acme/libsecret.so") in related(rich, "CONTAINS")


def test_a_hidden_unowned_file_says_who_hid_it(rich):
    (statement,) = comments(package(rich, "tmp/install.sh"))
    assert "sbomctl:state: hidden" in statement
    assert f"sbomctl:hiddenIn: {boms.rich_bom().images[0].image.layers[2].diff_id}" in statement


def test_an_incomplete_result_says_so(rich):
    assert rich["comment"].startswith("INCOMPLETE: 2 problems")
    (completeness,), problems = comments(rich, "completeness"), comments(rich, "problem")
    assert "sbomctl:complete: false" in completeness
    assert len(problems) == 2
    assert "sbomctl:problem: record without a version" in problems[0]
    assert "sbomctl:line: 99" in problems[0]


def test_a_complete_result_says_so():
    document = json.loads(write(boms.empty_bom()))
    assert "sbomctl:complete: true" in comments(document)[0]
    assert "INCOMPLETE" not in document.get("comment", "")


def test_every_license_ref_has_a_text(rich):
    texts = {each["licenseId"]: each["extractedText"] for each in rich["hasExtractedLicensingInfos"]}
    assert texts["LicenseRef-acme-strange"].startswith("    Do strange things.\n\n")
    assert texts["LicenseRef-acme-textless"] == "The text of this license was not found in the product."


def test_source_packages_carry_the_digest_and_place_their_binaries_state():
    source = boms.source_component("fw", "1")
    ref = boms.SourceRef("fw", "1", url="git+https://example.org/fw.git@abc", digest="sha256:" + "ab" * 32)
    binary = boms.component("fw", "1", source=ref)
    document = json.loads(write(boms.Bom(boms.Product("p"), components=(binary, source))))
    found = [each for each in document["packages"] if each.get("primaryPackagePurpose") == "SOURCE"]
    assert found[0]["downloadLocation"] == ref.url
    assert found[0]["checksums"] == [{"algorithm": "SHA256", "checksumValue": "ab" * 32}]
    assert "checksums" not in document["packages"][1]


def test_hostile_text_is_visible_and_harmless():
    data = write(boms.hostile_bom())
    assert b"\x1b" not in data
    assert "\u202e".encode() not in data
    names = {each["name"] for each in json.loads(data)["packages"]}
    assert {r"rtl\u202egnp.exe", r"two\x0alines\x0d\x0athree\u2028four", "</text> <text>", "ünïcode 漢字 🦊"} <= names


def test_what_evidence_identified_states_its_confidence():
    places = (
        Occurrence(Location("os", 0, "bin/busybox"), found_by=("binaries",), confidence=0.98),
        Occurrence(Location("os", 1, "var/lib/dpkg/status", 7), found_by=("dpkg",)),
    )
    image = boms.image_facts("os", "one", "two", coverage=CodeCoverage(9, 100, identified_files=2, identified_bytes=30))
    found = json.loads(write(Bom(Product("p"), (image,), (boms.component("busybox", "1.36.1", occurrences=places),))))
    stated = [
        ("sbomctl:confidence: 0.98" in text, "confidence" in text) for text in comments(package(found, "busybox"))
    ]
    assert stated[:2] == [(True, True), (False, False)]
    assert "sbomctl:identifiedBytes: 30" in comments(package(found, "os"), "image")[0]
