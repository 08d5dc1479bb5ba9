"""Data that ships with sbomctl: ``policies/`` and ``report_templates/``.

They lie beside the package in a checkout and in ``sbomctl/_data`` once installed
(pyproject.toml maps them there).
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str, package: Path = _PACKAGE) -> Path:
    """The directory of shipped data called ``name``; raises ``FileNotFoundError``, a broken installation."""
    for place in (package / "_data" / name, package.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"{name}/ is missing from this installation of sbomctl")


def find(kind: str, name: str, package: Path = _PACKAGE) -> Path | None:
    """The shipped file ``name`` of the folder ``kind``; None when there is none.

    ``name`` is one file name; with a path in it nothing is found, so that a user's
    ``../x`` can never reach outside the folder.
    """
    if Path(name).name != name:
        return None
    path = folder(kind, package) / name
    return path if path.is_file() else None


def names(kind: str, package: Path = _PACKAGE) -> tuple[str, ...]:
    """The files of the folder ``kind``, sorted."""
    return tuple(sorted(path.name for path in folder(kind, package).iterdir() if path.is_file()))
