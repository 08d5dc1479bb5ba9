"""Every cataloger on every fixture image of its own. A new one needs no code here."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from conftest import FIXTURES, expect, layer, layer_tar

from sbomctl.catalogers import CATALOGERS, EVIDENCE_CATALOGERS
from sbomctl.engine import Unrecorded, gate_for, stack_layers, take_inventory
from sbomctl.layers.harvest import harvest
from sbomctl.model import Image, Role
from sbomctl.sources.base import Limits

CASES = sorted(path for path in (FIXTURES / "catalogers").glob("*/*") if path.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_inventory_is_as_expected(case: Path):
    """The cataloger named by the folder, with os-release beside it, because purls need the distribution."""
    assert case.parent.name in {one.name for one in (*CATALOGERS, *EVIDENCE_CATALOGERS)}, "no cataloger is called so"
    assert any(case.glob("layer-*")), "a case without an image"
    chosen = [c for c in CATALOGERS if c.name in (case.parent.name, "os-release")]
    layers = [layer(layer_tar(path), index) for index, path in enumerate(sorted(case.glob("layer-*")))]
    gate = gate_for(chosen)
    stack = stack_layers("image", layers, [harvest(one, gate, Limits()) for one in layers], chosen, Limits())
    image = Image(id="sha256:0", name="image", role=Role.CONTAINER, target="fixture")
    looking = Unrecorded([c for c in EVIDENCE_CATALOGERS if c.name == case.parent.name], layers, Limits())
    found = take_inventory(image, stack, chosen, unrecorded=looking)
    facts = {"packages": found.packages, "problems": found.problems}
    expect(msgspec.json.format(msgspec.json.encode(facts), indent=1).decode() + "\n", case / "expected.json")


@pytest.mark.parametrize("cataloger", (*CATALOGERS, *EVIDENCE_CATALOGERS), ids=lambda cataloger: cataloger.name)
def test_has_a_fixture_and_says_what_it_is_for(cataloger):
    assert any(case.parent.name == cataloger.name for case in CASES), (
        f"add fixtures/catalogers/{cataloger.name}/<case>/"
    )
    assert cataloger.about
    assert cataloger.version >= 1
    assert cataloger.wants.paths or cataloger.wants.code


def test_names_are_unique_and_every_module_is_registered():
    registered = (*CATALOGERS, *EVIDENCE_CATALOGERS)
    names = [cataloger.name for cataloger in registered]
    assert len(names) == len(set(names))
    folder = Path(__import__("sbomctl.catalogers").catalogers.__file__).parent
    modules = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")} - {"base"}
    assert modules == {type(cataloger).__module__.rpartition(".")[2] for cataloger in registered}
