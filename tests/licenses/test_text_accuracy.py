"""How many licenses are found in files that people labelled (the goals are in benchmarks/README.md)."""

from __future__ import annotations

import sys

import pytest
from conftest import ROOT, shared

from sbomctl.licenses.text.index import load

LEAST = {
    "scancode-datadriven": (0.90, 0.895),
    "licensecheck": (0.97, 0.96),
    "licensee": (0.93, 0.99),
    "debian-copyright": (0.935, 0.89),
}  # precision, recall


@pytest.mark.parametrize("name", LEAST)
def test_accuracy_does_not_fall(name, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    sys.modules.pop("licenses", None)
    import license_sets
    import licenses

    cases = license_sets.sets(shared("real").parent.parent)[name]
    found = licenses.score(cases, load())
    precision, recall = LEAST[name]
    assert found.precision >= precision
    assert found.recall >= recall
