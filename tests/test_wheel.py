"""What an installation of the wheel has: the program, its schemas, the data that a checkout has beside the package."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from conftest import FIXTURES, ROOT, layer_tar, missing

DATA = ("policies", "report_templates")


def run(*command: str | Path, cwd: Path) -> str:
    """What a command writes; it sees no checkout."""
    hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INDEX": "1", "XDG_CACHE_HOME": str(cwd)}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("hatchling") is None:
        missing("hatchling is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--wheel-dir", str(folder))
    run(sys.executable, "-m", "pip", "wheel", "--quiet", *options, str(ROOT), cwd=folder)
    (file,) = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment with the wheel; its dependencies are those of this environment."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin/python"
    theirs = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    ours = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    Path(theirs, "dependencies.pth").write_text("".join(f"{path}\n" for path in ours))
    pip = (sys.executable, "-m", "pip", "--python", str(python))
    run(*pip, "install", "--quiet", "--no-deps", "--ignore-installed", str(wheel), cwd=folder)
    return python.parent


def test_the_wheel_holds_the_package_and_its_data_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"sbomctl"}
    for folder in DATA:
        beside = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}
        assert beside
        prefix = f"sbomctl/_data/{folder}/"
        assert {name.removeprefix("sbomctl/_data/") for name in names if name.startswith(prefix)} == beside
    package = {path.relative_to(ROOT).as_posix() for path in (ROOT / "sbomctl").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == package
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_the_installation_is_used_and_finds_its_data(programs: Path, tmp_path: Path) -> None:
    code = f"import sbomctl, sbomctl.resources as r; print(sbomctl.__file__, *(r.folder(name) for name in {DATA!r}))"
    places = run(programs / "python", "-c", code, cwd=tmp_path).split()
    assert len(places) == 1 + len(DATA)
    for place in places:
        assert Path(place).is_relative_to(programs.parent), place


def test_plugins_and_schemas_are_there(programs: Path, tmp_path: Path) -> None:
    assert "  dpkg " in run(programs / "sbomctl", "plugins", cwd=tmp_path)
    schema = json.loads(run(programs / "sbomctl", "schema", "product", cwd=tmp_path))
    assert schema["title"] == "sbomctl product file"
    assert "$defs" in json.loads(run(programs / "sbomctl", "schema", "inventory", cwd=tmp_path))


def test_a_scan_works(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "os.tar").write_bytes(layer_tar(FIXTURES / "catalogers/dpkg/two-layers/layer-0"))
    run(programs / "sbomctl", "scan", "os.tar", "-o", "cyclonedx-json=os.cdx.json", cwd=tmp_path)
    document = json.loads((tmp_path / "os.cdx.json").read_bytes())
    assert "zlib1g" in {component["name"] for component in document["components"]}
