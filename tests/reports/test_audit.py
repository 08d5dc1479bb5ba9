"""The audit report without a browser: its plain data, its bytes, its policy of what may run."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import boms
import pages
import pytest
from edge_bom import CURL, EDGE

from sbomctl.model import ComponentType
from sbomctl.reports._audit import audit_of
from sbomctl.reports._audit_index import Index, class_of
from sbomctl.reports._shown import shown, shown_lines


def audit(bom, result=None):
    return audit_of(pages.known(bom, result), Index.of(bom, result))


def test_the_same_input_gives_the_same_bytes():
    assert pages.page(*pages.edge()) == pages.page(*pages.edge())


@pytest.mark.parametrize("bom", [boms.empty_bom(), boms.imageless_bom(), boms.rich_bom(), boms.hostile_bom(), EDGE])
def test_every_component_has_a_row_and_its_evidence(bom):
    text = pages.page(bom)
    rows = json.loads(pages.script_of(text, "table-data")[0])["rows"]
    assert sorted(row[0] for row in rows) == sorted(one.id for one in bom.components)
    details = [json.loads(line) for line in pages.script_of(text, "details-data") if line]
    evidence = [json.loads(line) for line in pages.script_of(text, "evidence-data") if line]
    assert len(details) == len(rows)
    shipped = {copyright_.text for one in bom.components for copyright_ in one.copyrights}
    assert {line for _, copyrights in evidence for line, _ in copyrights} == {shown(text) for text in shipped}


def test_only_what_the_policy_names_may_run():
    text = pages.page(pages.hostile())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1].replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; ")
    blocks = re.findall(r"<(script|style)>(.*?)</\1>", text, re.DOTALL)
    assert [kind for kind, _ in blocks] == ["style", "script", "script"]
    for kind, block in blocks:
        digest = base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy.split(f"{kind}-src")[1].split(";")[0]
    assert not re.search(r"<[a-z][^>]*\s(on[a-z]+|style|src)=", text)


def test_names_are_neither_markup_nor_invisible():
    text = pages.page(pages.hostile(), pages.judged(pages.hostile()))
    assert "<img" not in text and "<script>alert" not in text and "</noscript><b>" not in text
    assert text.count("</noscript>") == text.count("<noscript>")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)
    assert r"rtl\u202egnp.exe" in text and "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\\u003cscript>alert(1)\\u003c/script>" in text


def test_lines_of_texts_stay_lines():
    assert shown_lines("one\r\ntwo\tthree\x0cfour\x1b") == "one\ntwo\tthree\nfour\\x1b"


def test_each_license_text_is_there_once():
    bom = boms.rich_bom()
    text = pages.page(bom)
    for digest in bom.license_texts:
        assert text.count(f'id="text/{digest}"') == 1
    assert text.count("Do strange things.\n") == 1


def test_a_layer_tells_what_it_brings_and_hides():
    app = next(one for one in audit(EDGE).images if one.name == "app")
    assert [layer.bar.parts for layer in app.layers] == [(1, 0, 0), (0, 0, 1), (1, 0, 0)]
    assert [(one.component, one.state, one.since) for one in app.layers[2].hides] == [(CURL.id, "deleted", 1)]


def test_findings_that_say_the_same_stand_together():
    bom, result = pages.edge()
    found = audit(bom, result)
    assert sum(rule.open + rule.waived for rule in found.findings) == len(result.violations)
    members = [len(group.members) for rule in found.findings for group in rule.groups]
    assert sum(members) == len(result.violations) and max(members) > 1
    assert found.overview.verdict.word == "failed"
    assert [group.number for rule in found.findings for group in rule.groups if group.waived_by]


def test_waivers_tell_when_they_end():
    (line,) = audit(*pages.edge()).waivers
    assert (line.days_left, line.state, line.uses) == (11, "ends soon", 1)
    assert line in audit(*pages.edge()).overview.ending


def test_a_product_that_nobody_checked_has_no_verdict():
    found = audit(boms.rich_bom())
    assert found.overview.verdict.word == "unchecked"
    assert {row.verdict for row in found.rows} == {""}
    assert "2 things could not be read" in found.overview.complete


def test_the_absence_of_findings_is_no_permission_where_the_rules_are_off():
    bom, result = pages.edge()
    assert "allow" in {row.verdict for row in audit(bom, result).rows}
    off = type(result)(**{**{name: getattr(result, name) for name in result.__struct_fields__}, "rules": ()})
    assert "allow" not in {row.verdict for row in audit(bom, off).rows}


@pytest.mark.parametrize(("expression", "name"), [
    ("", "unknown"),
    ("MIT AND GPL-2.0-only", "strong-copyleft"),
    ("MIT OR GPL-2.0-only", "permissive"),
    ("LicenseRef-own", "not classified"),
    ("LicenseRef-own AND MPL-2.0", "weak-copyleft"),
    ("LicenseRef-own OR MPL-2.0", "weak-copyleft"),
    ("NO SUCH (", "not classified"),
])  # fmt: skip
def test_the_class_is_what_is_asked_most(expression, name):
    assert class_of(expression) == name


@pytest.mark.parametrize("bom", [boms.rich_bom(), pages.edge()[0], EDGE])
def test_numbers_agree(bom):
    found = audit(bom)
    tiles = {one.label: one.number for one in found.overview.tiles}
    assert tiles["components"] == sum(one.type is not ComponentType.SOURCE for one in bom.components)
    assert tiles["components"] == sum(bar.total for bar in found.overview.classes)
    assert tiles["licenses"] == len(found.licenses)
    assert tiles["source packages"] == len(found.sources.lines)
    assert tiles["license texts"] == len(found.texts)
    assert tiles["unowned executables"] == sum(image.coverage.parts[2] for image in found.images)
    assert sum(len(one.occurrences) for one in bom.components) == sum(image.packages for image in found.images)


def test_sources_tell_what_is_known_of_them():
    found = audit(boms.rich_bom()).sources
    assert {one.name: one.status for one in found.lines} == {
        "acme-firmware": "located and pinned", "glibc": "named", "zlib": "named",
    }  # fmt: skip
    assert sum(count for _, _, count in found.counts) == len(found.lines)


def test_what_is_not_known_is_told():
    bom = boms.rich_bom()
    gaps = audit(bom).gaps
    assert len(gaps.problems) == len(bom.problems)
    assert {one.path for one in gaps.unowned} == {"opt/acme/libsecret.so", "tmp/install.sh"}
    assert [one.kind for one in gaps.questions] == ["unknown-license"]
    assert len(gaps.curations) == len(gaps.notes) == 1
