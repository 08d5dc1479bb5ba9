from __future__ import annotations

import hashlib
import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT, tar_of

from sbomctl.cli.main import cli
from sbomctl.readers.sbomctl_json import decode

STATUS = """\
Package: demo
Status: install ok installed
Version: 1.0-1
Architecture: arm64

"""
OS_RELEASE = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'


def scan(*arguments: str):
    return CliRunner().invoke(cli, ["scan", "--no-cache", *arguments])


def docker_archive(*layers: bytes) -> bytes:
    """What docker save writes, as small as it can be."""
    names = [f"{hashlib.sha256(layer).hexdigest()}/layer.tar" for layer in layers]
    config = json.dumps(
        {
            "architecture": "arm64",
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{name.split('/')[0]}" for name in names]},
            "history": [{"created_by": f"RUN step {number}"} for number in range(len(layers))],
        }
    ).encode()
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = json.dumps([{"Config": config_name, "RepoTags": ["app:1"], "Layers": names}])
    return tar_of({config_name: config, **dict(zip(names, layers, strict=True)), "manifest.json": manifest})


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    rootfs = tar_of({"etc/os-release": OS_RELEASE, "var/lib/dpkg/status": STATUS})
    (tmp_path / "os.tar").write_bytes(rootfs)
    (tmp_path / "app.tar").write_bytes(docker_archive(rootfs, tar_of({"opt/tool.sh": "#!/bin/sh\n"})))
    (tmp_path / "product.yaml").write_text(
        "product: {name: gateway, version: 1.10}\n"
        "images:\n"
        "  - {name: base, role: base-os, target: 'rootfs:os.tar'}\n"
        "  - {name: app, role: container, target: 'docker-archive:app.tar:app:1'}\n"
    )
    return tmp_path


def native(result) -> object:
    assert result.exit_code == 0, result.stderr
    return decode(result.stdout_bytes, "standard output")


def test_a_product_file_becomes_documents_and_the_bytes_are_stable(folder):
    wishes = ["-o", "sbomctl-json=a.json", "-o", "table=a.txt", "-o", "cyclonedx-json@1.6=a.cdx.json"]
    assert scan("product.yaml", *wishes).exit_code == 0
    before = {name: (folder / name).read_bytes() for name in ("a.json", "a.txt", "a.cdx.json")}
    assert scan("product.yaml", *wishes, "--jobs", "2").exit_code == 0
    assert {name: (folder / name).read_bytes() for name in before} == before
    bom = decode(before["a.json"], "a.json")
    assert (bom.product.name, bom.product.version) == ("gateway", "1.10")
    assert {facts.image.name: facts.image.role.value for facts in bom.images} == {"base": "base-os", "app": "container"}
    assert json.loads(before["a.cdx.json"])["specVersion"] == "1.6"
    assert before["a.txt"].endswith(b"\ngateway 1.10: 2 images, 1 component\n")
    assert sorted(path.name for path in folder.iterdir()) == sorted([*before, "os.tar", "app.tar", "product.yaml"])


def test_plain_targets_make_a_product(folder):
    bom = native(scan("os.tar", "app.tar", "-o", "sbomctl-json"))
    assert bom.product.name == "os"
    assert {facts.image.name: facts.image.role.value for facts in bom.images} == {"os": "base-os", "app": "container"}
    assert native(scan("app.tar", "--name", "mine", "-o", "sbomctl-json=-")).product.name == "mine"


def test_the_table_is_what_a_person_gets(folder):
    result = scan("rootfs:os.tar")
    assert result.exit_code == 0
    assert "os (base-os): Debian GNU/Linux 12 (bookworm)" in result.stdout.splitlines()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["product.yaml", "app.tar"], 2, "product.yaml is a product file; it stands alone"),
        (["product.yaml", "--name", "x"], 2, "--name is for plain targets"),
        (["app.tar", "--strict", "--allow-incomplete"], 2, "exclude each other"),
        (["app.tar", "--platform", "arm64"], 2, "os/architecture[/variant]"),
        (["app.tar", "--max-layer-bytes", "much"], 2, "no size"),
        (["app.tar", "--max-layer-bytes", "0"], 2, "no size"),
        (["app.tar", "--max-layer-bytes", "1K"], 3, ""),
        (["gone.yaml"], 2, "cannot read gone.yaml: No such file or directory hint: sbomctl init writes a product file"),
        (["rootfs:gone.tar"], 3, "sbomctl: rootfs:gone.tar: no such file: gone.tar hint: check the spelling"),
        (["gone.tar"], 3, "sbomctl: no such file: gone.tar hint: check the spelling"),
        (["document.json"], 2, "document.json holds JSON, no image; if it is an SBOM, sbomctl export writes it"),
        (["gone.json"], 3, "sbomctl: cannot read gone.json: No such file or directory"),
        (["rotfs:os.tar"], 2, "did you mean 'rootfs'?"),
        (["empty.tar"], 3, ""),
        (["app.tar", "-o", "table=no/where"], 3, "there is no directory"),
        (["bad\x1bname.tar"], 2, "cannot be written into a document"),
    ],
)
def test_what_cannot_be_done_is_one_clear_error(folder, arguments, code, message):
    (folder / "empty.tar").write_bytes(b"")
    (folder / "bad\x1bname.tar").write_bytes(b"")
    (folder / "document.json").write_bytes(b'{"sbomctl": {}}')
    result = scan(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert all(line.isprintable() for line in result.stderr.splitlines())


def test_a_name_that_is_no_utf_8_is_refused(folder):
    name = os.fsdecode(b"\xff.tar")
    (folder / name).write_bytes((folder / "os.tar").read_bytes())
    command = [sys.executable, "-m", "sbomctl", "scan", name]
    done = subprocess.run(
        command, capture_output=True, check=False, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 2
    assert b"cannot be written into a document" in done.stderr


def test_damage_ends_with_3_and_leaves_no_output(folder):
    data = bytearray((folder / "app.tar").read_bytes())
    at = data.index(b"#!/bin/sh")
    data[at : at + 2] = b"XX"
    (folder / "app.tar").write_bytes(data)
    result = scan("product.yaml", "-o", "table=out.txt")
    assert result.exit_code == 3
    assert "sha256:" in result.stderr
    assert not (folder / "out.txt").exists()


def test_strict_writes_the_documents_and_then_exits_4(folder):
    (folder / "empty-os.tar").write_bytes(tar_of({"bin": None, "bin/x": "x"}))
    result = scan("rootfs:empty-os.tar", "-o", "sbomctl-json=out.json", "--strict")
    bom = decode((folder / "out.json").read_bytes(), "out.json")
    assert bom.problems, "a root filesystem without any package database is never a silent pass"
    assert result.exit_code == 4
    assert "sbomctl: incomplete: " in result.stderr
    assert "sbomctl: the result is incomplete and --strict was given" in result.stderr
    for options in ([], ["--allow-incomplete"], ["--quiet"]):
        result = scan("rootfs:empty-os.tar", *options)
        assert result.exit_code == 0
        assert "sbomctl: incomplete: " in result.stderr


def test_scan_takes_the_product_file_of_its_directory(folder):
    assert scan("-o", "table").stdout == scan("product.yaml").stdout
    (folder / "product.yaml").unlink()
    result = scan()
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no product.yaml here. sbomctl init writes one." in " ".join(result.stderr.split())


def test_explain_scans_what_it_is_asked_about(folder):
    for source in ([], ["product.yaml"], ["app.tar"]):
        result = CliRunner().invoke(cli, ["explain", "/opt/tool.sh", *source, "--no-cache"])
        assert result.exit_code == 0
        lines = result.stdout.splitlines()
        assert lines[0] == "/opt/tool.sh in image app (container)"
        assert lines[1].startswith("  from:       docker-archive:app.tar")
        assert lines[2] == "  owned by:   no package: script, 10 bytes"
        assert lines[-1] == "      built by:   RUN step 1"


def test_a_pipe_gets_no_progress_and_a_terminal_does(folder):
    environment = {key: value for key, value in os.environ.items() if key != "CI"}
    environment.update(TERM="xterm", PYTHONPATH=str(ROOT), COLUMNS="80")
    command = [sys.executable, "-m", "sbomctl", "scan", "--no-cache", "app.tar", "-o", "table=out.txt"]
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    assert done.stdout == b""
    assert b"reading" not in done.stderr
    assert b"reading" in on_terminal(command, environment)


@pytest.mark.parametrize("content", [b"", b"no tar at all"])
def test_a_target_that_is_nothing_keeps_no_other_out_of_the_result(folder, content):
    """Also where its kind is not said, and must be found out."""
    (folder / "broken.tar").write_bytes(content)
    for targets in (["broken.tar", "app.tar"], ["app.tar", "broken.tar"]):
        result = scan(*targets, "--strict")
        assert result.exit_code == 4
        assert "2 images" in result.stdout
        assert "broken: it could not be read: broken.tar" in " ".join(result.stderr.split())
    assert scan("broken.tar").exit_code == 3


def on_terminal(command: list[str], environment: dict[str, str]) -> bytes:
    """Everything the command writes to a terminal that is its standard error."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    try:
        while select.select([ours], [], [], 60)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux: the other end is closed
                break
            if not piece:
                break
            shown += piece
    finally:
        os.close(ours)
        assert process.wait(timeout=60) == 0
    return shown


def image_of_many(folder: Path) -> str:
    """A directory with more license files than one process would read."""
    names = [f"p{number}" for number in range(230)]
    files = {"var/lib/dpkg/status": "\n".join(STATUS.replace("demo", name) for name in names)}
    files["etc/os-release"] = OS_RELEASE
    dep5 = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-2+\n"
    files |= {
        f"usr/share/doc/{name}/copyright": f"{dep5 if at % 3 else 'Under the MIT license.'}\nCopyright: 20{at:02} Ada\n"
        for at, name in enumerate(names)
    }
    for name, content in files.items():
        (folder / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "root" / name).write_text(content)
    return f"dir:{folder / 'root'}"


def alone(target: str, *options: str) -> bytes:
    """In a process of its own, as a user has it: one that runs tests may not fork."""
    command = [sys.executable, "-m", "sbomctl", "scan", "-q", *options, target, "-o", "sbomctl-json"]
    return subprocess.run(command, capture_output=True, check=True, env=os.environ | {"SOURCE_DATE_EPOCH": "1"}).stdout


def test_the_number_of_processes_does_not_show(tmp_path):
    target = image_of_many(tmp_path)
    assert alone(target, "--jobs", "1") == alone(target, "--jobs", "2")


def test_without_detection_only_what_is_stated_counts(tmp_path):
    target = image_of_many(tmp_path)
    found = {one.name: one.licenses for one in decode(alone(target, "--no-detect"), "x").components if one.occurrences}
    assert found["p1"].declared == "GPL-2.0-or-later"
    assert not found["p0"].detected
    assert not found["p0"].findings
