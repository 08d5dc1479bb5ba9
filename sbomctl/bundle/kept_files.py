"""The policy, waivers and curations that were used, as the bundle keeps them.

Findings name policy files with their lines. In a bundle those names lead into the bundle, so
that whoever gets it can look, and no place on the machine that made it is told.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from sbomctl import resources
from sbomctl.bundle.base import KeptFile
from sbomctl.errors import ConfigError
from sbomctl.model import PolicyFile, PolicyLine, Waiver

if TYPE_CHECKING:
    from sbomctl.policy.lines import Policy

FOLDER = "policy/"
_SHIPPED = "shipped:"
_UNFIT = re.compile(r"[^A-Za-z0-9._+-]+")  # what some file system, shell or list of checksums would trip over


def plain_name(text: str) -> str:
    """``text`` as one file name that every system takes; never empty, never hidden, never a way up."""
    return _UNFIT.sub("_", text)[:100].lstrip(".") or "_"


def keep(policy_files: Sequence[PolicyFile], waivers: str = "", curations: str = "") -> tuple[KeptFile, ...]:
    """The files read once more, the policy's at the same distance from each other, so that it still extends them.

    Raises ``ConfigError`` for a policy file that has changed since the policy was loaded.
    """
    own = [one for one in policy_files if not one.name.startswith(_SHIPPED)]
    base = os.path.commonpath([os.path.dirname(_absolute(one.name)) for one in own]) if own else ""  # noqa: PTH120
    found: dict[str, KeptFile] = {}
    for one in policy_files:
        data = _read(_place(one.name))
        if hashlib.sha256(data).hexdigest() != one.sha256:
            raise ConfigError(f"{one.name} has changed while sbomctl ran", "run it again")
        _add(found, one.name, _near(one.name, base), data)
    for name, path in ((waivers, "waivers.yaml"), (curations, "curations.yaml")):
        if name:
            _add(found, name, path, _read(Path(name)))
    return tuple(found.values())


def _place(name: str) -> Path:
    if not name.startswith(_SHIPPED):
        return Path(name)
    place = resources.find("policies", name.removeprefix(_SHIPPED))
    assert place is not None, "the policy was read from there"
    return place


def _near(name: str, base: str) -> str:
    if name.startswith(_SHIPPED):
        return plain_name(name.removeprefix(_SHIPPED))
    parts = Path(_absolute(name)).relative_to(base).parts
    return "/".join(map(plain_name, parts))


def _absolute(name: str) -> str:
    """Without ``..`` and without following links, as the policy names it."""
    return os.path.abspath(name)  # noqa: PTH100


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}") from error


def _add(found: dict[str, KeptFile], name: str, path: str, data: bytes) -> None:
    stem, dot, ending = path.rpartition(".")
    taken = {one.path.lower() for one in found.values()}  # some file systems do not tell case
    unique, number = path, 2
    while FOLDER + unique.lower() in taken:
        unique, number = f"{stem or ending}-{number}{dot}{ending if stem else ''}", number + 1
    found[name] = KeptFile(name, FOLDER + unique, data)


def renamed_policy(policy: Policy, kept: Sequence[KeptFile]) -> Policy:
    """``policy`` with every file called as the bundle has it."""
    paths = {one.name: one.path for one in kept}

    def moved(place: PolicyLine) -> PolicyLine:
        return PolicyLine(paths[place.file], place.line)

    replace = msgspec.structs.replace
    return replace(
        policy,
        lines=tuple(replace(one, place=moved(one.place)) for one in policy.lines),
        rules={name: replace(one, place=moved(one.place)) if one.place else one for name, one in policy.rules.items()},
        files=tuple(PolicyFile(paths[one.name], one.sha256) for one in policy.files),
    )


def renamed_waivers(waivers: Sequence[Waiver], kept: Sequence[KeptFile]) -> tuple[Waiver, ...]:
    """``waivers`` with their file called as the bundle has it."""
    paths = {one.name: one.path for one in kept}
    return tuple(msgspec.structs.replace(one, file=paths[one.file]) for one in waivers)
