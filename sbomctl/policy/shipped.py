"""Which policies come with sbomctl, and where a policy of that name lies."""

from __future__ import annotations

from pathlib import Path

from sbomctl.errors import ConfigError
from sbomctl.resources import find, names

SHIPPED = "shipped:"
"""Stands before the names of shipped files in reports, which are in no repository of the user."""

TABLE = "license-classes.yaml"
CASES = ".test.yaml"


def shipped_names() -> tuple[str, ...]:
    """The names of the shipped policies, sorted."""
    files = [name for name in names("policies") if name.endswith(".yaml")]
    return tuple(name.removesuffix(".yaml") for name in files if name != TABLE and not name.endswith(CASES))


def policy_file(name: str) -> Path:
    """The file that ``name`` means: a file that exists, else a shipped policy. Raises ``ConfigError``."""
    file = Path(name)
    try:
        if file.is_file():
            return file
    except (OSError, ValueError):  # too long a name
        pass
    shipped = find("policies", f"{name}.yaml") if name in shipped_names() else None
    if shipped is None:
        known = ", ".join(shipped_names())
        raise ConfigError(f"there is no policy {name[:200]!r}", f"name a file, or a shipped policy: {known}")
    return shipped
