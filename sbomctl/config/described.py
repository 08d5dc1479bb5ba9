"""Images that other files describe, as images of the product: each once, by the names of all who use it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from sbomctl.config import targets
from sbomctl.config.asked import Asked
from sbomctl.config.composer import Node
from sbomctl.config.document import Document
from sbomctl.config.references import normal
from sbomctl.errors import ConfigError, Fault
from sbomctl.model import DescribedImage, ImageSpec

KEYS = ("compose", "iotedge", "pantavisor", "kubernetes")
"""The keys of a product file that name descriptions, one for each kind."""

Read = Callable[[str, Asked], Sequence[DescribedImage]]
"""Reads the description of a kind, named by its key; raises ``ConfigError``."""

_PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?")
_SCHEMES = ("docker", "registry")  # those that name an image by its reference
_LONGEST = 1024  # characters of what is told of one image
_NAME = 40  # characters of a name that is put together of others


def images_of(
    document: Document, base: Path, schemes: Collection[str], read: Read
) -> tuple[list[ImageSpec], list[Fault]]:
    """The images that the descriptions named in a product file add to it, and every fault of these."""
    found: list[DescribedImage] = []
    faults: list[Fault] = []
    for key in KEYS:
        node = document.root.items.get(key)
        if node is not None and (not isinstance(node.data, dict) or "files" in node.items):  # else the schema tells
            try:
                found += read(key, _asked(document, key, base))
            except ConfigError as error:
                hint = f" ({error.hint})" if error.hint and not error.faults else ""
                faults += error.faults or [document.fault([key], error.message + hint)]
    data = document.data
    listed = data["images"] if isinstance(data.get("images"), list) else []
    names = [image["name"] for image in listed if isinstance(image, dict) and isinstance(image.get("name"), str)]
    scheme = data.get("references", "docker")
    if scheme not in schemes:
        if isinstance(scheme, str) and scheme in _SCHEMES:
            faults.append(document.fault(["references"], f"nothing here reads {scheme}: images"))
        return [], faults
    mapping = data["targets"] if isinstance(data.get("targets"), dict) else {}
    given = Given(mapping, base, schemes)
    specs = list(described_specs(found, names, scheme, given))
    faults += _target_faults(document, mapping, base, schemes, given.used if not faults else set(mapping))
    faults += _ambiguous(document, given)
    return specs, faults


class Given:
    """Where the user says that images are; ``used`` and ``meant`` grow by the keys that applied."""

    def __init__(self, targets: Mapping[str, Any], base: Path, schemes: Collection[str]) -> None:
        """``base`` is what file names start at, and places are shown without."""
        self.base, self.schemes = base, schemes
        self.used: set[str] = set()
        self.meant: dict[str, set[str]] = {}  # by key, the images for which it says where they are
        self._targets = targets
        self._keys: dict[str, list[str]] = {}  # by what they may be compared with
        for key in targets:
            for form in {key, normal(key)}:
                self._keys.setdefault(form, []).append(key)

    def of(self, image: DescribedImage) -> str:
        """The target for an image, by service, or reference as written or filled in; "" = none."""
        names = (image.name, image.written, image.reference, normal(image.reference))
        keys = [key for name in names for key in self._keys.get(name, ())]
        self.used.update(keys)
        key = next((key for key in keys if isinstance(self._targets[key], str)), None)
        if key is None:
            return ""
        self.meant.setdefault(key, set()).add(normal(image.reference) or image.written)
        return str(self._targets[key])

    def shown(self, image: DescribedImage) -> str:
        """Where a description names an image: file, line and column."""
        file = os.path.relpath(image.file, self.base) if self.base.parts else image.file
        return ":".join([file, *(str(number) for number in (image.line, image.column) if number)])


def described_specs(
    found: Sequence[DescribedImage], taken: Collection[str], scheme: str, given: Given
) -> Iterator[ImageSpec]:
    """One image for each target and platform, in the order in which descriptions first name them.

    ``taken`` are names that other images of the product have; ``scheme`` opens what ``given`` says nothing of.
    """
    used = dict.fromkeys(taken, 2)
    for group in _grouped(found, given):
        first = group.images[0]
        yield ImageSpec(
            name=_name(group.images, used),
            role=first.role,
            target=_resolved(group.target, given)
            or (first.written[:_LONGEST] if group.gap else f"{scheme}:{first.reference}"),
            platform="" if group.gap else first.platform,
            origin=tuple(_origin(image, given) for image in group.images),
            gap=group.gap[:_LONGEST],
        )


class _Group(msgspec.Struct, frozen=True):
    """Services that use one image; ``target`` "" = the user says nothing of it, ``gap`` "" = it can be told."""

    target: str
    gap: str
    images: list[DescribedImage]


def _grouped(found: Sequence[DescribedImage], given: Given) -> Iterable[_Group]:
    """What is said of one service holds for all that have its reference; what has the same target is the same."""
    same: dict[tuple[str, ...], list[DescribedImage]] = {}
    for number, image in enumerate(found):
        one = normal(image.reference) or str(number)
        same.setdefault((one, image.platform, image.role.value), []).append(image)
    groups: dict[tuple[str, ...], _Group] = {}
    for (one, platform, role), images in same.items():
        target = next(filter(None, map(given.of, images)), "")
        fault = _platform_fault(images[0]) if target or not images[0].problem else images[0].problem
        gap = f"{given.shown(images[0])}: {fault}" if fault else ""
        groups.setdefault((target or one, platform, role, gap), _Group(target, gap, [])).images.extend(images)
    return groups.values()


def _resolved(target: str, given: Given) -> str:
    """``target`` led by the folder of the product file; what is wrong with it is told elsewhere."""
    try:
        return targets.resolve(target, given.base, given.schemes) if target else ""
    except targets.TargetError:
        return target


def _platform_fault(image: DescribedImage) -> str:
    if not image.platform or _PLATFORM.fullmatch(image.platform):
        return ""
    return f"its platform {image.platform!r} is not os/architecture[/variant]; correct it"


def _origin(image: DescribedImage, given: Given) -> str:
    notes = f" ({', '.join(image.notes)})" if image.notes else ""
    return f"{given.shown(image)} {image.name}{notes}"[:_LONGEST]


def _name(images: Sequence[DescribedImage], used: dict[str, int]) -> str:
    """The names of all who use an image; where that is too long the first, and how many more there are.

    ``used`` are the names there are, with the least number that may still tell another one from it.
    """
    names = list(dict.fromkeys(_word(image.name) for image in images))
    whole = "+".join(names)
    name = whole if len(whole) <= _NAME or len(names) == 1 else f"{names[0]}+{len(names) - 1}-more"
    owner = next((note.rpartition("/")[2] for image in images[:1] for note in image.notes if "/" in note), "")
    if name in used and owner:
        name = f"{_word(owner)}.{name}"[:128]
    candidate, number = name, used.get(name, 2)
    while candidate in used:
        candidate, number = f"{name}-{number}", number + 1
    used[name] = number
    used[candidate] = used.get(candidate, 2)
    return candidate


def _word(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:100] or "image"


def _asked(document: Document, key: str, base: Path) -> Asked:
    """What the value of a key asks for; raises ``ConfigError`` for a file that is not there."""
    node = document.root.items[key]
    options = node.items if isinstance(node.data, dict) else {}
    files = _files(document, options.get("files", node) if options else node, base)
    profiles = options.get("profiles")
    variables = options.get("variables")
    env_files = options.get("env_files")
    return Asked(
        files=files,
        profiles=[str(name) for name in profiles.data] if profiles and isinstance(profiles.data, list) else None,
        variables={str(name): value.text for name, value in variables.items.items()} if variables else {},
        env_files=_files(document, env_files, base) if env_files else (),
    )


def _files(document: Document, node: Node, base: Path) -> list[Path]:
    named = list(node.items.values()) if isinstance(node.data, list) else [node]
    wrong = [one for one in named if not isinstance(one.data, str) or not one.data]
    missing = [one for one in named if one not in wrong and not _exists(base / one.data)]
    faults = [
        Fault(document.file, *one.mark, "a file must be named here") for one in wrong or ([node] if not named else [])
    ]
    faults += [Fault(document.file, *one.mark, f"{targets.NO_FILE}: {base / one.data}") for one in missing]
    if faults:
        raise ConfigError(f"{document.file} names files that are not there", faults=tuple(faults))
    return [base / one.data for one in named]


def _exists(path: Path) -> bool:
    try:
        return path.is_file() or path.is_dir()
    except (OSError, ValueError):
        return False


def _ambiguous(document: Document, given: Given) -> Iterator[Fault]:
    """Keys that mean several images: one place cannot hold them all, and the others would go unread."""
    for key, images in given.meant.items():
        if len(images) > 1:
            named = ", ".join(sorted(image or "one without an image" for image in images))[:_LONGEST]
            yield document.key_fault(["targets", key], f"{key!r} means several ({named}); write their references")


def _target_faults(
    document: Document, mapping: Mapping[str, Any], base: Path, schemes: Collection[str], used: Collection[str]
) -> Iterator[Fault]:
    for key, target in mapping.items():
        if key not in used:
            yield document.key_fault(["targets", key], f"no service, container or reference is called {key!r}")
        if isinstance(target, str) and target:
            try:
                targets.resolve(target, base, schemes)
            except targets.TargetError as error:
                yield document.fault(["targets", key], str(error))
