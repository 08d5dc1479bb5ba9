"""Which files compose takes for a project (Docker documentation, "Pre-defined environment variables": COMPOSE_FILE)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from sbomctl.descriptions._env_file import read_env_file
from sbomctl.descriptions._interpolation import Doubtful
from sbomctl.errors import ConfigError
from sbomctl.model import DescribedImage

ENV_FILE = ".env"
_VARIABLE = "COMPOSE_FILE"
_NAMES = (
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
)  # in the order compose asks for them
_OVERRIDES = (
    "compose.override.yaml",
    "compose.override.yml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)


def files_of(directory: Path, variables: Mapping[str, str]) -> list[Path]:
    """Those that COMPOSE_FILE names, else the file that compose takes without being told, and its override file.

    Raises ``ConfigError`` where COMPOSE_FILE names one that is not there.
    """
    if named := _named(directory, variables):
        if missing := next((file for file in named if not file.is_file()), None):
            raise ConfigError(f"{_VARIABLE} names {missing}, which is not there", f"see {directory / ENV_FILE}")
        return named
    found = [directory / name for name in _NAMES if (directory / name).is_file()][:1]
    return found + [directory / name for name in _OVERRIDES if found and (directory / name).is_file()][:1]


def left_out(directory: Path, variables: Mapping[str, str], read: Iterable[Path]) -> DescribedImage | None:
    """A problem where COMPOSE_FILE names files that were not read: what they add would ship unseen."""
    known = {file.resolve() for file in read}
    missing = [file for file in _named(directory, variables) if file.resolve() not in known]
    if not missing:
        return None
    names = ", ".join(str(file) for file in missing)
    problem = f"{_VARIABLE} has compose take {names} too; name every file, or the directory of them"
    return DescribedImage(_VARIABLE, str(directory / ENV_FILE), 0, 0, problem=problem)


def _named(directory: Path, variables: Mapping[str, str]) -> list[Path]:
    known: Mapping[str, str] = variables
    file = directory / ENV_FILE
    if _VARIABLE not in variables and file.is_file() and _VARIABLE.encode() in file.read_bytes():
        known = {**read_env_file(file, variables), **variables}
    value = known.get(_VARIABLE, "")
    if isinstance(value, Doubtful):
        raise ConfigError(f"{file}: {_VARIABLE} is not known: {'; '.join(value.faults)}", "set what it uses")
    return [directory / name for name in value.split(known.get("COMPOSE_PATH_SEPARATOR") or ":") if name]
