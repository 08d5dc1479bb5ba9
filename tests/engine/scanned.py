"""Inventories of images made in memory, with the real catalogers."""

from __future__ import annotations

from conftest import layer, tar_of

from sbomctl import engine
from sbomctl.catalogers import CATALOGERS
from sbomctl.layers.harvest import harvest
from sbomctl.licenses import DETECTORS
from sbomctl.model import Image, Inventory, Layer, Role
from sbomctl.sources.base import Limits

STATUS = "var/lib/dpkg/status"


def status(**versions: str) -> str:
    record = (
        "Package: {}\nStatus: install ok installed\nVersion: {}\nArchitecture: arm64\nMaintainer: x\nDescription: x\n"
    )
    return "\n".join(record.format(name, version) for name, version in versions.items())


def owning(name: str, *paths: str) -> dict[str, str]:
    return {f"var/lib/dpkg/info/{name}.list": "".join(f"/{path}\n" for path in paths)}


def inventory(*layers: dict, changeset: bool = True, detection: engine.Detection | None = None) -> Inventory:
    opened = [layer(tar_of(one), index, changeset=changeset) for index, one in enumerate(layers)]
    gate = engine.gate_for(CATALOGERS, DETECTORS)
    harvests = [harvest(one, gate, Limits()) for one in opened]
    stack = engine.stack_layers("image", opened, harvests, CATALOGERS, Limits(), DETECTORS)
    infos = tuple(Layer(index) for index in range(len(layers)))
    image = Image(id="sha256:0", name="image", role=Role.CONTAINER, target="x", layers=infos)
    return engine.take_inventory(image, stack, CATALOGERS, harvests, detection=detection or engine.Detection(DETECTORS))


def states(found: Inventory) -> dict[str, tuple[str, int, int | None]]:
    return {f"{p.name} {p.version}": (p.state.value, p.introduced_in, p.hidden_in) for p in found.packages}
