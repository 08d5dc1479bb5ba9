"""Compose files (Compose specification), which Docker Swarm, Torizon, Foundries and balena deploy too."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from sbomctl.config.asked import Asked
from sbomctl.config.composer import Node
from sbomctl.config.document import Document
from sbomctl.config.references import fault_of
from sbomctl.descriptions._compose_files import files_of, left_out
from sbomctl.descriptions._compose_services import Service, Services, Value, standing
from sbomctl.descriptions._interpolation import fill
from sbomctl.descriptions._reading import at, elements, text
from sbomctl.errors import ConfigError
from sbomctl.model import DescribedImage

_EVERY = "*"  # as --profile of compose takes it
_MAP = "say under targets where its image is"


class Compose:
    """``compose:``, one file or several that are merged."""

    key: ClassVar[str] = "compose"
    about: ClassVar[str] = "compose files: Docker, Swarm, Torizon, Foundries, balena"

    def accepts(self, document: Document) -> bool:
        """Whether it has services and is no product file."""
        return isinstance(document.data, dict) and isinstance(document.data.get("services"), dict)

    def files(self, directory: Path) -> list[Path]:
        """Those that compose takes in this directory; raises ``ConfigError``."""
        return files_of(directory, {})

    def images(self, asked: Asked) -> Iterator[DescribedImage]:
        """One image for each service, for each volume that is an image, and for each model."""
        reader = Services({**asked.environment, **asked.variables})
        files = [file for place in asked.files for file in _files(place, asked)]
        reader.read(files, asked.env_files)
        lost = {one.service for one in reader.elsewhere}
        named = {name: _profiles(service) for name, service in reader.services.items()}
        if not reader.elsewhere:  # which may have them
            _refuse_unknown(asked, named.values())
        for service in reader.services.values():
            profiles = named[service.name]
            if not _starts(profiles, asked):
                continue
            notes = tuple(f"profile {name}" for name in profiles)
            if "image" in service.values or service.name not in lost:
                yield _image(service, notes)
            yield from _volumes(service, notes)
        yield from _models(reader, {name for name, profiles in named.items() if _starts(profiles, asked)})
        if beside := left_out(files[0].parent, asked.variables, reader.files):
            yield beside
        for one in reader.elsewhere:
            if one.service not in reader.services or "image" not in reader.services[one.service].values:
                yield _gap(one.service or "include", one.place, f"{one.reason}; save it as a file and name that")


def _files(place: Path, asked: Asked) -> list[Path]:
    """A file, or what compose takes in a directory."""
    if not place.is_dir():
        return [place]
    found = files_of(place, asked.variables)
    if not found:
        raise ConfigError(f"there is no compose file in {place}", "name the file")
    return found


def _profiles(service: Service) -> list[str]:
    """Under which profiles a service starts; [] = always."""
    found = {
        _filled(replace(value, node=node)) for value in standing(service.profiles) for node in elements(value.node)
    }
    return sorted(found)


def _filled(value: Value) -> str:
    """A name with its variables; as it is written where one of them is not set."""
    filled = fill(text(value.node), value.variables)
    return text(value.node) if filled.faults else filled.text


def _starts(profiles: Sequence[str], asked: Asked) -> bool:
    """Whether one of the profiles of a service is asked for; one with a variable that is not set may be."""
    return (
        asked.profiles is None or not profiles or any(name in asked.profiles or "$" in name for name in profiles)
    ) or _EVERY in asked.profiles


def _refuse_unknown(asked: Asked, named: Iterable[Sequence[str]]) -> None:
    """A profile that nobody is in is a slip, by which services would be left out."""
    known = {name for profiles in named for name in profiles}
    unknown = sorted({*(asked.profiles or ())} - known - {_EVERY})
    if unknown:
        there = f"there are {', '.join(sorted(known))}" if known else "no service has one"
        raise ConfigError(f"no service is in the profile {unknown[0]!r}", there)


def _image(service: Service, notes: tuple[str, ...]) -> DescribedImage:
    values = {key: value for key, value in service.values.items() if value.node.tag != "!reset"}
    stated, build, provider = values.get("image"), values.get("build"), values.get("provider")
    if provider is not None:
        return _gap(service.name, provider, f"it is no container: {_provided(provider)}; {_MAP}", notes)
    if stated is None:
        reason = (
            f"it is built here and has no image: name; build it, and {_MAP}" if build else f"it has no image; {_MAP}"
        )
        return _gap(service.name, service.place, reason, notes)
    described = _described(service.name, stated, notes)
    platform = values.get("platform")
    if platform is None or described.problem:
        return described
    filled = fill(text(platform.node), platform.variables)
    if filled.faults:
        return _gap(
            service.name, platform, f"its platform is not known: {_remedied(filled.faults, filled.unset)}", notes
        )
    return _replaced(described, filled.text)


def _provided(provider: Value) -> str:
    """What compose does for a service with a provider (Docker documentation, "Use provider services")."""
    kind = _filled(replace(provider, node=at(provider.node, "type") or provider.node)) or "that it does not name"
    model = at(at(provider.node, "options") or provider.node, "model")
    what = f" the model {_filled(replace(provider, node=model))}" if model is not None else ""
    return f"the program {kind} provides{what or ' it'}, and nothing here tells what that is"


def _models(reader: Services, starting: Collection[str]) -> Iterator[DescribedImage]:
    """Models that services use, or that nobody is known to use: artifacts of a registry that are no images."""
    users = {name: [one for one in reader.services.values() if name in one.models] for name in reader.models}
    for name, value in reader.models.items():
        if not users[name] or any(one.name in starting for one in users[name]):
            stated = at(value.node, "model")
            written = _filled(replace(value, node=stated)) if stated is not None else ""
            problem = (
                f"the model {written or name} is no image, and what is in it, its license too, is not known; {_MAP}"
            )
            line, column = value.node.mark
            yield DescribedImage(name, value.file, line, column, written=written, notes=("model",), problem=problem)
    for service in reader.services.values():
        for name in sorted(service.models - reader.models.keys()) if service.name in starting else ():
            yield _gap(
                name, service.place, f"{service.name} uses the model {name}, which no file describes", ("model",)
            )


def _replaced(image: DescribedImage, platform: str) -> DescribedImage:
    import msgspec

    return msgspec.structs.replace(image, platform=platform)


def _described(name: str, stated: Value, notes: tuple[str, ...]) -> DescribedImage:
    written = text(stated.node)
    filled = fill(written, stated.variables)
    line, column = stated.node.mark
    problem = _remedied(filled.faults, filled.unset) if filled.faults else ""
    if not problem and (fault := fault_of(filled.text)):
        problem = f"its image {filled.text!r} {fault}; correct it, or {_MAP}"
    reference = "" if problem else filled.text
    return DescribedImage(name, stated.file, line, column, reference, written, notes=notes, problem=problem)


def _remedied(faults: list[str], unset: list[str]) -> str:
    where = f"; set {', '.join(unset)} in .env or in the environment" if unset else ""
    return f"{'; '.join(faults)}{where}, or {_MAP}" if unset else f"{'; '.join(faults)}; correct it, or {_MAP}"


def _gap(name: str, place: Value, problem: str, notes: tuple[str, ...] = ()) -> DescribedImage:
    line, column = place.node.mark
    written = text(at(place.node, "image")) if isinstance(place.node.data, dict) else text(place.node)
    return DescribedImage(name, place.file, line, column, written=written, notes=notes, problem=problem)


def _volumes(service: Service, notes: tuple[str, ...]) -> Iterator[DescribedImage]:
    """Volumes of type image ship with the service."""
    for value in standing(service.volumes):
        for number, node in enumerate(elements(value.node)):
            if text(at(node, "type")) == "image":
                source: Node = at(node, "source") or node
                yield _described(f"{service.name}-volume-{number}", replace(value, node=source), notes)
