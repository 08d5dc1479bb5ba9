"""Azure IoT Edge deployment manifests, plain, layered, or as templates (Azure documentation, "module-composition")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from sbomctl.config.asked import Asked
from sbomctl.config.composer import Node
from sbomctl.config.document import Document
from sbomctl.config.references import fault_of
from sbomctl.descriptions._interpolation import fill
from sbomctl.descriptions._reading import at, documents, fields, single, text
from sbomctl.errors import ConfigError, Fault
from sbomctl.model import DescribedImage

_DESIRED = "properties.desired"
_GROUPS = ("systemModules", "modules")
_STEPS: dict[str, tuple[str, ...]] = {"": ("settings", "image"), "settings": ("image",), "settings.image": ()}
_MAP = "say under targets where its image is"


class IotEdge:
    """``iotedge:``, one manifest or several layers of one."""

    key: ClassVar[str] = "iotedge"
    about: ClassVar[str] = "Azure IoT Edge deployment manifests"

    def accepts(self, document: Document) -> bool:
        """Whether it has the modules of an edge agent."""
        return _agent(document.root) is not None

    def files(self, directory: Path) -> list[Path]:
        """The manifest that has a usual name; of several, such as one for debugging, the user must choose."""
        named = sorted(file for file in directory.glob("deployment*.json") if file.is_file())
        found = [file for file in named if any(map(self.accepts, documents(file)))]
        if len(found) > 1:
            names = ", ".join(file.name for file in found)
            raise ConfigError(
                f"{directory} has several deployment manifests", f"name the one that is deployed: {names}"
            )
        return found

    def images(self, asked: Asked) -> Iterator[DescribedImage]:
        """The image of every module; of a module that a later layer gives again, the later one."""
        found: dict[str, DescribedImage] = {}
        variables = {**asked.environment, **asked.variables}
        for file in asked.files:
            document = single(file)
            agent = _agent(document.root)
            if agent is None:
                fault = Fault(str(file), 1, 1, "this is no deployment manifest: it has no $edgeAgent with modules")
                raise ConfigError(f"{file} cannot be read", faults=(fault,))
            for name, module, stated in _modules(agent):
                found[name] = _image(name, module, stated, str(file), variables)
        yield from found.values()


def _agent(root: Node) -> Node | None:
    for path in (("content", "modulesContent"), ("modulesContent",), ("moduleContent",), ()):
        agent = at(root, *path, "$edgeAgent")
        if agent is not None and isinstance(agent.data, dict):
            return agent
    return None


def _modules(agent: Node) -> Iterator[tuple[str, Node, Node | None]]:
    """Names, modules, what names their images; whole, and as layers have them: ``properties.desired.modules.NAME``."""
    for key, value in fields(agent).items():
        for group in _GROUPS:
            whole: dict[str, Node] = {}
            if key == _DESIRED:
                whole = fields(at(value, group) or Node((0, 0)))
            elif key == f"{_DESIRED}.{group}":
                whole = fields(value)
            elif key.startswith(f"{_DESIRED}.{group}."):
                name, _, inner = key.removeprefix(f"{_DESIRED}.{group}.").partition(".")
                steps = _STEPS.get(inner)
                stated = at(value, *steps) if steps is not None else None
                if not inner or stated is not None:  # other keys change a setting of a module that is given elsewhere
                    yield name, value, stated
            for name, module in whole.items():
                yield name, module, at(module, *_STEPS[""])


def _image(name: str, module: Node, stated: Node | None, file: str, variables: Mapping[str, str]) -> DescribedImage:
    written = text(stated)
    line, column = (stated or module).mark
    problem, reference = "", written
    if not written:
        problem = f"the module {name} has no image; {_MAP}"
    elif "${MODULES." in written or "${MODULEDIR" in written:
        problem = f"{written} is filled in when the module is built; build it, and {_MAP}"
    else:
        filled = fill(written, variables)
        reference = filled.text
        if filled.faults:
            set_it = f"set {', '.join(filled.unset)} in the environment, or " if filled.unset else ""
            problem = f"{'; '.join(filled.faults)}; {set_it}{_MAP}"
        elif fault := fault_of(reference):
            problem = f"its image {reference!r} {fault}; correct it, or {_MAP}"
    return DescribedImage(name, file, line, column, "" if problem else reference, written, problem=problem)
