"""What a bundle holds, and that it is whole, the same every time, or not there at all."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import subprocess
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from backports import zstd
from conftest import tool
from edge_bom import EDGE

from sbomctl import api, bundle
from sbomctl.bundle import checksums
from sbomctl.errors import ConfigError, OutputError
from sbomctl.model import Bom

CREATED = datetime(2026, 6, 1, 8, tzinfo=UTC)
REPLACE = msgspec.structs.replace
POLICY = {"policy/copyleft-ok.yaml", "policy/license-classes.yaml"}
FILES = {
    "NOTICE.html", "NOTICE.md", "NOTICE.txt", "README.md", "SHA256SUMS", "findings.sarif", "inventory.json",
    *POLICY, "report.html", "sbom/product.cdx.json", "sbom/product.spdx.json", "sbom/product.spdx3.json",
}  # fmt: skip


def known(bom: Bom = EDGE, *, policy: str = "copyleft-ok", **more) -> bundle.BundleInput:
    """A product checked by a shipped policy, ready to be bundled without an offer."""
    loaded = api.load_policy(policy)
    kept = bundle.keep(loaded.files)
    result = api.check(bom, bundle.renamed_policy(loaded, kept), today=CREATED.date())
    more.setdefault("without", frozenset({bundle.SOURCE_OFFER}))
    return bundle.BundleInput(bom, result, CREATED, "0.1.0", kept=kept, **more)


def write(what: bundle.BundleInput, place: Path, *, force: bool = False, signer=None) -> bundle.Written:
    return bundle.write(what, bundle.prepared(str(place), force=force), signer)


def files(place: Path) -> dict[str, bytes]:
    """What a bundle holds, however it is packed, without the folder that an archive has on top."""
    if place.is_dir():
        return {one.relative_to(place).as_posix(): one.read_bytes() for one in place.rglob("*") if one.is_file()}
    if place.suffix == ".zip":
        with zipfile.ZipFile(place) as packed:
            return {name.partition("/")[2]: packed.read(name) for name in packed.namelist()}
    with tarfile.open(fileobj=io.BytesIO(zstd.decompress(place.read_bytes()))) as packed:
        return {one.name.partition("/")[2]: packed.extractfile(one).read() for one in packed}


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("whole") / "bundle"
    write(known(), place)
    return place


def test_it_holds_what_the_readme_explains(whole):
    held = files(whole)
    assert held.keys() == FILES
    readme = held["README.md"].decode()
    assert {name for name in FILES if f"| `{name}` |" in readme} == FILES
    assert "There is no `source-offer.*`: it was left out on request." in readme


def test_checksums_are_those_that_sha256sum_makes(whole):
    sums = checksums.read((whole / "SHA256SUMS").read_bytes())
    assert sums == {
        path: hashlib.sha256(data).hexdigest() for path, data in files(whole).items() if path != "SHA256SUMS"
    }
    command = [tool("sha256sum"), "--check", "--strict", "--quiet", "SHA256SUMS"]
    subprocess.run(command, cwd=whole, check=True)


def test_documents_are_those_that_export_writes(whole):
    for name, form, version in (
        ("product.spdx.json", "spdx-json", "2.3"),
        ("product.spdx3.json", "spdx-json", "3.0.1"),
        ("product.cdx.json", "cyclonedx-json", "1.7"),
    ):
        out = io.BytesIO()
        api.write(EDGE, form, out, created=CREATED, version=version)
        assert (whole / "sbom" / name).read_bytes() == out.getvalue()
    assert api.read_bom((whole / "inventory.json").read_bytes(), "inventory.json") == EDGE


@pytest.mark.parametrize("name", ["bundle", "bundle.tar.zst", "bundle.zip"])
def test_twice_is_the_same(tmp_path, whole, name):
    places = [tmp_path / one / name for one in ("first", "second")]
    for place in places:
        place.parent.mkdir()
        write(known(), place)
    assert files(places[0]) == files(places[1]) == files(whole)
    if name != "bundle":
        assert places[0].read_bytes() == places[1].read_bytes()


def test_archives_say_nothing_of_who_made_them(tmp_path):
    write(known(), tmp_path / "one.tar.zst")
    write(known(), tmp_path / "one.zip")
    with tarfile.open(fileobj=io.BytesIO(zstd.decompress((tmp_path / "one.tar.zst").read_bytes()))) as packed:
        members = packed.getmembers()
    assert [one.name for one in members] == sorted(one.name for one in members)
    assert {(one.uid, one.gid, one.uname, one.gname, one.mode, one.mtime) for one in members} == {
        (0, 0, "", "", 0o644, CREATED.timestamp())
    }
    assert {one.name.partition("/")[0] for one in members} == {"edge-gateway-2.4.0"}
    with zipfile.ZipFile(tmp_path / "one.zip") as packed:
        infos = packed.infolist()
    assert {(one.date_time, one.external_attr >> 16, one.create_system) for one in infos} == {
        ((2026, 6, 1, 8, 0, 0), stat.S_IFREG | 0o644, 3)
    }


@pytest.mark.parametrize("year", [1970, 9999])
def test_times_that_zip_does_not_know(tmp_path, year):
    write(REPLACE(known(), created=datetime(year, 1, 2, tzinfo=UTC)), tmp_path / "one.zip")
    assert not bundle.verify(str(tmp_path / "one.zip")).faults


def test_an_image_gets_its_own_notice(tmp_path):
    write(known(images=("app",)), tmp_path / "bundle")
    held = files(tmp_path / "bundle")
    assert held.keys() - FILES == {f"images/app/NOTICE.{form}" for form in ("html", "md", "txt")}
    assert held["images/app/NOTICE.txt"] != held["NOTICE.txt"]


def test_one_image_has_nothing_of_another():
    for name in ("os", "app"):
        part = api.one_image(EDGE, name)
        assert [one.image.name for one in part.images] == [name]
        assert {place.location.image for one in part.components for place in one.occurrences} == {name}
        ids = {*(one.id for one in part.components), *(one.id for one in part.images), "product"}
        assert all({one.source, one.target} <= ids for one in part.relationships)
    with pytest.raises(ConfigError, match="no image 'bus'"):
        api.one_image(EDGE, "bus")


def test_without_a_check_there_are_no_findings(tmp_path):
    what = REPLACE(known(), result=None, kept=(), without=frozenset(bundle.OPTIONAL))
    written = write(what, tmp_path / "bundle")
    assert files(tmp_path / "bundle").keys() == FILES - POLICY - {"findings.sarif"}
    assert [one.path for one in written.absent] == ["source-offer.*", "findings.sarif, policy/"]
    assert "**Not checked.**" in (tmp_path / "bundle/README.md").read_text()


def test_findings_lead_to_the_policy_in_the_bundle(tmp_path):
    write(known(policy="permissive"), tmp_path / "bundle")
    log = msgspec.json.decode((tmp_path / "bundle/findings.sarif").read_bytes())
    (run,) = log["runs"]
    assert run["properties"]["policyFiles"].keys() == {"policy/permissive.yaml", "policy/license-classes.yaml"}
    lines = {
        one["physicalLocation"]["artifactLocation"]["uri"]
        for result in run["results"]
        for one in result.get("relatedLocations", ())
        if one["id"] == 100
    }
    assert lines == {"policy/permissive.yaml"}, "of what a line of the policy denies"


# What the user wrote


def test_policies_still_extend_each_other(tmp_path):
    (tmp_path / "base").mkdir()
    (tmp_path / "own").mkdir()
    (tmp_path / "base/waivers.yaml").write_text(
        "policy: {name: base}\nlicenses:\n  - {verdict: allow, licenses: [MIT]}\n"
    )
    (tmp_path / "own/p \n q.yaml").write_text(
        "policy: {name: own}\nextends: [../base/waivers.yaml, permissive]\n"
        "licenses:\n  - {verdict: allow, licenses: [ISC]}\n"
    )
    (tmp_path / "w.yaml").write_text("waivers: []\n")
    policy = api.load_policy(str(tmp_path / "own/p \n q.yaml"))
    kept = bundle.keep(policy.files, str(tmp_path / "w.yaml"))
    assert [one.path for one in kept] == [
        "policy/own/p_q.yaml", "policy/base/waivers.yaml", "policy/permissive.yaml",
        "policy/license-classes.yaml", "policy/waivers.yaml",
    ]  # fmt: skip
    write(REPLACE(known(), kept=kept), tmp_path / "bundle")
    again = api.load_policy(str(tmp_path / "bundle/policy/own/p_q.yaml"))
    assert [(one.verdict, one.ids) for one in again.lines] == [(one.verdict, one.ids) for one in policy.lines]


def test_everything_that_decided_is_called_as_the_bundle_calls_it(tmp_path):
    """Lines, rules and waivers; of the machine that made it nothing is told."""
    policy, waivers = tmp_path / "own.yaml", tmp_path / "accepted.yaml"
    policy.write_text(
        "policy: {name: own}\nrules: {missing-license: {severity: note}}\n"
        "licenses:\n  - {verdict: deny, classes: [permissive]}\n"
    )
    waivers.write_text(
        "waivers:\n  - {id: W-1, rule: incomplete-scan, image: app, owner: os-team, approver: legal, "
        "reason: {kind: LICENSE_ACQUIRED, text: known}, created: 2026-01-01, expires: 2026-12-31}\n"
    )
    loaded = api.load_policy(str(policy))
    accepted = api.load_waivers(str(waivers), loaded, CREATED.date())
    kept = bundle.keep(loaded.files, str(waivers))
    assert any(one.place for one in loaded.rules.values())
    renamed, waived = bundle.renamed_policy(loaded, kept), bundle.renamed_waivers(accepted, kept)
    places = [*(one.place for one in renamed.lines), *(one.place for one in renamed.rules.values() if one.place)]
    assert {place.file for place in places} == {"policy/own.yaml"}
    assert {one.file for one in waived} == {"policy/waivers.yaml"}
    result = api.check(EDGE, renamed, waived, today=CREATED.date())
    assert any(one.waived_by for one in result.violations)
    write(REPLACE(known(), result=result, kept=kept), tmp_path / "bundle")
    assert not [path for path, data in files(tmp_path / "bundle").items() if str(tmp_path).encode() in data]


def test_a_name_that_is_taken_gets_a_number(tmp_path):
    (tmp_path / "waivers.yaml").write_text("policy: {name: own}\nlicenses:\n  - {verdict: allow, licenses: [ISC]}\n")
    policy = api.load_policy(str(tmp_path / "waivers.yaml"))
    (tmp_path / "other.yaml").write_text("waivers: []\n")
    kept = bundle.keep(policy.files, str(tmp_path / "other.yaml"))
    assert [one.path for one in kept] == ["policy/waivers.yaml", "policy/license-classes.yaml", "policy/waivers-2.yaml"]


def test_a_policy_that_changes_meanwhile_is_told(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text("policy: {name: own}\nlicenses:\n  - {verdict: allow, licenses: [ISC]}\n")
    policy = api.load_policy(str(file))
    file.write_text(file.read_text().replace("ISC", "MIT"))
    with pytest.raises(ConfigError, match="has changed"):
        bundle.keep(policy.files)


HOSTILE = "<script>alert(1)</script>|`\n# \u202e\x1b[2J\x00../../x"


def test_hostile_names_stay_text_and_stay_inside(tmp_path):
    facts = EDGE.images[0]
    image = REPLACE(facts.image, name=HOSTILE)
    component = REPLACE(EDGE.components[0], name=HOSTILE)
    place = REPLACE(component.occurrences[0], location=REPLACE(component.occurrences[0].location, image=HOSTILE))
    supplier = REPLACE(EDGE.product.supplier, name=HOSTILE)
    product = REPLACE(EDGE.product, name=HOSTILE, version="../..", supplier=supplier)
    bom = Bom(product, (REPLACE(facts, image=image),), (REPLACE(component, occurrences=(place,)),))
    for name in ("bundle", "bundle.tar.zst", "bundle.zip"):
        write(known(bom, images=(HOSTILE,)), tmp_path / name)
        assert not bundle.verify(str(tmp_path / name)).faults
    assert sorted(one.name for one in tmp_path.iterdir()) == ["bundle", "bundle.tar.zst", "bundle.zip"]
    held = files(tmp_path / "bundle")
    assert files(tmp_path / "bundle.zip") == held
    assert {path.partition("NOTICE")[0] for path in held if path.startswith("images/")} == {
        "images/_script_alert_1_script_2J_.._.._x/"
    }
    for path in ("README.md", "NOTICE.md"):
        text = held[path].decode()
        assert not set(text) & set("\x00\x1b\u202e")
        assert "<script>" not in text.replace("\\<script", "")
    assert b"<script>alert" not in held["report.html"] + held["NOTICE.html"]


# Where it goes


def test_nothing_is_overwritten_without_force(tmp_path):
    for name in ("bundle", "bundle.zip"):
        write(known(), tmp_path / name)
        with pytest.raises(OutputError, match=r"not empty|exists"):
            bundle.prepared(str(tmp_path / name))
    (tmp_path / "bundle/NOTICE.txt").write_text("changed")
    (tmp_path / "bundle/more").write_text("of an older one")
    for name in ("bundle", "bundle.zip"):
        write(known(), tmp_path / name, force=True)
    assert files(tmp_path / "bundle") == files(tmp_path / "bundle.zip")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["bundle", "bundle.zip"]


def test_force_replaces_bundles_only(tmp_path, monkeypatch):
    (tmp_path / "home").mkdir()
    (tmp_path / "home/letter").write_text("dear")
    with pytest.raises(OutputError, match="no bundle"):
        bundle.prepared(str(tmp_path / "home"), force=True)
    write(known(), tmp_path / "bundle")
    monkeypatch.chdir(tmp_path / "bundle/sbom")
    with pytest.raises(OutputError, match="current directory"):
        bundle.prepared("..", force=True)


def test_an_empty_directory_is_taken(tmp_path):
    (tmp_path / "bundle").mkdir()
    write(known(), tmp_path / "bundle")
    assert files(tmp_path / "bundle").keys() == FILES


@pytest.mark.parametrize(
    ("name", "error", "reason"),
    [
        ("file", OutputError, "it is a file"),
        ("gone/bundle", OutputError, "there is no directory"),
        ("file/bundle", OutputError, "there is no directory"),
        ("folder.zip", OutputError, "it is a directory"),
        ("bundle.tar.gz", ConfigError, "bundles are directories, .tar.zst or .zip"),
        ("x" * 300, OutputError, "name too long"),
    ],
)
def test_places_that_do_not_do(tmp_path, name, error, reason):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.zip").mkdir()
    with pytest.raises(error, match=f"(?i){reason}"):
        bundle.prepared(str(tmp_path / name))


def test_a_directory_that_is_not_writable(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(OutputError, match="not writable"):
        bundle.prepared(str(tmp_path / "bundle"))


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_what_ends_in_the_middle_leaves_the_old_one(tmp_path, name, error):
    write(known(), tmp_path / name)
    before = files(tmp_path / name)
    heard = []

    def tell(part: str) -> None:
        heard.append(part)
        if len(heard) == 5:
            raise error

    changed = known(images=("app",))
    with pytest.raises((KeyboardInterrupt, OutputError)):
        bundle.write(changed, bundle.prepared(str(tmp_path / name), force=True), None, tell)
    assert files(tmp_path / name) == before
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_the_old_one_comes_back_when_the_last_step_fails(tmp_path, monkeypatch):
    write(known(), tmp_path / "bundle")
    before = files(tmp_path / "bundle")
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name == "bundle" and self.parent != tmp_path:
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OutputError, match="Input/output error"):
        write(known(), tmp_path / "bundle", force=True)
    monkeypatch.undo()
    assert files(tmp_path / "bundle") == before
    assert [one.name for one in tmp_path.iterdir()] == ["bundle"]


def test_a_broken_template_is_told_with_its_line(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/bundle-readme.md.j2").write_text("# {{ product }}\n{% if %}\n")
    with pytest.raises(ConfigError) as caught:
        write(known(templates=str(tmp_path / "mine")), tmp_path / "bundle")
    (fault,) = caught.value.faults
    assert (Path(fault.file).name, fault.line) == ("bundle-readme.md.j2", 2)
    assert not (tmp_path / "bundle").exists()
