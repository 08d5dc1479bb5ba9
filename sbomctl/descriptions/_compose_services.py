"""The services of compose files as compose sees them: files merged, ``include`` and ``extends`` followed.

Rules are those of the Compose specification (13-merge.md, 14-include.md, 05-services.md "extends"),
as far as they decide which image a service has. Nothing is fetched: what is elsewhere is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sbomctl.config.composer import Node
from sbomctl.config.document import Document
from sbomctl.descriptions._env_file import read_env_file
from sbomctl.descriptions._interpolation import fill
from sbomctl.descriptions._reading import at, elements, fields, single, text
from sbomctl.errors import ConfigError, Fault

_DEEPEST = 20  # files that include files
_FILES = 1000
_SERVICES = 10_000
_REMOTE = ("http://", "https://", "git@", "git://", "ssh://", "oci://")
_OWN = ("image", "build", "platform", "profiles", "provider", "volumes")


@dataclass(frozen=True, slots=True)
class Value:
    """What a file says for a key of a service, with the variables that hold there."""

    node: Node
    file: str
    variables: Mapping[str, str] = field(repr=False)


@dataclass(slots=True)
class Service:
    """A service: where it starts, and its values; of a key that files give again, the last one."""

    name: str
    place: Value
    values: dict[str, Value] = field(default_factory=dict)
    profiles: list[Value] = field(default_factory=list)
    volumes: list[Value] = field(default_factory=list)
    models: set[str] = field(default_factory=set)  # names of those that it uses

    def take(self, other: Service) -> None:
        """Let what ``other`` says go before what is said here."""
        for key, value in other.values.items():
            if value.node.tag == "!reset":
                self.values.pop(key, None)
            else:
                self.values[key] = value
        self.profiles += other.profiles
        self.volumes += other.volumes
        self.models |= other.models


def standing(values: Sequence[Value]) -> list[Value]:
    """The lists that make up one where files are merged: what one says to reset or to replace is left out."""
    lists: list[Value] = []
    for value in values:
        if value.node.tag in {"!reset", "!override"}:
            lists.clear()
        if value.node.tag != "!reset":
            lists.append(value)
    return lists


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What an ``include`` or ``extends`` names that is on no disk."""

    service: str  # that extends it; "" = it is included
    place: Value
    reason: str


class Services:
    """Reads compose files; then ``services`` and ``models`` are theirs, ``elsewhere`` what could not be followed."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.services: dict[str, Service] = {}
        self.models: dict[str, Value] = {}
        self.elsewhere: list[Elsewhere] = []
        self._environment = environment
        self._documents: dict[Path, Document] = {}
        self._includes = 0
        self._nodes: dict[str, dict[str, Node]] = {}  # services of each file

    def read(
        self, files: Sequence[Path], env_files: Sequence[Path] = (), variables: Mapping[str, str] | None = None
    ) -> None:
        """The services of ``files``, the later ones before the earlier ones; raises ``ConfigError``."""
        home = files[0].parent
        default = [home / ".env"] if (home / ".env").is_file() else []
        known = self._variables(env_files or default, variables or {})
        self.services = self._merged(files, home, known, ())

    @property
    def files(self) -> list[Path]:
        """Every file that was read."""
        return list(self._documents)

    def _variables(self, env_files: Sequence[Path], over: Mapping[str, str]) -> dict[str, str]:
        known = {**self._environment, **over}
        found: dict[str, str] = {}
        for file in env_files:
            found.update(read_env_file(file, known))
        return {**found, **known}

    def _merged(
        self, files: Sequence[Path], home: Path, variables: Mapping[str, str], inside: tuple[Path, ...]
    ) -> dict[str, Service]:
        """The services of files that are merged, and of those that they include."""
        merged: dict[str, Service] = {}
        for file in files:
            document = self._document(file)
            included = at(document.root, "include")
            if included is not None and not isinstance(included.data, list | None):
                raise _refused(Value(included, document.file, {}), "include must be a list")
            for node in elements(included):
                for name, service in self._included(Value(node, str(file), variables), home, (*inside, file)).items():
                    if name in merged:
                        raise _refused(service.place, f"the service {name!r} is also in {merged[name].place.file}")
                    merged[name] = service
            self._take_models(Value(document.root, document.file, variables))
            for name, service in self._of_file(document, home, variables).items():
                override = service.place.node.tag == "!override"
                if service.place.node.tag == "!reset":
                    merged.pop(name, None)
                elif name in merged and not override:
                    merged[name].take(service)
                else:
                    merged[name] = service
        return merged

    def _take_models(self, whole: Value) -> None:
        """What a file has under ``models``; a later file may change what an earlier one says."""
        listed = at(whole.node, "models")
        if listed is None:
            return
        if listed.tag in {"!reset", "!override"}:
            self.models.clear()
        for name, node in fields(listed).items():
            if node.tag == "!reset":
                self.models.pop(name, None)
            elif name not in self.models or at(node, "model") is not None:
                self.models[name] = replace(whole, node=node)

    def _document(self, file: Path) -> Document:
        if file not in self._documents:
            if len(self._documents) >= _FILES:
                raise ConfigError(f"{file}: more than {_FILES} compose files")
            self._documents[file] = single(file)
        return self._documents[file]

    def _of_file(self, document: Document, home: Path, variables: Mapping[str, str]) -> dict[str, Service]:
        return {name: self._extended(document, home, variables, name, ()) for name in self._listed(document)}

    def _listed(self, document: Document) -> dict[str, Node]:
        """What a file has under ``services``."""
        if document.file not in self._nodes:
            listed = at(document.root, "services")
            if listed is not None and not isinstance(listed.data, dict):
                raise _refused(Value(listed, document.file, {}), "services must be a mapping")
            self._nodes[document.file] = fields(listed) if listed is not None else {}
            if len(self._nodes[document.file]) > _SERVICES:
                raise ConfigError(f"{document.file}: more than {_SERVICES} services")
        return self._nodes[document.file]

    def _extended(
        self, document: Document, home: Path, variables: Mapping[str, str], name: str, seen: tuple[tuple[str, str], ...]
    ) -> Service:
        """A service on top of the one that it extends."""
        node = self._listed(document)[name]
        own = _service(name, Value(node, document.file, variables))
        extends = at(node, "extends")
        if extends is None:
            return own
        place = Value(extends, document.file, variables)
        if (document.file, name) in seen or len(seen) > _DEEPEST:
            raise _refused(place, f"the service {name!r} extends itself")
        base_name = _filled(at(extends, "service") or extends, place)
        file = _filled(at(extends, "file"), place)
        if file.startswith(_REMOTE):
            self.elsewhere.append(Elsewhere(name, place, f"it extends a service of {file}, which is not fetched"))
            return own
        other = self._document(_path(home, file, place)) if file else document
        if base_name not in self._listed(other):
            raise _refused(place, f"there is no service {base_name!r} in {other.file} to extend")
        there = Path(other.file).parent if file else home
        base = self._extended(other, there, variables, base_name, (*seen, (document.file, name)))
        base.name, base.place = name, own.place
        base.take(own)
        return base

    def _included(self, what: Value, home: Path, inside: tuple[Path, ...]) -> dict[str, Service]:
        listed = at(what.node, "path") if isinstance(what.node.data, dict) else what.node
        names = [_filled(one, what) for one in elements(listed) or ([listed] if listed is not None else [])]
        if remote := next((name for name in names if name.startswith(_REMOTE)), ""):
            self.elsewhere.append(Elsewhere("", what, f"{remote} is included, which is not fetched"))
            return {}
        if not names or not all(names):
            raise _refused(what, "it names no file to include")
        files = [_path(home, name, what) for name in names]
        if again := next((file for file in files if file in inside), None):
            raise _refused(what, f"{again} includes itself")
        self._includes += 1
        if len(inside) > _DEEPEST or self._includes > _FILES:  # files may include each other in many ways
            raise _refused(what, f"more than {_DEEPEST} files include each other, or more than {_FILES} are included")
        directory = _filled(at(what.node, "project_directory"), what) if isinstance(what.node.data, dict) else ""
        there = home / directory if directory else files[0].parent
        stated = at(what.node, "env_file") if isinstance(what.node.data, dict) else None
        env_files = [_path(home, _filled(one, what), what) for one in elements(stated) or ([stated] if stated else [])]
        default = [there / ".env"] if (there / ".env").is_file() else []
        known = self._variables(env_files or default, what.variables)
        return self._merged(files, there, known, inside)


def _service(name: str, place: Value) -> Service:
    stated = fields(place.node)
    values = {key: replace(place, node=stated[key]) for key in _OWN if key in stated}
    profiles, volumes = values.pop("profiles", None), values.pop("volumes", None)
    return Service(
        name, place, values, [profiles] if profiles else [], [volumes] if volumes else [], _models(place.node)
    )


def _models(service: Node) -> set[str]:
    """The models that a service uses: a list of their names, or a mapping by them."""
    node = at(service, "models")
    if node is None:
        return set()
    return {name for name in map(text, elements(node)) if name} or set(fields(node))


def _filled(node: Node | None, place: Value) -> str:
    """A scalar with its variables; raises ``ConfigError`` where one is not set: a file name cannot be guessed."""
    filled = fill(text(node), place.variables)
    if filled.faults:
        raise _refused(replace(place, node=node or place.node), "; ".join(filled.faults))
    return filled.text


def _path(home: Path, name: str, place: Value) -> Path:
    """A file that a file of the user names; it may be anywhere, as its author may read anything here."""
    path = Path(home, name)
    try:
        there = path.is_file()
    except (OSError, ValueError):
        there = False
    if not there:
        raise _refused(place, f"no such file: {path}")
    return path


def _refused(place: Value, message: str) -> ConfigError:
    fault = Fault(place.file, *place.node.mark, message)
    return ConfigError(f"{place.file} cannot be read", "docker compose config shows what compose makes of it", (fault,))
