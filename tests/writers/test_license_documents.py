"""License facts and texts in every document: nothing is lost, no text twice, and the formats' own meanings."""

from __future__ import annotations

import json
from collections import Counter

import boms
import pytest
from boms import MIT, MIT_SHA256, NOTICE, STRANGE, STRANGE_SHA256, TEXTS
from cyclonedx_oracles import components, properties, write, written, xml_tree
from license_boms import HOSTILE_TEXTS, hostile_licenses_bom, licensed_bom, sha256

from sbomctl.model import (
    Bom,
    CopyrightStatement,
    Expression,
    LicenseFacts,
    LicenseFinding,
    Location,
    Product,
    ShippedText,
)
from sbomctl.readers.sbomctl_json import decode
from sbomctl.writers import WRITERS
from sbomctl.writers._spdx_licenses import spdx23

PLACE = Location("os", 0, "usr/share/doc/x/copyright", 3)
FORMATS = [(each.format, version) for each in WRITERS for version in each.versions or ("",)]


def spdx(bom: Bom, version: str = "2.3") -> dict:
    return json.loads(write(bom, "spdx-json", version))


def bom_with(*facts: LicenseFacts, texts: tuple[str, ...] = (), **more: object) -> Bom:
    packages = tuple(boms.component(f"x{number}", licenses=each, **more) for number, each in enumerate(facts))
    return Bom(Product("p"), components=packages, license_texts={sha256(each): each for each in texts})


def stated(ref: str, text: str = "", raw: str = "", **more: object) -> LicenseFacts:
    finding = LicenseFinding(
        raw or ref, PLACE, "t", expression=Expression(ref), text_sha256=text and sha256(text), **more
    )
    return LicenseFacts(declared=Expression(ref), findings=(finding,))


def extracted(bom: Bom) -> dict[str, dict]:
    return {each["licenseId"]: each for each in spdx(bom).get("hasExtractedLicensingInfos", ())}


@pytest.mark.parametrize(("format_name", "version"), FORMATS)
def test_a_text_is_written_once_however_many_have_it(format_name, version):
    bom = licensed_bom(400, texts=20, text_size=8000)
    data = write(bom, format_name, version)
    for text in bom.license_texts.values():
        assert data.count(text.partition("\n")[0].encode()) == (0 if format_name == "table" else 1)


@pytest.mark.parametrize(("format_name", "version"), FORMATS)
def test_size_and_work_grow_with_the_components_only(format_name, version):
    once, twice = (len(write(licensed_bom(count, texts=5), format_name, version)) for count in (400, 800))
    assert twice < 2.2 * once


@pytest.mark.parametrize(("format_name", "version"), FORMATS)
def test_hostile_texts_are_written_and_the_bytes_are_stable(format_name, version):
    assert write(hostile_licenses_bom(), format_name, version) == write(hostile_licenses_bom(), format_name, version)


def test_the_native_document_keeps_all_of_it():
    bom = licensed_bom(40)
    assert decode(write(bom, "sbomctl-json", ""), "f") == bom


def test_the_native_document_holds_half_a_character_as_a_replacement():
    read = decode(write(hostile_licenses_bom(), "sbomctl-json", ""), "f")
    kept = {each.replace("\ud800", "\ufffd") for each in HOSTILE_TEXTS}
    assert set(read.license_texts.values()) == kept


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT AND LicenseRef-x", "MIT AND LicenseRef-x"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("MIT AND (Zlib WITH AdditionRef-y OR 0BSD)", "MIT AND (LicenseRef-Zlib-WITH-AdditionRef-y OR 0BSD)"),
        ("Apache-2.0+ WITH AdditionRef-y", "LicenseRef-Apache-2.0-or-later-WITH-AdditionRef-y"),
        ("DocumentRef-a:LicenseRef-b", "LicenseRef-DocumentRef-a-LicenseRef-b"),
        (
            "DocumentRef-a:LicenseRef-b WITH DocumentRef-c:AdditionRef-d",
            "LicenseRef-DocumentRef-a-LicenseRef-b-WITH-DocumentRef-c-AdditionRef-d",
        ),
    ],
)
def test_spdx_2_3_knows_no_exceptions_of_ones_own(expression, expected):
    assert spdx23(expression) == expected
    document = spdx(bom_with(LicenseFacts(declared=Expression(expression))))
    assert document["packages"][1]["licenseDeclared"] == expected
    for info in document.get("hasExtractedLicensingInfos", ()):
        replaced = info["licenseId"] not in expression
        assert info["comment"].startswith("Stands for: ") if replaced else "comment" not in info


def test_the_text_of_a_reference_is_that_of_a_finding_that_states_nothing_else():
    both = stated("MIT AND LicenseRef-x", STRANGE)
    alone = stated("LicenseRef-x", MIT, raw="x-license")
    info = extracted(bom_with(both, alone, texts=(STRANGE, MIT)))["LicenseRef-x"]
    assert info["extractedText"] == MIT.strip("\n")
    assert f"SHA-256 of the text as shipped: {MIT_SHA256}" in info["comment"]
    assert "Stated in: os layer 0 usr/share/doc/x/copyright:3" in info["comment"]


def test_a_text_of_more_than_the_reference_says_so():
    info = extracted(bom_with(stated("MIT AND LicenseRef-x", STRANGE), texts=(STRANGE,)))["LicenseRef-x"]
    assert info["extractedText"] == STRANGE.strip("\n")
    assert "The text is that of the expression: MIT AND LicenseRef-x" in info["comment"]


def test_a_text_of_two_references_is_that_of_neither():
    infos = extracted(bom_with(stated("LicenseRef-x AND LicenseRef-y", STRANGE), texts=(STRANGE,)))
    assert [each["extractedText"] for each in infos.values()] == [
        "The text of this license was not found in the product."
    ] * 2


def test_without_a_text_the_reference_quotes_what_is_stated():
    raw = "BSD-like, see https://acme.example/license."
    info = extracted(bom_with(stated("LicenseRef-x", raw=raw)))["LicenseRef-x"]
    assert info["extractedText"] == f"The text of this license was not found in the product. It is stated as: {raw}"
    assert info["name"] == raw
    assert info["seeAlsos"] == ["https://acme.example/license"]


def test_candidates_are_named():
    facts = stated("LicenseRef-sbomctl-ambiguous-BSD", candidates=("BSD-2-Clause", "BSD-3-Clause"))
    (info,) = extracted(bom_with(facts)).values()
    assert "May be: BSD-2-Clause | BSD-3-Clause" in info["comment"]


def test_references_in_files_that_belong_to_no_package_have_a_text_too():
    image = boms.image_facts("os", "FROM scratch", licenses=stated("LicenseRef-loose", STRANGE).findings)
    bom = Bom(Product("p"), (image,), license_texts={STRANGE_SHA256: STRANGE})
    assert extracted(bom)["LicenseRef-loose"]["extractedText"] == STRANGE.strip("\n")
    (annotation,) = written(bom, "1.6")["annotations"]
    assert annotation["subjects"] == [image.id]
    assert "LicenseRef-loose in os layer 0" in properties(components(bom)[image.id], "license:finding")[0]


def test_a_notice_stands_with_the_first_of_those_that_share_it():
    texts = (ShippedText("notice", sha256(NOTICE), PLACE),)
    bom = Bom(
        Product("p"),
        components=tuple(boms.component(name, texts=texts) for name in ("a", "b")),
        license_texts={sha256(NOTICE): NOTICE},
    )
    _, first, second = spdx(bom)["packages"]
    assert first["attributionTexts"] == [NOTICE.strip("\n")]
    assert second["attributionTexts"] == [f"The same text as that of {first['SPDXID']}, SHA-256 {sha256(NOTICE)}."]
    document = written(bom)
    (annotation,) = document["annotations"]
    assert annotation["text"] == f"NOTICE, SHA-256 {sha256(NOTICE)}:\n\n{NOTICE}"
    assert sorted(annotation["subjects"]) == sorted(each.id for each in bom.components)
    assert properties(document["components"][0], "license:notice") == [f"{sha256(NOTICE)} {PLACE}"]


@pytest.mark.parametrize("word", ["NONE", "NOASSERTION"])
def test_a_copyright_statement_is_no_keyword(word):
    bom = bom_with(LicenseFacts(), copyrights=(CopyrightStatement(word, PLACE),))
    assert spdx(bom)["packages"][1]["copyrightText"] == f'"{word}"'


def test_nothing_known_is_no_assertion_and_never_none():
    package = spdx(bom_with(LicenseFacts()))["packages"][1]
    for field in ("licenseDeclared", "licenseConcluded", "copyrightText"):
        assert package[field] == "NOASSERTION"
    assert "licenseInfoFromFiles" not in package


def test_spdx_2_3_declares_only_what_is_stated():
    """Section 7.15: what authors state; what was detected is in the comment."""
    package = spdx(bom_with(LicenseFacts(detected=Expression("MIT"))))["packages"][1]
    assert package["licenseDeclared"] == "NOASSERTION"
    assert package["licenseComments"] == "Detected in files: MIT"


def test_another_conclusion_than_declared_is_explained():
    facts = LicenseFacts(declared=Expression("MIT"), concluded=Expression("Zlib"))
    assert spdx(bom_with(facts))["packages"][1]["licenseComments"] == "Reason: not recorded"


def test_cyclonedx_1_7_gives_a_reference_its_text_where_it_is_first_named():
    facts = stated("LicenseRef-x", STRANGE)
    first, second = written(bom_with(facts, facts, texts=(STRANGE,)))["components"]
    detail = {
        "licenseIdentifier": "LicenseRef-x",
        "bom-ref": f"text:{STRANGE_SHA256}",
        "text": {"contentType": "text/plain", "content": STRANGE},
    }
    assert first["licenses"][0]["expressionDetails"] == [detail]
    assert "expressionDetails" not in second["licenses"][0]
    for each in (first, second):
        assert properties(each, "license:text") == [f"{STRANGE_SHA256} {PLACE}"]


def test_cyclonedx_1_7_links_a_second_reference_to_the_same_text():
    bom = bom_with(stated("LicenseRef-x", STRANGE), stated("LicenseRef-y", STRANGE), texts=(STRANGE,))
    _, second = written(bom)["components"]
    link = {"licenseIdentifier": "LicenseRef-y", "url": f"#text:{STRANGE_SHA256}"}
    assert second["licenses"][0]["expressionDetails"] == [link]


def test_cyclonedx_1_6_annotates_the_text_on_all_that_have_it():
    facts = stated("LicenseRef-x", STRANGE)
    bom = bom_with(facts, facts, texts=(STRANGE,))
    (annotation,) = written(bom, "1.6")["annotations"]
    assert annotation["bom-ref"] == f"text:{STRANGE_SHA256}"
    assert sorted(annotation["subjects"]) == sorted(each.id for each in bom.components)
    assert annotation["text"] == f"License text of LicenseRef-x, SHA-256 {STRANGE_SHA256}:\n\n{STRANGE}"


@pytest.mark.parametrize("version", ["1.7", "1.6"])
def test_cyclonedx_keeps_every_text(version):
    document = json.dumps(written(boms.rich_bom(), version))
    for text in TEXTS.values():
        assert document.count(json.dumps(text)[1:-1]) == 1


def test_cyclonedx_xml_has_the_same_texts():
    space = "{http://cyclonedx.org/schema/bom/1.7}"
    root = xml_tree(write(boms.rich_bom(), "cyclonedx-xml", "1.7"))
    (detail,) = root.iter(f"{space}details")
    assert detail.get("license-identifier") == "LicenseRef-acme-strange"
    assert detail.find(f"{space}text").text == STRANGE


def test_what_is_not_in_the_binary_is_no_declared_license():
    excluded = LicenseFinding("GPL-2+", PLACE, "dep5", excluded_by="packaging only")
    node = written(bom_with(LicenseFacts(declared=Expression("MIT"), findings=(excluded,))))["components"][0]
    assert node["licenses"] == [{"license": {"id": "MIT", "acknowledgement": "declared"}}]
    assert "excluded by packaging only" in properties(node, "license:finding")[0]


def test_a_finding_that_covers_almost_all_of_a_text_does_not_pass_for_all():
    facts = stated("MIT", coverage=0.99999)
    assert "coverage 0.999" in properties(written(bom_with(facts))["components"][0], "license:finding")[0]


def test_every_custom_id_of_spdx_3_is_an_element_once():
    graph = spdx(licensed_bom(200), "3.0")["@graph"]
    texts = Counter(each["spdxId"] for each in graph if each["type"] == "simplelicensing_SimpleLicensingText")
    assert set(texts.values()) == {1}
    for each in graph:
        for entry in each.get("simplelicensing_customIdToUri", ()):
            assert entry["value"] in texts
