"""A product scanned with the cache cold, warm, off, shared and broken: always the same bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import FIXTURES, ROOT

WISHES = ("sbomctl-json", "spdx-json", "cyclonedx-json", "table")


@pytest.fixture(scope="module")
def product(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("product")
    command = [sys.executable, FIXTURES / "build_product.py", FIXTURES / "products" / "edge-gateway", out]
    subprocess.run(command, check=True, capture_output=True)
    return out


class Scans:
    """Runs of the command with a cache of their own, each its own process."""

    def __init__(self, folder: Path, product: Path) -> None:
        self.folder, self.product, self.cache = folder, product, folder / "cache"

    def start(self, name: str, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        wishes = [word for wish in WISHES for word in ("-o", f"{wish}={self.folder / name}.{wish}")]
        command = [sys.executable, "-m", "sbomctl", "scan", "product.yaml", "--engine=native", *wishes, *options]
        variables = {"SOURCE_DATE_EPOCH": "1700000000", "SBOMCTL_CACHE": str(self.cache), "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            command, cwd=self.product, stderr=subprocess.PIPE, env=os.environ | variables | environment
        )

    def run(self, name: str, *options: str, **environment: str) -> list[bytes]:
        return self.done(name, self.start(name, *options, **environment))

    def done(self, name: str, process: subprocess.Popen[bytes]) -> list[bytes]:
        """The documents that were written, and what was said."""
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
        return [said, *((self.folder / f"{name}.{wish}").read_bytes() for wish in WISHES)]

    def kept(self) -> list[Path]:
        return sorted((self.cache / "harvests").iterdir())


@pytest.fixture
def scans(tmp_path, product) -> Scans:
    return Scans(tmp_path, product)


@pytest.fixture
def own_product(tmp_path, product) -> Path:
    """A copy of the product that a test may change."""
    return Path(shutil.copytree(product, tmp_path / "copy"))


def test_cold_warm_and_off_write_the_same_bytes(scans):
    off = scans.run("off", "--no-cache")
    assert not list(scans.cache.glob("harvests/*")), "--no-cache keeps nothing of the images"
    cold = scans.run("cold")
    kept = [path.read_bytes() for path in scans.kept()]
    assert kept
    assert off == cold == scans.run("warm") == scans.run("warm-serial", "--jobs=1")
    assert [path.read_bytes() for path in scans.kept()] == kept, "nothing was read and written again"


def test_processes_may_share_it(scans):
    off = scans.run("off", "--no-cache")
    started = [(str(number), scans.start(str(number))) for number in range(3)]
    for name, process in started:
        assert scans.done(name, process) == off
    assert all(path.suffix == ".harvest" for path in scans.kept())
    before = [path.stat().st_ino for path in scans.kept()]
    assert scans.run("warm") == off
    assert [path.stat().st_ino for path in scans.kept()] == before


@pytest.mark.parametrize("damage", [b"", b"x", None])
def test_a_broken_cache_changes_nothing(scans, damage):
    cold = scans.run("cold")
    sound = [path.read_bytes() for path in scans.kept()]
    for path, content in zip(scans.kept(), sound, strict=True):
        middle = len(content) // 2
        path.write_bytes(content[:middle] + b"\xff" + content[middle + 1 :] if damage is None else damage)
    assert scans.run("again") == cold
    assert [path.read_bytes() for path in scans.kept()] == sound


def test_where_no_cache_can_be_the_scan_is_the_same(scans, tmp_path):
    cold = scans.run("cold")
    (tmp_path / "file").write_text("")
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    for place in ("/proc/none", str(tmp_path / "file"), str(tmp_path / "file" / "below"), str(open_to_all)):
        assert scans.run("other", SBOMCTL_CACHE=place) == cold
    assert list(open_to_all.iterdir()) == []


def test_a_changed_image_is_found_out_with_a_warm_cache(tmp_path, own_product):
    scans = Scans(tmp_path, own_product)
    scans.run("cold")
    archive = own_product / "images" / "dashboard.tar"
    data = bytearray(archive.read_bytes())
    at = data.index(b"\x1f\x8b\x08") + 200  # in the first compressed layer
    data[at] ^= 1
    archive.write_bytes(data)
    said = {}
    for options in ((), ("--no-cache",)):
        process = scans.start("changed", "--strict", *options)
        said[options] = process.communicate(timeout=120)[1]
        assert process.returncode == 4, "the other images are read all the same"
        assert b"dashboard.tar" in said[options]
    assert said[()] == said["--no-cache",]
    assert b"dashboard: it could not be read" in said[()]
