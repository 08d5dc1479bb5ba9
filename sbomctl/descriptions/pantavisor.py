"""The state of a Pantavisor device: a JSON object of files by path (Pantavisor documentation, "State Format")."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from sbomctl.config.asked import Asked
from sbomctl.config.composer import Node
from sbomctl.config.document import Document
from sbomctl.config.references import fault_of
from sbomctl.descriptions._reading import at, fields, single, text
from sbomctl.errors import ConfigError, Fault
from sbomctl.model import DescribedImage, Role

_STATE = ".pvr/json"
_SPEC = "pantavisor-service-system@"
_SOURCE, _RUN, _BSP = "src.json", "run.json", "bsp"
_MAP = "say under targets where its image is"


class Pantavisor:
    """``pantavisor:``, a state, a ``src.json``, or a checkout with ``.pvr/json``."""

    key: ClassVar[str] = "pantavisor"
    about: ClassVar[str] = "states of Pantavisor devices"

    def accepts(self, document: Document) -> bool:
        """Whether it is a state or the source of one container."""
        return isinstance(document.data, dict) and (_is_state(document.root) or "docker_name" in document.root.items)

    def files(self, directory: Path) -> list[Path]:
        """The state of a checkout."""
        return [directory / _STATE] if (directory / _STATE).is_file() else sorted(directory.glob(f"*/{_SOURCE}"))

    def images(self, asked: Asked) -> Iterator[DescribedImage]:
        """The image that each container was made of, and the base system."""
        for file in asked.files:
            for one in self.files(file) if file.is_dir() else [file]:
                document = single(one)
                if not self.accepts(document):
                    fault = Fault(str(one), 1, 1, "this is no state of a Pantavisor device and no src.json")
                    raise ConfigError(f"{one} cannot be read", faults=(fault,))
                if _is_state(document.root):
                    yield from _of_state(document)
                else:
                    yield _of_source(one.parent.name or "container", document.root, str(one))


def _is_state(root: Node) -> bool:
    keys = fields(root)
    return text(keys.get("#spec")).startswith(_SPEC) or any(key.endswith((f"/{_SOURCE}", f"/{_RUN}")) for key in keys)


def _of_state(document: Document) -> Iterator[DescribedImage]:
    found = fields(document.root)
    names = {key.rpartition("/")[0]: None for key in found if key.endswith((f"/{_SOURCE}", f"/{_RUN}"))}
    for name in names:
        if name.startswith(("_config", "_sigs")):
            continue
        source, run = found.get(f"{name}/{_SOURCE}"), found.get(f"{name}/{_RUN}")
        if name == _BSP:
            yield _gap(name, run or source, document.file, "it is the base system; name its image", Role.BASE_OS)
        elif source is not None and isinstance(source.data, dict):
            yield _of_source(name, source, document.file)
        else:
            volume = text(at(run, "root-volume")) if run is not None else ""
            held = f"its files are in {volume}" if volume else "its files are objects of the device"
            yield _gap(name, run or source, document.file, f"no {_SOURCE} here says of what it was made; {held}")


def _of_source(name: str, source: Node, file: str) -> DescribedImage:
    image, tag, digest = (text(at(source, f"docker_{part}")) for part in ("name", "tag", "digest"))
    if not image:
        return _gap(name, source, file, "it was not made of a container image")
    line, column = (at(source, "docker_name") or source).mark
    digest = digest.rpartition("@")[2]
    reference = image + f":{tag}" * bool(tag) + f"@{digest}" * bool(digest)
    platform = text(at(source, "docker_platform"))
    fault = fault_of(reference)
    problem = f"its image {reference!r} {fault}; {_MAP}" if fault else ""
    return DescribedImage(name, file, line, column, "" if fault else reference, reference, platform, problem=problem)


def _gap(name: str, node: Node | None, file: str, reason: str, role: Role = Role.CONTAINER) -> DescribedImage:
    line, column = node.mark if node is not None else (0, 0)
    return DescribedImage(name, file, line, column, role=role, problem=f"{reason}; {_MAP}")
