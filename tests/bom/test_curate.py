"""What people decided reaches the facts, with id, author and reason; what did nothing is told."""

from __future__ import annotations

from test_merge import PRODUCT, inventory, package

from sbomctl.bom import build, curate, merge
from sbomctl.model import Choice, Curation, Curations, ShippedText

ZLIB = "pkg:deb/debian/zlib1g"


def bom_of(*packages, **decisions):
    bom = merge([build(inventory("os", list(packages)), PRODUCT)], PRODUCT)
    return curate(bom, Curations("curations.yaml", **decisions))


def curation(**fields) -> Curation:
    return Curation(**{"id": "C-1", "component": ZLIB, "author": "legal", "reason": "read it", "line": 3} | fields)


def choice(**fields) -> Choice:
    known = {"id": "E-1", "component": "*", "given": "GPL-2.0-only OR MIT", "choose": "MIT", "author": "legal"}
    return Choice(**known | {"reason": "no source", "line": 9} | fields)


def issues(bom) -> list[tuple[str, str, int]]:
    return [(one.kind, one.id, one.line) for one in bom.curation_issues]


def test_a_conclusion_keeps_what_the_image_says():
    [component] = bom_of(package("zlib1g", raw="GPL"), curations=(curation(concluded="Zlib"),)).components
    facts = component.licenses
    assert (facts.concluded, facts.effective, facts.reason) == ("Zlib", "Zlib", "C-1: read it (legal)")
    assert facts.raw == ("GPL",)
    [made] = [finding for finding in facts.findings if finding.found_by == "curation:C-1"]
    assert str(made.location) == "curations.yaml:3"


def test_versions_decide():
    bom = bom_of(
        package("zlib1g", "1:1.2.11"), package("zlib1g", "1:1.3"),
        curations=(curation(concluded="Zlib", versions=">=1:1.2,<1:1.3"),),
    )  # fmt: skip
    assert {one.version: one.licenses.concluded for one in bom.components} == {"1:1.2.11": "Zlib", "1:1.3": ""}
    assert not issues(bom)


def test_one_whose_ground_is_gone_is_told_and_not_heeded():
    text = ShippedText("license", "aa", package("x").location)
    old = bom_of(package("zlib1g", "2"), curations=(curation(concluded="Zlib", versions="<2"),))
    new_text = bom_of(package("zlib1g", texts=(text,)), curations=(curation(concluded="Zlib", text_sha256="bb"),))
    same_text = bom_of(package("zlib1g", texts=(text,)), curations=(curation(concluded="Zlib", text_sha256="aa"),))
    assert issues(old) == issues(new_text) == [("outdated-curation", "C-1", 3)]
    assert not issues(same_text)
    assert [bom.components[0].licenses.concluded for bom in (old, new_text, same_text)] == ["", "", "Zlib"]


def test_one_that_matches_nothing_is_told():
    bom = bom_of(package("perl"), curations=(curation(concluded="Zlib"),), choices=(choice(),))
    assert issues(bom) == [("unused-choice", "E-1", 9), ("unused-curation", "C-1", 3)]


def test_copyright_statements_are_replaced():
    [component] = bom_of(package("zlib1g"), curations=(curation(copyrights=("1995 Jean",)),)).components
    assert [(line.text, str(line.location)) for line in component.copyrights] == [("1995 Jean", "curations.yaml:3")]


def test_a_choice_is_made_where_it_is_offered():
    bom = bom_of(
        package("a", declared="GPL-2.0-only OR MIT"), package("b", declared="ISC AND (MIT OR GPL-2.0-only)"),
        package("c", declared="MIT"), choices=(choice(),),
    )  # fmt: skip
    facts = {one.name: one.licenses for one in bom.components}
    assert {name: one.effective for name, one in facts.items()} == {"a": "MIT", "b": "ISC AND MIT", "c": "MIT"}
    assert facts["a"].concluded == "GPL-2.0-only OR MIT"
    assert [(one.by, one.reason) for one in facts["b"].elections] == [("legal", "E-1: no source")]
    assert facts["c"].elections == ()


def test_a_choice_that_its_component_does_not_offer():
    bom = bom_of(package("zlib1g", declared="Zlib"), choices=(choice(component=ZLIB),))
    assert issues(bom) == [("impossible-choice", "E-1", 9)]


def test_a_star_stands_for_any_characters_and_dots_for_themselves():
    bom = bom_of(
        package("zlib1g"), package("zlib.1g"), package("perl"),
        curations=(curation(component="pkg:deb/debian/zlib1*", concluded="Zlib"),),
    )  # fmt: skip
    assert {one.name: one.licenses.concluded for one in bom.components} == {"zlib1g": "Zlib", "zlib.1g": "", "perl": ""}


def test_decisions_survive_a_merge():
    bom = bom_of(package("zlib1g", declared="GPL-2.0-only OR MIT"), choices=(choice(),),
                 curations=(curation(declared="GPL-2.0-only OR MIT"),))  # fmt: skip
    again = merge(
        [bom, build(inventory("other", [package("zlib1g", declared="ISC", image="other")]), PRODUCT)], PRODUCT
    )
    assert [one.licenses.effective for one in again.components] == ["MIT"]
