"""The parts of syft's own JSON that are read (syft-json schema 16; unknown fields are left alone)."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from sbomctl.errors import ToolFailed

T = TypeVar("T")


class Coordinates(msgspec.Struct, rename={"layer": "layerID"}):
    """A place; ``layer`` is a diff_id, "" where the target has no layers."""

    path: str = ""
    layer: str = ""
    annotations: dict[str, Any] | None = None


class License(msgspec.Struct):
    """A license as syft states it; ``value`` is as written."""

    value: str = ""
    type: str = ""
    locations: list[Coordinates] | None = None


class Artifact(msgspec.Struct):
    """One package."""

    name: str = ""
    version: str = ""
    type: str = ""
    purl: str = ""
    locations: list[Coordinates] | None = None
    licenses: list[License] | None = None
    metadata: msgspec.Raw = msgspec.Raw(b"null")  # differs by ecosystem


class Descriptor(msgspec.Struct):
    """The program that wrote the document."""

    name: str
    version: str = ""


class Document(msgspec.Struct):
    """What ``syft scan -o json`` writes."""

    artifacts: list[Artifact]
    descriptor: Descriptor


class NamedCataloger(msgspec.Struct):
    """One of syft's catalogers."""

    name: str = ""


class Selection(msgspec.Struct):
    """What ``syft cataloger list -o json`` writes."""

    catalogers: list[NamedCataloger] | None = None


def decode(data: bytes, kind: type[T]) -> T:
    """What syft has written; raises ``ToolFailed`` for anything else."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ToolFailed(f"syft wrote no document of its own format: {error}", "try another version of syft") from error


def facts(artifact: Artifact) -> dict[str, Any]:
    """The metadata of a package; {} when there is none."""
    try:
        found = msgspec.json.decode(artifact.metadata)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
