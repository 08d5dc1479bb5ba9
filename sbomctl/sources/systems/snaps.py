"""Snaps: Ubuntu Core, whose root is a base snap, and any other root that has some installed.

Snap documentation, "The snap format"; Ubuntu Core documentation, "Storage layout": the first boot finds snaps on the
partition ubuntu-seed, later they lie below ``system-data`` of ubuntu-data (before 2020: of writable).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.filesystems.base import Damaged, Node
from sbomctl.filesystems.same import same_bytes
from sbomctl.filesystems.walk import content, find
from sbomctl.model import Platform, Role, path_bytes, path_text
from sbomctl.sources.file_system import Piece
from sbomctl.sources.systems.base import Candidate, Here, Inside, System, tree_of
from sbomctl.sources.systems.images import image_of

_HOMES = ("var/lib/snapd/snaps", "var/lib/snapd/seed/snaps", "var/lib/snapd/seed/systems/*/snaps")
_ON_A_PARTITION = ("snaps", "systems/*/snaps", *_HOMES, *(f"system-data/{home}" for home in _HOMES))
_MODELS = ("systems", "var/lib/snapd/seed/systems", "system-data/var/lib/snapd/seed/systems")
_BASES = ("base", "os")  # os: the snap ``core``
_APPLICATION = "app"  # the type that a snap has when it states none
_ARCHITECTURES = {"amd64": ("amd64", ""), "arm64": ("arm64", ""), "armhf": ("arm", "v7"), "i386": ("386", "")}
_ARCHITECTURES |= {"riscv64": ("riscv64", ""), "ppc64el": ("ppc64le", ""), "s390x": ("s390x", "")}
_FIELD = (
    r"^{}[ \t]*:[ \t]*(?:\[[ \t]*|\n[ \t]*-[ \t]*)?[\"']?([\w.+-]{{1,100}})[\"']?"
    r"[ \t]*(\])?[ \t\r]*(?:#.*)?$(?!\n[ \t]*-)"
)
_YAML_BYTES = 1 << 20
_MOST = 4096  # snaps


class Snaps(System):
    """Every snap is an image; where there is no root, the base snap of the model is it."""

    name: ClassVar[str] = "Ubuntu Core, snaps"
    about: ClassVar[str] = "every snap as an image; without another root the base snap of the model is the root"
    signs: ClassVar[tuple[str, ...]] = ("var/lib/snapd/snaps/", "var/lib/snapd/seed/", "system-data/")

    def inside(self, here: Here) -> Inside | None:
        """The snaps in the places where snapd keeps them; a second copy of one is left out."""
        found = Inside()
        for number, (path, node) in enumerate(_files(here)):
            if number == _MOST:
                told = f"more than {_MOST:,} snaps; this and those behind it are not read"
                found.problems.append(f"{here.at(path)}: {told}")
                break
            found.left_out.add(path)
            known = here.memo.setdefault(("snap", path.rpartition("/")[2]), [])
            try:
                if any(same_bytes(node, one) for one in known):
                    continue
                known.append(node)
                _add(here, path, node, found)
            except Damaged as error:
                found.problems.append(f"{here.at(path)}: the snap cannot be read: {error}")
        if not found.left_out:
            return None
        wanted = _bases_of_models(here)
        found.roots.sort(key=lambda one: (one.image.image.name.rpartition("/")[2] not in wanted, one.image.image.name))
        return found


def _files(here: Here) -> Iterator[tuple[str, Node]]:
    homes = (
        _ON_A_PARTITION if not here.is_root else [below for home in _HOMES if (below := here.below(home)) is not None]
    )
    paths = [path for home in homes for path in _spread(here, home)]
    for path in paths:
        node = here.names.node(path_bytes(path))
        if node is not None and node.size:
            yield path, node


def _spread(here: Here, home: str) -> Iterator[str]:
    """The snaps in a directory; a ``*`` in its path is any name."""
    above, star, below = home.partition("/*/")
    homes = [f"{above}/{path_text(name)}/{below}" for name in here.names.listed(above.encode())] if star else [home]
    for one in homes:
        for name in here.names.listed(path_bytes(one)):
            if name.endswith(b".snap"):
                yield f"{one}/{path_text(name)}"


def _add(here: Here, path: str, node: Node, found: Inside) -> None:
    tree = tree_of(node)
    yaml = find(tree, b"meta/snap.yaml")
    text = content(yaml, _YAML_BYTES).decode("utf-8", "replace") if yaml else ""
    name = _field(text, "name") or path.rpartition("/")[2].removesuffix(".snap")
    kind = _field(text, "type") or _APPLICATION
    role = Role.CONTAINER if kind == _APPLICATION else Role.BASE_OS
    system = _ARCHITECTURES.get(_field(text, "architectures"))
    platform = Platform("linux", *system) if system else None
    request = msgspec.structs.replace(here.inner(name, path), role=role, platform=platform)
    piece = Piece(tree, "", f"snap {name} ({kind}), {tree.kind}")
    image = image_of([piece], request, here.depth + 1)
    if kind in _BASES:
        found.roots.append(Candidate(image, [piece]))
    else:
        found.inner.append(image)


def _field(text: str, key: str) -> str:
    """A word at the top of snap.yaml, or the only one of a list; catalogers read the file as a whole."""
    found = re.search(_FIELD.format(key), text, re.MULTILINE)
    return found[1] if found else ""


def _bases_of_models(here: Here) -> set[str]:
    """The base snaps that the models on a seed partition name (model assertion, "base")."""
    bases = set()
    for home in _MODELS:
        for label in here.names.listed(home.encode()):
            node = here.names.node(home.encode() + b"/" + label + b"/model")
            text = content(node, _YAML_BYTES).decode("utf-8", "replace") if node else ""
            bases.add(_field(text, "base"))
    return bases - {""}
