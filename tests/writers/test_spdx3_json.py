"""SPDX 3.0.1 JSON-LD: valid by schema, bindings and SHACL shapes, faithful to the Bom."""

import io
import json

import boms
import msgspec
import pytest
import spdx_oracles as oracles
from license_boms import hostile_licenses_bom, licensed_bom

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


def write(bom, version="3.0") -> bytes:
    out = io.BytesIO()
    SpdxJsonWriter().write(bom, out, WriteContext(version, boms.CREATED, "0.1.0"))
    return out.getvalue()


class Graph:
    def __init__(self, data: bytes) -> None:
        self.elements = json.loads(data)["@graph"]
        self.by_id = {each.get("spdxId"): each for each in self.elements}

    def of(self, kind):
        return [each for each in self.elements if each["type"] == kind]

    def named(self, name, kind="software_Package"):
        return next(each for each in self.of(kind) if each["name"] == name)

    def label(self, iri):
        return self.by_id[iri].get("name", iri) if iri in self.by_id else iri

    def related(self, kind):
        return {
            (self.label(each["from"]), self.label(target))
            for each in self.of("Relationship")
            if each["relationshipType"] == kind
            for target in each["to"]
        }

    def statements(self, name, kind="software_Package", about=""):
        subject = self.named(name, kind)["spdxId"]
        found = [each["statement"] for each in self.of("Annotation") if each["subject"] == subject]
        return [each for each in found if each.startswith(f"sbomctl:statement: {about}")]


@pytest.fixture(scope="module")
def rich():
    return Graph(write(boms.rich_bom()))


@pytest.mark.parametrize("name", BOMS)
def test_valid_by_schema(name):
    assert oracles.schema_faults("spdx-3.0.1-schema.json", write(BOMS[name]())) == []


@pytest.mark.parametrize("name", BOMS)
def test_read_by_the_official_bindings(name):
    data = write(BOMS[name]())
    objects, unresolved = oracles.spdx3_objects(data)
    assert unresolved == set()
    assert len(list(objects.foreach())) >= len(json.loads(data)["@graph"])


@pytest.mark.parametrize("name", BOMS)
def test_conforms_to_the_shapes(name):
    assert oracles.shacl_report(write(BOMS[name]())) == ""


def test_the_shapes_do_find_faults():
    document = json.loads(write(boms.rich_bom()))
    graph = document["@graph"]
    next(each for each in graph if each["type"] == "Relationship")["relationshipType"] = "marries"
    next(each for each in graph if each["type"] == "Annotation").pop("subject")
    report = oracles.shacl_report(json.dumps(document).encode())
    assert "relationshipType" in report
    assert "subject" in report


def test_five_thousand_components_are_valid():
    data = write(licensed_bom(5000))
    assert oracles.schema_faults("spdx-3.0.1-schema.json", data) == []
    objects, unresolved = oracles.spdx3_objects(data)
    assert unresolved == set()
    assert len(list(objects.foreach_type("software_Package"))) == 5003


def test_five_thousand_components_conform_to_the_shapes():
    """Takes a minute: the shapes are tested on each of 25,000 elements, in time proportional to their number."""
    assert oracles.shacl_report(write(boms.big_bom(5000))) == ""


def test_same_input_same_bytes():
    assert write(boms.rich_bom()) == write(boms.rich_bom())


def test_both_spellings_of_the_version_are_one():
    assert write(boms.rich_bom(), "3.0") == write(boms.rich_bom(), "3.0.1")


def test_ids_are_unique(rich):
    assert len(rich.by_id) == len(rich.elements)


def test_document_and_sbom(rich):
    (document,), (sbom,) = rich.of("SpdxDocument"), rich.of("software_Sbom")
    assert document["profileConformance"] == ["core", "software", "simpleLicensing"]
    assert document["rootElement"] == [sbom["spdxId"]]
    assert sbom["software_sbomType"] == ["analyzed"]
    assert [rich.label(each) for each in sbom["rootElement"]] == ["edge-gateway"]
    others = {each["spdxId"] for each in rich.elements if "spdxId" in each} - {document["spdxId"], sbom["spdxId"]}
    assert set(sbom["element"]) == others


def test_making(rich):
    (making,) = rich.of("CreationInfo")
    assert making["created"] == "2026-11-20T12:34:56Z"
    assert [rich.label(each) for each in making["createdBy"]] == ["ACME Devices GmbH"]
    assert [rich.label(each) for each in making["createdUsing"]] == ["sbomctl-0.1.0", "dpkg-1", "syft-1.18.1"]


def test_without_a_supplier_the_program_is_the_maker():
    graph = Graph(write(boms.empty_bom()))
    (making,) = graph.of("CreationInfo")
    assert graph.by_id[making["createdBy"][0]]["type"] == "SoftwareAgent"


def test_contains(rich):
    inside = rich.related("contains")
    assert {("edge-gateway", "os"), ("edge-gateway", "dashboard"), ("dashboard", "curl"), ("os", "zlib1g")} <= inside
    assert ("os", "opt/acme/libsecret.so") in inside


def test_a_source_generates_its_binaries(rich):
    assert rich.related("generates") == {("zlib", "zlib1g")}
    assert rich.related("dependsOn") == {("curl", "zlib1g")}
    assert rich.related("descendantOf") == {("dashboard", "os")}


def completeness(graph):
    return {
        graph.label(each["from"]): each["completeness"]
        for each in graph.of("Relationship")
        if each["relationshipType"] == "contains"
    }


def test_only_the_image_with_problems_is_incomplete(rich):
    assert completeness(rich) == {"edge-gateway": "complete", "dashboard": "incomplete", "os": "complete"}


def test_a_problem_of_no_image_makes_all_incomplete():
    bom = boms.rich_bom()
    problem = boms.Problem(boms.Location("", -1, "product.yaml"), "engine", "no such image")
    graph = Graph(write(msgspec.structs.replace(bom, problems=(problem,))))
    assert set(completeness(graph).values()) == {"incomplete"}


def test_one_declared_and_one_concluded_license_each(rich):
    packages = {each["spdxId"] for each in rich.of("software_Package")}
    for kind in ("hasDeclaredLicense", "hasConcludedLicense"):
        stated = [each for each in rich.of("Relationship") if each["relationshipType"] == kind]
        assert sorted(each["from"] for each in stated) == sorted(packages)
        assert all(len(each["to"]) == 1 for each in stated)


def license_of(graph, name, kind):
    origin = graph.named(name)["spdxId"]
    (stated,) = [each for each in graph.of("Relationship") if each["spdxId"] == f"{origin}-{kind}"]
    (target,) = stated["to"]
    said = graph.by_id[target]["simplelicensing_licenseExpression"] if target in graph.by_id else target
    return said, stated.get("comment", "")


def test_no_license_is_no_assertion(rich):
    assert license_of(rich, "zlib", "hasDeclaredLicense") == ("expandedlicensing_NoAssertionLicense", "")
    said, why = license_of(rich, "curl", "hasConcludedLicense")
    assert said == "expandedlicensing_NoAssertionLicense"
    assert "Reason: two texts in one file" in why
    assert "To be looked at: unknown-license: no known license has this text; in dashboard layer 1" in why


def test_declared_is_what_the_package_was_found_to_contain(rich):
    """SPDX 3.0.1, Licensing profile: also what its license files show, where nothing is stated."""
    said, why = license_of(rich, "curl", "hasDeclaredLicense")
    assert said == "curl AND LicenseRef-acme-strange"
    assert why.splitlines() == [
        "Declared as written: GPL-2+ and other; curl",
        "Nothing is stated; detected in files of the package.",
    ]


def test_elections_and_the_effective_license_are_with_the_conclusion(rich):
    said, why = license_of(rich, "acme-firmware", "hasConcludedLicense")
    assert said == "GPL-2.0-only WITH AdditionRef-acme-linking OR MIT"
    assert "Effective: MIT" in why
    assert f"Elected: MIT of {said}, by legal@acme.example: no copyleft" in why


def test_expressions_are_shared():
    expressions = [
        each["simplelicensing_licenseExpression"]
        for each in Graph(write(boms.big_bom(400))).of("simplelicensing_LicenseExpression")
    ]
    assert len(expressions) == len(set(expressions)) == 6  # five, and that of the document


def test_license_and_addition_refs_point_at_their_text(rich):
    for ref, words in {
        "LicenseRef-acme-textless": "not found",
        "LicenseRef-acme-strange": "    Do strange things.",
        "AdditionRef-acme-linking": "not found",
    }.items():
        naming = [
            entry["value"]
            for each in rich.of("simplelicensing_LicenseExpression")
            for entry in each.get("simplelicensing_customIdToUri", ())
            if entry["key"] == ref
        ]
        assert naming
        assert all(words in rich.by_id[each]["simplelicensing_licenseText"] for each in naming)


def test_other_texts_are_kept_once(rich):
    (text,) = rich.statements("edge-gateway 2.4.0", "software_Sbom", "license text")
    assert text.endswith(boms.MIT.strip("\n"))
    assert f"sbomctl:sha256: {boms.MIT_SHA256}\n\n" in text
    assert rich.named("acme-firmware")["software_attributionText"] == [boms.NOTICE.strip("\n")]


def test_suppliers_are_shared_and_never_guessed(rich):
    kinds = {
        each["name"]: each["type"] for each in rich.elements if each["type"] in {"Person", "Organization", "Agent"}
    }
    assert kinds == {
        "Mark Brown": "Person",
        "Debian Curl Maintainers": "Organization",
        "ACME (Devices)": "Agent",
        "ACME Devices GmbH": "Organization",
    }


def test_hidden_packages_say_so(rich):
    (statement,) = rich.statements("curl", about="occurrence")
    assert "sbomctl:state: deleted" in statement
    assert f"sbomctl:hiddenIn: {boms.rich_bom().images[0].image.layers[2].diff_id}" in statement


def test_unowned_files_are_files_with_a_hash(rich):
    file = rich.named("opt/acme/libsecret.so", "software_File")
    assert file["verifiedUsing"][0]["algorithm"] == "sha256"
    assert "sbomctl:content: elf" in rich.statements(file["name"], "software_File")[0]


def test_problems_are_listed(rich):
    (completeness,) = rich.statements("edge-gateway 2.4.0", "software_Sbom", "completeness")
    assert "sbomctl:complete: false" in completeness
    assert len(rich.statements("edge-gateway 2.4.0", "software_Sbom", "problem")) == 2


def test_a_cpe_and_a_repository_are_outward_links(rich):
    zlib = rich.named("zlib1g")
    assert zlib["externalIdentifier"][0]["externalIdentifierType"] == "cpe22"
    assert zlib["externalRef"][0]["locator"] == ["git+https://github.com/madler/zlib.git"]
