"""Of which kind a description is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sbomctl.descriptions import DESCRIPTIONS
from sbomctl.descriptions._reading import documents
from sbomctl.descriptions.base import Description
from sbomctl.errors import ConfigError

_HEAD = 1 << 20
_MARKS = (b"services", b"apiVersion", b"$edgeAgent", b"docker_name", b"/run.json", b"/src.json", b"#spec")
_OTHERS = (b'"sbomctl"', b'"bomFormat"', b'"spdxVersion"', b'"@context"')  # SBOMs, which may be large


def description_of(place: Path) -> tuple[Description, Sequence[Path]]:
    """The kind of description that a file or directory is, and its files.

    Raises ``ConfigError`` that says what was expected, and for a file that is no YAML or JSON.
    """
    if place.is_dir():
        for kind in DESCRIPTIONS:
            if files := kind.files(place):
                return kind, files
    else:
        for document in documents(place):
            for kind in DESCRIPTIONS:
                if kind.accepts(document):
                    return kind, [place]
    known = "; ".join(kind.about for kind in DESCRIPTIONS)
    raise ConfigError(f"{place} describes no product", f"these do: {known}")


def is_description(file: Path) -> bool:
    """Whether a file is a description; what cannot be read is none."""
    try:
        if not file.is_file():
            return False
        with file.open("rb") as stream:
            head = stream.read(_HEAD)
        if any(mark in head[:4096] for mark in _OTHERS) or not any(mark in head for mark in _MARKS):
            return False
        return any(kind.accepts(document) for document in documents(file) for kind in DESCRIPTIONS)
    except (ConfigError, OSError, ValueError):
        return False
