"""The rooms import one way only, and some things happen in one room only."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

PACKAGE = ROOT / "sbomctl"
MAY_IMPORT = {
    "model": set(),
    "errors": set(),
    "resources": {"errors"},
    "terminal": set(),
    "tools": {"errors", "terminal"},
    "versions": set(),
    "config": {"model", "errors", "resources", "versions", "licenses.expression"},
    # files of other programs that name images: read with the places of everything, as files of ours are
    "descriptions": {"model", "errors", "config.asked", "config.composer", "config.document", "config.references"},
    "filesystems": {"model", "errors"},
    "sources": {"model", "errors", "tools", "filesystems"},
    "layers": {"model", "errors", "sources.base"},
    # SBOMs and manifests beside an image; two kinds of them also lie in images, where a cataloger reads them
    "sidecars": {"model", "errors", "sources.host_file", "sources.stream", "readers.detect"},
    "catalogers": {"model", "layers.view", "filesystems._lz4", "filesystems._lzo", "sidecars.base",
                   "sidecars.yocto_licenses", "sidecars.yocto_packages"},
    "licenses": {"model", "layers.view"},
    "delegates": {"model", "errors", "tools", "sources.base"},
    "bom": {"model", "versions", "licenses.expression", "licenses.spdx_list"},
    # policies, waivers and cases are files of the user: read as the product file is, with places of faults
    "policy": {"model", "errors", "resources", "versions", "licenses.expression",
               "config.composer", "config.document", "config.schema", "config.scalars"},
    "findings": {"model", "errors", "terminal"},
    "writers": {"model", "errors", "terminal"},
    # SBOMs of other tools: the identity rule and the license facts are those of a scan
    "readers": {"model", "errors", "bom.identity", "bom.license_issues", "bom.unite", "licenses.expression",
                "licenses.spdx_list"},
    # a notice expands references to common-licenses; an offer and a summary ask what each license obliges to
    "reports": {"model", "errors", "resources", "terminal", "licenses.expression", "licenses.spdx_texts",
                "licenses.common_licenses", "policy.classes"},
    # an initramfs in a file is compared with the files of its image
    "engine": {"model", "errors", "filesystems", "sources", "layers", "catalogers", "licenses", "delegates",
               "sidecars"},
    "registries": {"catalogers", "descriptions", "findings", "policy", "reports", "sidecars", "sources", "writers"},
    # the verbs of policies, which api offers as its own
    "verdicts": {"model", "errors", "config.document", "policy", "findings", "readers", "registries"},
    # puts together what the others say of one Bom, in files; knows policies only to call their files by other names
    "bundle": {"model", "errors", "resources", "terminal", "bom", "writers", "readers.sbomctl_json", "findings",
               "reports", "policy.lines"},
    "api": {"model", "errors", "config", "descriptions", "sources", "layers", "catalogers", "licenses", "delegates",
            "sidecars", "engine", "bom", "policy", "findings", "writers", "readers", "reports", "registries",
            "terminal", "verdicts"},
    "cli": {"api", "bundle", "model", "errors", "config", "resources", "terminal"},
    "__main__": {"cli"},
}  # fmt: skip
FILES = sorted(PACKAGE.rglob("*.py"))
ONLY_IN = {
    "subprocess": {"tools"},
    "click": {"cli", "__main__"},
    "license_expression": {"licenses"},
    "docker": {"sources"},
    "urllib3": {"sources"},
}


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree: ast.AST) -> list[str]:
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, "imports are absolute"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.relative_to(PACKAGE).as_posix())
def test_imports_go_one_way(file):
    room = room_of(file)
    if room == "__init__":
        return
    for name in imports(ast.parse(file.read_text(encoding="utf-8"))):
        if name.startswith("sbomctl."):
            target = name.removeprefix("sbomctl.")
            allowed = {room, *MAY_IMPORT[room]}
            fits = any(target == one or target.startswith(one + ".") for one in allowed)
            assert fits or target == "__version__", f"{room} must not import {name}"


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.relative_to(PACKAGE).as_posix())
def test_some_things_happen_in_one_room_only(file):
    room = room_of(file)
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for name in imports(tree):
        top = name.split(".")[0]
        assert room in ONLY_IN.get(top, {room}), f"{top} is for {ONLY_IN[top]} only"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            dotted = ast.unparse(node)
            if dotted.endswith(("datetime.now", "os.environ", "time.time", "uuid.uuid4", "uuid4")):
                assert room in ("cli", "api", "tools"), f"{dotted}: clock, ids and environment are passed in"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            assert room == "cli"


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.relative_to(PACKAGE).as_posix())
def test_files_stay_small(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 400


HEAVY = frozenset(
    "docker spdx_tools cyclonedx jinja2 numpy packageurl license_expression jsonschema_rs yaml rich isal univers "
    "urllib3 xlsxwriter".split()
)


def test_starting_up_loads_nothing_heavy():
    code = "import sys, sbomctl.__main__, sbomctl.cli.main; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not HEAVY & {name.split(".")[0] for name in done.stdout.split()}
