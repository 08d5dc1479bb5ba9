"""Files of variables, ``.env``, as compose reads them (Docker documentation, "Env file syntax")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from sbomctl.config.composer import Bounds
from sbomctl.config.document import content
from sbomctl.descriptions._interpolation import Doubtful, fill
from sbomctl.errors import ConfigError, Fault

_BOUNDS = Bounds(file_bytes=1 << 20)
_LINES = 50  # of one value in quotes
_LINE = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)\s*(?P<sign>[=:]?)[ \t]*(?P<rest>.*)", re.ASCII)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "$": "$$"}


def read_env_file(file: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that ``file`` sets; raises ``ConfigError`` with every line that is none.

    A value may use what ``environment`` has and what stands above it; one that uses more is ``Doubtful``, for
    many a file holds passwords with a dollar sign, which name no image. A name without ``=`` takes
    its value from ``environment``.
    """
    try:
        lines = content(file, _BOUNDS).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ConfigError(f"cannot read {file}: it is not UTF-8") from error
    found: dict[str, str] = {}
    faults: list[Fault] = []
    number = 0
    while number < len(lines):
        line, first = lines[number], number + 1
        number += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            faults.append(Fault(str(file), first, 1, "no NAME=VALUE"))
            continue
        name, rest = match["name"], match["rest"]
        if not match["sign"]:
            if name in environment:
                found[name] = environment[name]
            continue
        while rest[:1] in ("'", '"') and _closing(rest) < 0 and number < min(len(lines), first + _LINES):
            rest += "\n" + lines[number]
            number += 1
        found[name] = _value(rest, {**found, **environment})
    if faults:
        raise ConfigError(f"{file} cannot be read", faults=tuple(faults))
    return found


def _closing(rest: str) -> int:
    """Where the quote that ``rest`` starts with is closed; -1 where it is not."""
    at = 1
    while at < len(rest):
        if rest[at] == "\\" and rest[0] == '"':
            at += 1
        elif rest[at] == rest[0]:
            return at
        at += 1
    return -1


def _value(rest: str, variables: Mapping[str, str]) -> str:
    if rest[:1] in ("'", '"') and (end := _closing(rest)) > 0:
        inner = rest[1:end]
        if rest[0] == "'":
            return inner
        escaped = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), inner, flags=re.DOTALL)
        return Doubtful.of(fill(escaped, variables))
    bare = re.split(r"(?:^|\s)#", rest, maxsplit=1)[0].strip()
    return Doubtful.of(fill(bare, variables))
