"""Descriptions written in tests, and what is read of them."""

from __future__ import annotations

from pathlib import Path

from sbomctl.config.asked import Asked
from sbomctl.descriptions import read
from sbomctl.descriptions.detect import description_of
from sbomctl.model import DescribedImage


def written(folder: Path, files: dict[str, str]) -> list[Path]:
    """The files, there."""
    paths = []
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def images(*files: Path, key: str = "", **options) -> tuple[DescribedImage, ...]:
    """The images that files describe, which are of the kind that they look like."""
    kind = key or description_of(files[0])[0].key
    return read(kind, Asked(files, **options))


def references(*files: Path, **options) -> dict[str, str]:
    """Name to reference, or to what is wrong."""
    return {one.name: one.reference or one.problem for one in images(*files, **options)}
