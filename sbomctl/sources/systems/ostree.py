"""OSTree sysroots: the root is a deployment in a directory (Torizon, Linux microPlatform, Fedora IoT).

OSTree manual, "Deployments" and "Atomic Upgrades"; ostree-prepare-root(1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, product
from typing import ClassVar

import msgspec

from sbomctl.filesystems.base import FileSystem
from sbomctl.filesystems.subtree import Names
from sbomctl.filesystems.walk import content, find, listing, walk
from sbomctl.model import path_text
from sbomctl.sources.file_system import Piece
from sbomctl.sources.systems.base import Here, Root, System
from sbomctl.sources.systems.images import image_of

_DEPLOY = b"ostree/deploy"
_DEPLOYMENT = re.compile(rb"([0-9a-f]{64})\.([0-9]{1,6})")
_ENTRIES = (b"boot/loader/entries", b"loader/entries")
_KARG = re.compile(rb"(?<!\S)ostree=(/\S{1,4000})")
_VERSION = re.compile(rb"^version[ \t]+([0-9]{1,9})[ \t]*$", re.MULTILINE)
_ENTRY_BYTES = 1 << 16
_MOST = 128  # names in the directory of deployments; beside each is a file of its origin
_MOST_REFS = 10_000


class _Deployment(msgspec.Struct, frozen=True):
    path: bytes
    system: str
    commit: str
    key: int

    @property
    def title(self) -> str:
        """Short, as ``ostree admin status`` shows it."""
        return f"{self.system} {self.commit[:12]}"


class Ostree(System):
    """A sysroot with deployments."""

    name: ClassVar[str] = "OSTree"
    about: ClassVar[str] = "the deployment that boots, its /var and /boot; others as images of their own"
    signs: ClassVar[tuple[str, ...]] = ("ostree/deploy/",)

    def root(self, here: Here) -> Root | None:
        """The deployment that the boot loader starts; the repository beside it holds the same files a second time."""
        found = list(_deployments(here.names))
        if not found:
            return None
        booted, problems = _booted(here, found)
        same = [one for one in found if one.commit == booted.commit and one is not booted]
        others = [one for one in found if one.commit != booted.commit]
        inner = []
        for one in others:
            request = here.inner(f"{one.system}-{one.commit[:12]}", path_text(one.path))
            piece = _deployed(here.names, one, f"OSTree deployment {one.title}, which is not the one that boots")
            inner.append(image_of([piece], request, here.depth + 1))
        sealed = ", composefs" if here.names.ref(booted.path + b"/.ostree.cfs") is not None else ""
        says = f"OSTree deployment {booted.title}{sealed}" + "".join(
            f", also deployed as {path_text(o.path)}" for o in same
        )
        pieces = [_deployed(here.names, booted, says), *_around(here.names, booted)]
        undeployed = list(_undeployed(here.names, {one.commit for one in found}))
        return Root(pieces, inner, (*problems, *undeployed, *_left(here.names, found)))


def _deployments(names: Names) -> Iterator[_Deployment]:
    for system in names.listed(_DEPLOY):
        home = b"%s/%s/deploy" % (_DEPLOY, system)
        for name in names.listed(home)[:_MOST]:
            match = _DEPLOYMENT.fullmatch(name)
            node = names.node(home + b"/" + name) if match else None
            if match and node is not None and names.listed(home + b"/" + name):
                yield _Deployment(home + b"/" + name, path_text(system), match[1].decode(), node.key)


def _booted(here: Here, found: Sequence[_Deployment]) -> tuple[_Deployment, tuple[str, ...]]:
    """The deployment that the first boot loader entry names, else the first; and what is doubtful about it."""
    by_key = {one.key: one for one in found}
    for karg in _kernel_arguments([here.tree, *here.beside]):
        node = find(here.tree, karg)
        if node is not None and node.key in by_key:
            return by_key[node.key], ()
    if len(found) == 1:
        return found[0], ()
    told = f"no boot loader entry says which of {len(found)} OSTree deployments starts; {found[0].title} is taken"
    return found[0], (told,)


def _kernel_arguments(trees: Sequence[FileSystem]) -> list[bytes]:
    """The ``ostree=`` of each boot loader entry, that of the one that starts first (UAPI.1: the highest version)."""
    entries = []
    for tree, home in product(trees, _ENTRIES):
        for name in listing(tree, home):
            node = find(tree, home + b"/" + name) if name.endswith(b".conf") else None
            text = content(node, _ENTRY_BYTES) if node else b""
            if karg := _KARG.search(text):
                version = _VERSION.search(text)
                entries.append((-int(version[1]) if version else 0, name, karg[1]))
    return [karg for _, _, karg in sorted(entries)]


def _deployed(names: Names, one: _Deployment, says: str) -> Piece:
    """A deployment; its /usr/etc is what its /etc was made of (manual, "Deployments")."""
    defaults = {b"usr/etc"} if names.ref(one.path + b"/etc") is not None else set()
    tree = names.subtree(one.path)
    assert tree is not None
    return Piece(tree, "", says, left_out=frozenset(defaults))


def _around(names: Names, booted: _Deployment) -> Iterator[Piece]:
    """What a deployment shares with the others: /var, /boot, and the top of the file system at /sysroot."""
    places = (
        (booted.path.rsplit(b"/", 2)[0] + b"/var", "var", f"OSTree /var of {booted.system}"),
        (b"boot", "boot", "OSTree /boot"),
    )
    for path, place, says in places:
        tree = names.subtree(path)
        if tree is not None:
            yield Piece(tree, place, says)
    for system in names.listed(_DEPLOY):
        tree = names.subtree(b"%s/%s/var" % (_DEPLOY, system))
        if tree is not None and system != booted.path.split(b"/")[2]:
            place = f"sysroot/{path_text(_DEPLOY)}/{path_text(system)}/var"
            yield Piece(tree, place, f"OSTree /var of {path_text(system)}, which is not the system that boots")
    yield Piece(names.tree, "sysroot", "OSTree sysroot", left_out=frozenset((b"boot", b"ostree")))


def _left(names: Names, found: Sequence[_Deployment]) -> Iterator[str]:
    """What lies among deployments and is none."""
    known = {one.path for one in found}
    for system in names.listed(_DEPLOY):
        home = b"%s/%s/deploy" % (_DEPLOY, system)
        for name in names.listed(home):
            path = home + b"/" + name
            if path not in known and names.listed(path):
                yield f"{path_text(path)}: not named like a deployment, or one too many; not in this result"


def _undeployed(names: Names, deployed: set[str]) -> Iterator[str]:
    """Commits that a reference keeps in the repository of the sysroot and that no deployment holds."""
    refs = names.subtree(b"ostree/repo/refs")
    told: dict[str, str] = {}
    for path, node, _ in islice(walk(refs, _MOST_REFS), _MOST_REFS) if refs else ():
        commit = content(node, 65).strip().decode("ascii", "replace") if node else ""
        if re.fullmatch("[0-9a-f]{64}", commit) and commit not in deployed:
            told.setdefault(commit, path_text(path.partition(b"/")[2]))
    for commit, ref in sorted(told.items()):
        yield f"ostree/repo: commit {commit[:12]} ({ref}) is not deployed and not in this result; read it with ostree:"
