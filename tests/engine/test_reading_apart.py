"""Large layers read by several processes; each case runs in one of its own, for those that run tests have threads."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from conftest import tar_of
from image_builder import Layout

from sbomctl import api
from sbomctl.engine import reading
from sbomctl.model import ImageSpec, Product, Role

SCAN = """
import json, os, sys
from sbomctl import api
from sbomctl.engine import forks, reading
from sbomctl.errors import SbomctlError
from sbomctl.model import ImageSpec, Product, Role

reading._LARGE = 1
children = []
forked = forks._forked
forks._forked = lambda function: children.append(forked(function)) or children[-1]
product = Product("edge", images=(ImageSpec("app", Role.CONTAINER, sys.argv[1]),))
options = api.ScanOptions(engine="native", detect=False, jobs=int(sys.argv[2]), cache_directory=sys.argv[3])
try:
    (found,) = api.scan(product, options)
    said = [[one.name, one.introduced_in] for one in found.packages] + [len(found.problems)]
except SbomctlError as error:
    said = [type(error).__name__, error.message]
print(json.dumps({"said": said, "children": len(children)}))
"""


def status(*names: str) -> str:
    record = "Package: {}\nStatus: install ok installed\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n"
    return "\n".join(map(record.format, names))


@pytest.fixture
def image(tmp_path) -> str:
    layers = [tar_of({"var/lib/dpkg/status": status(*"abcd"[:count])}) for count in (1, 2, 3, 4)]
    layout = Layout()
    return layout.done(layout.image(layers)).archive(tmp_path / "app.tar")


def scanned(image: str, jobs: int, cache: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", SCAN, image, str(jobs), cache], capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_result_is_that_of_one_process_and_is_kept(image, tmp_path):
    alone = scanned(image, 1, str(tmp_path / "one"))
    assert alone == {"said": [["a", 0], ["b", 1], ["c", 2], ["d", 3], 0], "children": 0}
    for jobs in (2, 3):
        cache = tmp_path / f"cache {jobs}"
        assert scanned(image, jobs, str(cache)) == {"said": alone["said"], "children": jobs - 1}
        kept = sorted(path.name for path in (cache / "harvests").iterdir())
        assert kept == sorted(path.name for path in (tmp_path / "one" / "harvests").iterdir())
        assert scanned(image, jobs, str(cache)) == {"said": alone["said"], "children": 0}, "all of it was kept"


def test_what_is_wrong_with_a_layer_is_said_as_by_one_process(image, tmp_path):
    path = tmp_path / "app.tar"
    data = bytearray(path.read_bytes())
    data[data.index(b"\x1f\x8b\x08") + 40] ^= 1  # in the first compressed layer
    path.write_bytes(data)
    alone = scanned(image, 1, str(tmp_path / "one"))
    assert alone["said"][0] in ("CorruptInput", "DigestMismatch")
    assert scanned(image, 2, str(tmp_path / "two"))["said"] == alone["said"]


def test_a_scan_that_is_watched_reads_in_one_process(image, monkeypatch):
    product = Product("edge", images=(ImageSpec("app", Role.CONTAINER, image),))
    monkeypatch.setattr(reading, "_read_apart", None)
    assert api.scan(product, api.ScanOptions(engine="native", detect=False), progress=Watching())


class Watching:
    def start(self, label: str, total: int) -> None: ...

    def advance(self, amount: int) -> None: ...

    def finish(self) -> None: ...
