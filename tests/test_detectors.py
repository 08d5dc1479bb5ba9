"""Every license detector on every fixture of its own. A new one needs no code here."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from conftest import FIXTURES, expect

from sbomctl.layers.patterns import Gate
from sbomctl.licenses import DETECTORS

CASES = sorted(path for path in (FIXTURES / "detectors").glob("*/*") if path.is_dir())


def files_of(case: Path) -> dict[str, bytes]:
    """Path in the image -> content; the folder of a case is the root of one."""
    files = {path.relative_to(case).as_posix(): path for path in sorted(case.rglob("*")) if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if name not in ("SOURCE", "expected.json")}


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_findings_are_as_expected(case: Path):
    """By the detector that the folder names; null where it leaves the file to the next one."""
    (detector,) = [one for one in DETECTORS if one.name == case.parent.name]
    wanted = Gate(detector.wants)
    found = {path: detector.read(path, data) for path, data in files_of(case).items() if wanted(path)}
    assert found, "no file of the case is one that the detector wants"
    expect(msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n", case / "expected.json")


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.name)
def test_has_a_fixture_and_says_what_it_is_for(detector):
    assert any(case.parent.name == detector.name for case in CASES), f"add fixtures/detectors/{detector.name}/<case>/"
    assert detector.about
    assert detector.version >= 1
    assert detector.wants
    assert detector.max_bytes > 0


def test_names_are_unique():
    names = [detector.name for detector in DETECTORS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.name)
def test_reading_is_pure(detector):
    for case in CASES:
        for path, data in files_of(case).items():
            assert detector.read(path, data) == detector.read(path, data)
