"""Python and npm packages of real trees against pip's and npm's own account of them."""

import importlib.metadata
import json
import os
import posixpath
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from conftest import tar_of, tool, view_of

from sbomctl.catalogers.npm import NpmCataloger
from sbomctl.catalogers.python import PythonCataloger
from sbomctl.layers.patterns import Gate
from sbomctl.model import Package


def found_below(root, cataloger):
    """What the cataloger finds in a directory of this machine, taken as the root of an image."""
    wanted = Gate(cataloger.wants.paths)
    entries = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            relative = path.relative_to(root).as_posix()
            if path.is_symlink():
                entries[relative] = ("sym", str(path.readlink()))
            elif name in files:
                entries[relative] = path.read_bytes() if wanted(relative) else ""
    return list(cataloger.catalog(view_of(tar_of(entries), patterns=cataloger.wants.paths)))


def same_as_importlib(root, packages):
    distributions = list(importlib.metadata.distributions(path=[str(root)]))
    here = [p for p in packages if p.root == ""]
    ours, theirs = [(p.name, p.version) for p in here], [(d.metadata["Name"], d.version) for d in distributions]
    assert sorted(ours) == sorted(set(theirs))  # Debian records cryptography twice, as dist-info and egg-info
    for distribution in distributions:
        summaries = [p.description for p in here if p.name == distribution.metadata["Name"]]
        summary = " ".join((distribution.metadata["Summary"] or "").split())
        assert summary in summaries or summary == "UNKNOWN"
    return distributions


def places():
    """The running environment's site-packages, and Debian's dist-packages where there is one."""
    return [Path(p) for p in (*site.getsitepackages(), "/usr/lib/python3/dist-packages") if Path(p).is_dir()]


@pytest.mark.parametrize("root", places(), ids=str)
def test_site_packages_equal_importlib_metadata(root):
    found = found_below(root, PythonCataloger())
    assert all(isinstance(p, Package) for p in found)
    distributions = same_as_importlib(root, found)
    assert distributions
    owned = {(p.name, p.version): p for p in found if p.root == ""}
    for distribution in distributions:
        package = owned[distribution.metadata["Name"], distribution.version]
        if distribution.read_text("RECORD"):
            inside = [str(f) for f in distribution.files if not str(f).startswith("..")]
            assert {posixpath.normpath(f) for f in inside} <= set(package.files)


def test_a_new_virtual_environment_equals_pip_list(tmp_path):
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    listed = subprocess.run([python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"],
                            capture_output=True, check=True, env={"PATH": os.environ["PATH"]})  # fmt: skip
    found = found_below(tmp_path, PythonCataloger())
    libraries = f"env/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    ours = {(p.name, p.version) for p in found if p.root == libraries}
    assert ours == {(one["name"], one["version"]) for one in json.loads(listed.stdout)}
    (pip,) = (p for p in found if p.name == "pip" and p.root == libraries)
    assert "env/bin/pip" in pip.files  # stored as ../../../bin/pip
    assert all((tmp_path / path).is_file() for path in pip.files)


def npm(*arguments, cwd):
    done = subprocess.run([tool("npm"), *arguments, "--offline", "--no-audit", "--no-fund", "--no-update-notifier"],
                          capture_output=True, text=True, check=False, cwd=cwd)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def listed(output, root):
    """Path below ``root`` with links followed and name@version, from ``npm ls --parseable --long``."""
    rows = [line.split(":")[:2] for line in output.splitlines()]
    real = ((Path(path).resolve(), name) for path, name in rows if not name.endswith("@"))
    return sorted((path.relative_to(root).as_posix(), name) for path, name in real)


def test_the_global_tree_equals_npm_ls(tmp_path):
    root = Path(npm("root", "-g", cwd=tmp_path).strip()).resolve()
    if not root.is_dir():
        pytest.skip("npm has no global tree")
    found = found_below(root.parent, NpmCataloger())
    assert all(isinstance(p, Package) for p in found)
    ours = sorted((p.root, f"{p.name}@{p.version}") for p in found if p.root.startswith("node_modules/"))
    assert ours == listed(npm("ls", "-g", "--all", "--parseable", "--long", cwd=tmp_path), root.parent)
    assert len(ours) > 50


def test_a_project_equals_npm_ls(tmp_path):
    """Made offline: a packed tarball, one that nests another version of it, a workspace."""
    project = tmp_path.resolve() / "project"
    manifests = {
        "one": {"name": "one", "version": "1.0.0", "license": "MIT"},
        "one-later": {"name": "one", "version": "2.0.0", "license": "ISC"},
        "two": {"name": "@scope/two", "version": "0.1.0", "dependencies": {"one": f"file:{tmp_path}/one-1.0.0.tgz"}},
        "project/packages/inner": {"name": "inner", "version": "3.0.0"},
        "project": {"name": "project", "version": "9.9.9", "workspaces": ["packages/*"]},
    }
    for folder, manifest in manifests.items():
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "package.json").write_text(json.dumps(manifest), encoding="utf-8")
    tarballs = [f"../{npm('pack', f'./{folder}', cwd=tmp_path).split()[-1]}" for folder in ("one", "one-later", "two")]
    npm("install", *tarballs[1:], cwd=project)
    found = found_below(project, NpmCataloger())
    ours = sorted((p.root or ".", f"{p.name}@{p.version}") for p in found)
    assert ours == sorted(set(listed(npm("ls", "--all", "--parseable", "--long", cwd=project), project)))
    assert {name for _, name in ours} == {"one@1.0.0", "one@2.0.0", "@scope/two@0.1.0", "inner@3.0.0", "project@9.9.9"}
