"""What detectors said is asked for once for each layer, of all images and scans, and is what they would say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import layer, tar_of
from scanned import STATUS, owning, status
from test_licensing import GPL, MIT, doc

from sbomctl import engine
from sbomctl.catalogers import CATALOGERS
from sbomctl.engine.license_memory import LicenseMemory
from sbomctl.layers.harvest import harvest
from sbomctl.layers.store import Store
from sbomctl.licenses import DETECTORS, deciding
from sbomctl.licenses.base import FileLicenses
from sbomctl.model import Image, Inventory, Layer, Role
from sbomctl.sources.base import Limits

TWICE = GPL + "".join(f"\nFiles: {name}\nCopyright: 1\nLicense: Foo\n" for name in "xy") + "\nLicense: Foo\n Foo it.\n"
BASE = {
    STATUS: status(a="1", b="1", c="1"), doc("a"): GPL, doc("c"): TWICE, "usr/share/doc/b": ("sym", "a"),
    "opt/x/LICENSE": MIT,
    **owning("a", "opt/owned/COPYING"), "opt/owned/COPYING": "no license that anybody knows, but it speaks of one\n",
    "opt/tool.py": "#!/usr/bin/python3\n# SPDX-License-Identifier: ISC\n",
}  # fmt: skip
MORE = {"opt/more/LICENSE": "Apache License, Version 2.0\n"}


class Counting:
    """A detector that tells how often it is asked."""

    def __init__(self, detector) -> None:
        self.name, self.version, self.about = detector.name, detector.version, detector.about
        self.wants, self.max_bytes = detector.wants, detector.max_bytes
        self._detector = detector
        self.asked: list[str] = []

    def read(self, path: str, data: bytes) -> FileLicenses | None:
        self.asked.append(path)
        return self._detector.read(path, data)


@pytest.fixture
def detectors() -> tuple[Counting, ...]:
    return tuple(map(Counting, DETECTORS))


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    with Store(tmp_path / "cache") as opened:
        yield opened


def asked(detectors) -> list[str]:
    """Since the last call."""
    paths = sorted(path for one in detectors for path in one.asked)
    for one in detectors:
        one.asked.clear()
    return paths


def read(layers, detectors, memory: LicenseMemory | None, jobs: int = 1) -> Inventory:
    opened = [layer(tar_of(one), index) for index, one in enumerate(layers)]
    gate = engine.gate_for(CATALOGERS, detectors)
    harvests = [harvest(one, gate, Limits()) for one in opened]
    stack = engine.stack_layers("image", opened, harvests, CATALOGERS, Limits(), detectors)
    image = Image("sha256:0", "image", Role.CONTAINER, "x", layers=tuple(map(Layer, range(len(layers)))))
    detection = engine.Detection(detectors, jobs, memory=memory)
    return engine.take_inventory(image, stack, CATALOGERS, harvests, detection=detection)


def diff_ids(*layers: dict) -> list[str]:
    gate = engine.gate_for(CATALOGERS, DETECTORS)
    return [harvest(layer(tar_of(one)), gate, Limits()).diff_id for one in layers]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_later_scan_asks_nobody_and_finds_the_same(detectors, store, jobs):
    without = read([BASE, MORE], detectors, None)
    assert asked(detectors)
    layers = [diff_ids(BASE, MORE)]
    assert read([BASE, MORE], detectors, LicenseMemory(store, layers), jobs) == without
    assert asked(detectors)
    assert read([BASE, MORE], detectors, LicenseMemory(store, layers), jobs) == without
    assert asked(detectors) == []


def test_of_a_changed_image_only_the_new_layer_is_read(detectors, store):
    read([BASE], detectors, LicenseMemory(store, [diff_ids(BASE)]))
    asked(detectors)
    found = read([BASE, MORE], detectors, LicenseMemory(store, [diff_ids(BASE, MORE)]))
    assert set(asked(detectors)) == {"opt/more/LICENSE"}
    assert found == read([BASE, MORE], detectors, None)


def test_two_images_with_one_layer_have_it_read_once_without_any_cache(detectors):
    memory = LicenseMemory(None, [diff_ids(BASE), diff_ids(BASE, MORE)])
    first = read([BASE], detectors, memory)
    assert "opt/x/LICENSE" in asked(detectors)
    second = read([BASE, MORE], detectors, memory)
    assert set(asked(detectors)) == {"opt/more/LICENSE"}
    assert (first, second) == (read([BASE], detectors, None), read([BASE, MORE], detectors, None))


def test_what_no_other_image_has_is_not_remembered_without_a_cache(detectors):
    memory = LicenseMemory(None, [diff_ids(BASE)])
    read([BASE], detectors, memory)
    asked(detectors)
    read([BASE], detectors, memory)
    assert "opt/x/LICENSE" in asked(detectors)


@pytest.mark.parametrize("change", ["code", "unknown", "comparison"])
def test_what_was_decided_otherwise_is_not_believed(detectors, store, monkeypatch, change):
    read([BASE], detectors, LicenseMemory(store, [diff_ids(BASE)]))
    asked(detectors)
    if change != "comparison":
        monkeypatch.setattr(deciding, "deciding", lambda: "other" if change == "code" else "")
    read([BASE], detectors, LicenseMemory(store, [diff_ids(BASE)], compares=change != "comparison"))
    assert "opt/x/LICENSE" in asked(detectors)


def test_the_code_of_the_detectors_decides(tmp_path, monkeypatch):
    room = tmp_path / "licenses"
    room.mkdir()
    (rule := room / "rule.py").write_text("A = 1\n", encoding="utf-8")
    monkeypatch.setattr(deciding, "_ROOMS", (room,))
    before = deciding.deciding.__wrapped__()
    assert before
    rule.write_text("A = 12\n", encoding="utf-8")
    assert deciding.deciding.__wrapped__() not in (before, "")
    rule.unlink()
    assert not deciding.deciding.__wrapped__(), "no code can be seen, so nothing can be told"


def test_a_damaged_cache_costs_time_only(detectors, store):
    layers = [diff_ids(BASE)]
    before = read([BASE], detectors, LicenseMemory(store, layers))
    for file in (store.place / "harvests").iterdir():
        file.write_bytes(file.read_bytes()[:-1] + b"?")
    asked(detectors)
    assert read([BASE], detectors, LicenseMemory(store, layers)) == before
    assert "opt/x/LICENSE" in asked(detectors)


def test_a_text_of_several_statements_is_kept_once(detectors, store):
    read([BASE], detectors, LicenseMemory(store, [diff_ids(BASE)]))
    kept = [store.load(one.name.partition(".")[0]) for one in store.kept()]
    [said] = [data for one in kept for data in one.blobs.values() if b"Foo it." in data]
    assert said.count(b"Foo it.") == 1


def test_text_without_a_form_in_utf8_is_read_anew(detectors, store):
    """A name may hold half a character; there is nothing to keep it in."""
    files = {
        STATUS: status(a="1"),
        "opt/x/LICENSE": MIT.replace("Grace", "Gr\udcffce").encode("utf-8", "surrogatepass"),
    }
    layers = [diff_ids(files)]
    before = read([files], detectors, LicenseMemory(store, layers))
    assert read([files], detectors, LicenseMemory(store, layers)) == before
