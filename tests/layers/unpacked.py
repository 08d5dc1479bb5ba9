"""What unpacking layers one after the other gives: a model of a file system, with none of our code in it.

OCI image-spec, layer.md. Where the text is silent it does what engines do that unpack onto
the lower layers (containerd, Docker's vfs driver): entries are extracted in their order,
links in the directories of a name are followed, missing directories are made.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

Member = tuple[str, str, object]
"""Name, ``file | dir | sym | hard | whiteout | opaque``, content or target."""


@dataclass
class Directory:
    implied: bool = False  # no archive names it
    inside: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class File:
    content: bytes


@dataclass(frozen=True)
class Symlink:
    target: str


class Refused(Exception):
    """No engine unpacks this."""


def unpack(tree: Directory, members: list[Member]) -> Directory:
    """The tree with one more layer on it; raises ``Refused``."""
    lower, tree = tree, copy.deepcopy(tree)
    replaced = {name for name, kind, _ in members if kind == "dir"}
    for name, kind, _ in sorted(members, key=lambda member: (member[0].count("/"), member[1] == "opaque")):
        if kind in ("whiteout", "opaque"):  # outer ones first: in what is hidden, nothing is left to hide
            _remove(tree, name, kind, replaced)
    own: set[int] = set()
    for name, kind, value in members:
        if kind not in ("whiteout", "opaque"):
            own.add(id(_extract(tree, lower, own, name, kind, value)))
    return tree


def _remove(tree: Directory, name: str, kind: str, replaced: set[str]) -> None:
    """A whiteout hides what lower layers have; in a directory that replaces a link, they have nothing."""
    path = name.split("/")
    home = _follow(tree, path if kind == "opaque" else path[:-1], stop_at=replaced)
    found = None if home is None else at(tree, home)
    if isinstance(found, Directory):
        if kind == "opaque":
            found.inside.clear()
        else:
            found.inside.pop(path[-1], None)


def _extract(tree: Directory, lower: Directory, own: set[int], name: str, kind: str, value: object) -> object:
    *parents, last = name.split("/")
    directory = _make_directories(tree, own, parents)
    if kind == "dir":
        before = directory.inside.get(last)
        if isinstance(before, Directory):
            before.implied = False
        else:
            directory.inside[last] = Directory()
    elif kind == "hard":
        directory.inside[last] = _hard_link(tree, lower, value)
    else:
        directory.inside[last] = File(value) if kind == "file" else Symlink(value)
    return directory.inside[last]


def _hard_link(tree: Directory, lower: Directory, target: str) -> File | Symlink:
    """Another name for what is there, or was before whiteouts of this layer removed it."""
    found = _named(tree, target) or _named(lower, target)
    if not isinstance(found, File | Symlink):
        raise Refused
    return copy.copy(found)


def _named(tree: Directory, name: str) -> object:
    *parents, last = name.split("/")
    home = _follow(tree, parents)
    directory = None if home is None else at(tree, home)
    return directory.inside.get(last) if isinstance(directory, Directory) else None


def _make_directories(tree: Directory, own: set[int], parents: list[str]) -> Directory:
    """``mkdir -p``, except that what a lower layer has there and is no directory makes way for one.

    So it is with Docker's overlay2 driver, which unpacks each layer by itself; others refuse.
    """
    path: list[str] = []
    directory = tree
    for name in parents:
        path.append(name)
        found = at(tree, path)
        if isinstance(found, Symlink):
            followed = _follow(tree, path)
            path = path if followed is None else followed
        directory = tree
        for part in path:
            found = directory.inside.get(part)
            if not isinstance(found, Directory):
                if id(found) in own:
                    raise Refused
                found = directory.inside[part] = Directory(implied=True)
            directory = found
    return directory


def at(tree: Directory, path: list[str]) -> object:
    """What is at a path; no link is followed."""
    node: object = tree
    for name in path:
        if not isinstance(node, Directory):
            return None
        node = node.inside.get(name)
    return node


def _follow(tree: Directory, path: list[str], stop_at: set[str] = frozenset()) -> list[str] | None:
    """The path without links; None for a loop. At ``stop_at`` no link is followed."""
    done: list[str] = []
    todo = [part for part in reversed(path) if part]
    links = 0
    while todo:
        part = todo.pop()
        if part == "..":
            del done[-1:]
            continue
        done.append(part)
        found = at(tree, done)
        if isinstance(found, Symlink) and "/".join(done) not in stop_at:
            links += 1
            if links > 40:
                return None
            del done[0 if found.target.startswith("/") else -1 :]
            todo += [piece for piece in reversed(found.target.split("/")) if piece]
    return done


def listing(tree: Directory) -> dict[str, tuple[str, object]]:
    """Path to type and content; directories that no archive names only where something is in them."""
    out: dict[str, tuple[str, object]] = {}
    _list(tree, "", out)
    return out


def _list(directory: Directory, prefix: str, out: dict[str, tuple[str, object]]) -> bool:
    anything = False
    for name, node in directory.inside.items():
        path = prefix + name
        if isinstance(node, Directory):
            if not _list(node, path + "/", out) and node.implied:
                continue
            out[path] = ("directory", "")
        elif isinstance(node, File):
            out[path] = ("regular", node.content)
        elif isinstance(node, Symlink):
            out[path] = ("symlink", node.target)
        anything = True
    return anything
