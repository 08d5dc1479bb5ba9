"""SBOMs of other tools: what is read of them, and how bad ones are refused."""

from __future__ import annotations

import base64
import json

import boms
import pytest
from click.testing import CliRunner
from conftest import SHARED, shared
from cyclonedx_oracles import write

from sbomctl.cli.main import cli
from sbomctl.errors import CorruptInput, InputError, UnsupportedInput
from sbomctl.model import ComponentType, RelationshipType
from sbomctl.readers.detect import decode

_FOLDERS = ("in-the-wild", "cyclonedx-spec", "spdx-examples", "debsbom", "sbomqs")
_MARKS = (b'"bomFormat"', b'"spdxVersion"')
_REFUSED = {  # of the specification's invalid documents those that are wrong in what is read here
    "in-the-wild": {"powershell-2.2.6.spdx.json"},  # text behind the document
    "cyclonedx-spec": {
        "invalid-bomformat-1.7.json", "invalid-dependency-1.3.json", "invalid-dependency-1.5.json",
        "invalid-dependency-1.7.json", "invalid-empty-component-1.3.json",
    },
    "sbomqs": {"spdx-old-version.json"},  # SPDX 2.1
}  # fmt: skip


def cyclonedx(*components: object, **more: object) -> bytes:
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": components, **more}).encode()


def spdx(*packages: dict, **more: object) -> bytes:
    named = [{"SPDXID": f"SPDXRef-{number}", "name": "x"} | one for number, one in enumerate(packages)]
    return json.dumps({"spdxVersion": "SPDX-2.3", "name": "doc", "packages": named, **more}).encode()


def facts(data: bytes):
    (component,) = decode(data, "f.json").components
    return component.licenses


@pytest.mark.parametrize(
    ("form", "version"), [("cyclonedx-json", "1.7"), ("cyclonedx-json", "1.6"), ("spdx-json", "2.3")]
)
def test_what_we_write_is_read_again(form, version):
    bom = boms.rich_bom()
    read = decode(write(bom, form, version), "f.json")
    found = {one.purl: one for one in read.components if one.purl}
    assert set(found) == {one.purl for one in bom.components}
    for one in bom.components:
        again = found[one.purl]
        assert (again.name, again.version) == (one.name, one.version)
        assert (again.type is ComponentType.SOURCE) == (one.type is ComponentType.SOURCE)
        if "AdditionRef-" not in one.licenses.concluded or form != "spdx-json":  # SPDX 2.3 has no such exceptions
            assert again.licenses.concluded == one.licenses.concluded
        if one.licenses.declared:
            assert again.licenses.declared == one.licenses.declared
    assert read.product.name == bom.product.name
    assert not [one for one in read.components if not one.purl], "images and files are no packages"
    (problem,) = read.problems
    assert "sbomctl" in problem.reason
    assert str(problem.location) == "f.json"


@pytest.mark.parametrize("folder", _FOLDERS)
def test_real_documents_are_read_or_refused(folder):
    read, refused = 0, set()
    for path in sorted(shared(f"real/sbom/{folder}").rglob("*.json")):
        data = path.read_bytes()
        if not any(mark in data for mark in _MARKS):
            continue
        try:
            bom = decode(data, str(path))
        except InputError as error:
            refused.add(path.name)
            assert path.name in error.message
            assert "sbomctl document" not in error.message
        else:
            read += 1
            assert not bom.complete
            assert str(SHARED) not in repr(bom.problems)
    assert read
    assert refused == _REFUSED.get(folder, set())


def test_a_check_of_a_real_one_names_what_is_unknown():
    path = shared("real/sbom/in-the-wild/in-the-wild/cyclonedx/obsidian-sailboat-sbom-cdx.json")
    result = CliRunner().invoke(cli, ["check", str(path), "--policy", "permissive"])
    assert result.exit_code == 1
    assert "missing-license (140)" in result.stdout
    assert "AngleSharp" in result.stdout


def test_a_name_that_is_no_expression_is_unknown(tmp_path):
    entries = [{"license": {"name": "Strange License"}}, {"license": {"id": "MIT"}}]
    data = cyclonedx({"name": "a", "licenses": entries})
    known = facts(data)
    assert known.declared == "LicenseRef-sbomctl-unknown-Strange-License AND MIT"
    assert known.raw == ("MIT", "Strange License")
    assert {one.raw: one.expression for one in known.findings} == {"MIT": "MIT", "Strange License": ""}
    (tmp_path / "f.json").write_bytes(data)
    result = CliRunner().invoke(cli, ["check", str(tmp_path / "f.json"), "--policy", "permissive"])
    assert result.exit_code == 1
    assert "unknown-license" in result.stdout
    assert "Strange License" in result.stdout


def test_acknowledgement_and_evidence_tell_who_says_it():
    said = [{"expression": "mit or GPL-2.0", "acknowledgement": "concluded"}, {"license": {"id": "Zlib"}}]
    known = facts(cyclonedx({"name": "a", "licenses": said, "evidence": {"licenses": [{"license": {"id": "X11"}}]}}))
    assert (known.concluded, known.declared, known.detected) == ("GPL-2.0-only OR MIT", "Zlib", "X11")


def test_texts_come_along():
    text = {"content": base64.b64encode(b"Do as you like.").decode(), "encoding": "base64"}
    bom = decode(cyclonedx({"name": "a", "licenses": [{"license": {"name": "Own", "text": text}}]}), "f")
    assert list(bom.license_texts.values()) == ["Do as you like."]
    extracted = [{"licenseId": "LicenseRef-own", "extractedText": "Be kind."}]
    data = spdx({"licenseDeclared": "MIT AND LicenseRef-own"}, hasExtractedLicensingInfos=extracted)
    bom = decode(data, "f")
    (key,) = bom.license_texts
    assert bom.license_texts[key] == "Be kind."
    assert [one.expression for one in bom.components[0].licenses.findings if one.text_sha256 == key] == [
        "LicenseRef-own"
    ]


def test_nothing_asserted_is_not_a_license():
    known = facts(spdx({"licenseDeclared": "NONE", "licenseConcluded": "NOASSERTION"}))
    assert (known.declared, known.concluded, known.effective) == ("", "", "")
    assert "NONE of the declared license" in known.reason
    assert [one.kind for one in known.issues] == ["missing-license"]


def test_nested_components_duplicates_and_dependencies():
    purl = "pkg:npm/b@1"
    inner = {"name": "b", "version": "1", "purl": purl, "bom-ref": "b", "licenses": [{"license": {"id": "MIT"}}]}
    again = {**inner, "bom-ref": "b2", "licenses": [{"license": {"id": "Zlib"}}]}
    outer = {"name": "a", "bom-ref": "a", "components": [inner]}
    bom = decode(cyclonedx(outer, again, dependencies=[{"ref": "a", "dependsOn": ["b", "b2", "lost"]}]), "f")
    assert [(one.name, one.licenses.declared) for one in bom.components] == [("a", ""), ("b", "MIT AND Zlib")]
    assert sum(one.type is RelationshipType.DEPENDS_ON for one in bom.relationships) == 1


def test_what_a_document_is_about_is_judged_where_it_states_a_license():
    main = {"name": "app", "version": "2", "licenses": [{"license": {"id": "MIT"}}]}
    bom = decode(cyclonedx({"name": "a"}, metadata={"component": main}), "f")
    assert (bom.product.name, bom.product.version) == ("app", "2")
    assert [one.name for one in bom.components] == ["a", "app"]
    del main["licenses"]
    assert [one.name for one in decode(cyclonedx({"name": "a"}, metadata={"component": main}), "f").components] == ["a"]


_DEEP: dict = {"name": "x"}
for _ in range(100):
    _DEEP = {"name": "x", "components": [_DEEP]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (cyclonedx({"name": 1}), r"CycloneDX 1.5 document: Expected `str`, got `int` - at `\$.components\[0\].name`"),
        (cyclonedx({}), "missing required field `name`"),
        (cyclonedx(_DEEP), "nested more than 64 deep"),
        (b'{"bomFormat":"CycloneDX","specVersion":"1.5","x":' + b"[" * 1_000_000, "nested too deeply"),
        (cyclonedx({"name": "a", "bom-ref": "r"}, {"name": "b", "bom-ref": "r"}), "two different components .* 'r'"),
        (cyclonedx()[:-1], "no valid CycloneDX document"),
        (spdx({"SPDXID": "r"}, {"SPDXID": "r", "name": "y"}), "two different components are called 'r'"),
        (spdx({"licenseDeclared": []}), "Expected `str | null`, got `array`"),
        (b'{"spdxVersion":"SPDX-2.3","packages":[{"name":"\xff"}]}', "no valid SPDX 2.3 document"),
        (b'{"spdxVersion":"SPDX-2.3"} more', "no valid SPDX document: .* trailing characters"),
    ],
)
def test_bad_documents_are_refused(data, message):
    with pytest.raises(CorruptInput, match=message) as caught:
        decode(data, "f.json")
    assert caught.value.message.startswith("f.json")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("data", "known"),
    [
        (b'{"bomFormat": "CycloneDX", "specVersion": "2.0"}', "CycloneDX 2.0, this sbomctl reads 1.2, .*, 1.7"),
        (b'{"bomFormat": "CycloneDX"}', "this sbomctl reads 1.2"),
        (b'{"bomFormat": "CycloneDX", "specVersion": [1]}', "this sbomctl reads 1.2"),
        (b'{"spdxVersion": "SPDX-3.0"}', "SPDX-3.0, this sbomctl reads SPDX-2.2, SPDX-2.3"),
        (b'{"spdxVersion": ["SPDX-2.3"]}', "this sbomctl reads SPDX-2.2"),
    ],
)
def test_unknown_versions_are_named_with_the_known_ones(data, known):
    with pytest.raises(UnsupportedInput, match=known):
        decode(data, "f.json")
