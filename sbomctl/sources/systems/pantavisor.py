"""Pantavisor: a device is a state of objects, of which the BSP and every container are made.

Pantavisor documentation, "Storage layout", "Pantavisor state format"; ``trails/REVISION/.pvr/json`` names for each path
the SHA-256 of an object below ``objects``, or holds a small document itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import msgspec

from sbomctl.errors import InputError
from sbomctl.filesystems.base import Damaged
from sbomctl.filesystems.subtree import Names
from sbomctl.filesystems.walk import content
from sbomctl.model import Role, path_text
from sbomctl.sources.base import OpenImage
from sbomctl.sources.documents import decode
from sbomctl.sources.file_system import Piece
from sbomctl.sources.systems._trail import State
from sbomctl.sources.systems.base import Here, Root, System, tree_of
from sbomctl.sources.systems.images import image_of

_REVISION = re.compile(rb"[0-9]{1,9}")
_CHOSEN = re.compile(rb"(?:\A|[\s\0])pv_rev=([0-9]{1,9})(?=[\s\0]|\Z)")
_BOOT = (b"boot/uboot.txt", b"boot/pv_env.txt")
_BOOT_BYTES = 1 << 16
_BSP = "bsp"
_MOUNTED = "storage"
_MODULES = (("modules", "lib/modules"), ("firmware", "lib/firmware"))


class Run(msgspec.Struct, frozen=True, rename="kebab"):
    """``run.json`` of a container or of the BSP; what names files is as in it."""

    root_volume: str = ""
    volumes: tuple[str, ...] | None = None
    modules: str | None = None
    firmware: str | None = None
    initrd: str | None = None
    addons: tuple[str, ...] | None = None


class Source(msgspec.Struct, frozen=True):
    """``src.json``: where a container is from."""

    docker_name: str | None = None
    docker_tag: str | None = None
    docker_digest: str | None = None

    def __str__(self) -> str:
        name = ":".join(part for part in (self.docker_name, self.docker_tag) if part)
        digest = (self.docker_digest or "").rpartition("@")[2]
        return "@".join(part for part in (name, digest) if part)


class Pantavisor(System):
    """A partition with trails."""

    name: ClassVar[str] = "Pantavisor"
    about: ClassVar[str] = "the BSP of the revision that starts; every container of it as an image of its own"
    signs: ClassVar[tuple[str, ...]] = ("trails/",)

    def root(self, here: Here) -> Root | None:
        """The revision that the boot loader starts, else the newest; objects are verified."""
        revisions = [name for name in here.names.listed(b"trails") if _is_revision(here.names, name)]
        if not revisions:
            return None
        chosen = _chosen(here.names, revisions)
        trail = f"trails/{chosen}"
        try:
            state = State(here.names, trail, here.request.limits)
        except InputError as error:
            return Root([Piece(here.tree, "", "Pantavisor storage")], (), (str(error),))
        problems: list[str] = []
        containers = [key.removesuffix("/run.json") for key in state.paths if key.endswith("/run.json")]
        inner = [_container(here, state, name, problems) for name in containers if name != _BSP]
        pieces = _bsp(state, problems)
        closed = {f"{trail}/{path}" for path in state.opened} | {f"trails/{path_text(one)}" for one in revisions}
        left_out = frozenset(path.encode() for path in closed | {"objects"} if path != trail)
        pieces.append(Piece(here.tree, _MOUNTED, f"Pantavisor revision {chosen}", left_out=left_out))
        problems += [*state.unread(), *_others(here, state, chosen, revisions)]
        return Root(pieces, [one for one in inner if one is not None], tuple(problems))


def _is_revision(names: Names, name: bytes) -> bool:
    return _REVISION.fullmatch(name) is not None and names.ref(b"trails/%s/.pvr/json" % name) is not None


def _chosen(names: Names, revisions: Sequence[bytes]) -> str:
    for path in _BOOT:
        node = names.node(path)
        found = _CHOSEN.search(content(node, _BOOT_BYTES)) if node is not None else None
        if found and found[1] in revisions:
            return found[1].decode()
    return max(revisions, key=lambda name: (int(name), name)).decode()


def _bsp(state: State, problems: list[str]) -> list[Piece]:
    """The initramfs with its addons, then what is mounted in it."""
    run = _document(state, f"{_BSP}/run.json", Run, problems) or Run()
    files = [(name, "") for name in (run.initrd, *(run.addons or ()))]
    files += [(getattr(run, key), place) for key, place in _MODULES]
    found = (_piece(state, f"{_BSP}/{name}", place, problems) for name, place in files if name)
    return [piece for piece in found if piece is not None]


def _container(here: Here, state: State, name: str, problems: list[str]) -> OpenImage | None:
    """The squashfs images of a container, the root lowest, and the files of its configuration on top."""
    run = _document(state, f"{name}/run.json", Run, problems)
    source = _document(state, f"{name}/src.json", Source, problems)
    if run is None:
        return None
    stated = [one for one in (run.root_volume, *(run.volumes or ())) if one]
    files = [one for one in stated if f"{name}/{one}" in state.paths]
    problems += [f"{state.trail}/{name}: its volume {one} is not in the state" for one in stated if one not in files]
    pieces = [piece for one in files if (piece := _piece(state, f"{name}/{one}", "", problems)) is not None]
    if not pieces:
        problems.append(f"{state.trail}: the container {name} has no volume that can be read")
        return None
    if source is not None and str(source):
        pieces[0] = msgspec.structs.replace(pieces[0], says=f"{pieces[0].says}, from {source}")
    settings = here.names.subtree(f"{state.trail}/_config/{name}".encode())
    if settings is not None:
        pieces.append(Piece(settings, "", f"_config/{name}"))
    request = msgspec.structs.replace(here.inner(name, f"{state.trail}/{name}"), role=Role.CONTAINER)
    return image_of(pieces, request, here.depth + 1)


def _piece(state: State, path: str, place: str, problems: list[str]) -> Piece | None:
    node = state.object(path)
    if node is None:
        return None  # the state tells of it
    try:
        tree = tree_of(node)
    except Damaged as error:
        problems.append(f"{state.trail}/{path}: {error}")
        return None
    state.opened.add(path)
    return Piece(tree, place, f"{path}, {tree.kind}")


def _document(state: State, path: str, kind: type[Any], problems: list[str]) -> Any:  # noqa: ANN401
    data = state.document(path)
    if data is None:
        return None
    try:
        return decode(data, kind, f"{state.trail}/{path}")
    except InputError as error:
        problems.append(str(error))
        return None


def _others(here: Here, state: State, chosen: str, revisions: Sequence[bytes]) -> Iterator[str]:
    """What other revisions have that this one has not, and objects of none."""
    known = set(state.objects.values())
    for name in revisions:
        revision = name.decode()
        if revision == chosen:
            continue
        try:
            other = State(here.names, f"trails/{revision}", here.request.limits)
        except InputError as error:
            yield str(error)
            continue
        known |= set(other.objects.values())
        if count := len(set(other.objects.values()) - set(state.objects.values())):
            yield f"trails/{revision}: {count} objects of this revision are not in {chosen} and not in this result"
    if count := sum(path_text(name) not in known for name in here.names.listed(b"objects")):
        yield f"objects: {count} objects of no revision that is here are not in this result"
