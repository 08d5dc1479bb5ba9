"""What the payloads of a Mender Artifact are, by the update module that takes them."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from sbomctl.errors import InputError
from sbomctl.filesystems.base import Damaged, Node
from sbomctl.filesystems.walk import content, find, walk
from sbomctl.model import path_text
from sbomctl.sources._payloads import Payload, is_readable, is_tar, plain, tar_holds
from sbomctl.sources.tar_kind import TarKind
from sbomctl.sources.tar_tree import TarTree

_ROOTFS = "rootfs-image"
_DELTA = "mender-binary-delta"
_DEEPEST = 2  # tars in tars
_PLACE_BYTES = 4096
_NO_IMAGE = "a binary delta; the image that it makes is not in it"


def payloads_of(tree: TarTree, kind: str, place: str, most: int) -> list[Payload]:
    """The payloads in the tar of one: an image for the root, or files for a module and the images among them.

    Raises ``Damaged``.
    """
    files = [(path_text(path), node) for path, node, _ in walk(tree, most) if node is not None and _is_file(node)]
    if kind == _ROOTFS:
        return [Payload(name, f"{kind} {name}", node, place=place, is_root=True) for name, node in files]
    if kind == _DELTA:
        return [Payload(name, f"{kind} {name}", node, unread=_NO_IMAGE) for name, node in files]
    return list(_of_module(tree, kind or "payload", place, most))


def _of_module(tree: TarTree, kind: str, place: str, most: int) -> Iterator[Payload]:
    """Each image, and the files beside it where they are unpacked: a module for directories says that in dest_dir."""
    stated = find(tree, b"dest_dir")
    home = content(stated, _PLACE_BYTES).decode("utf-8", "replace").strip().strip("/") if stated else ""
    pending = [(tree, "", place, 0)]
    while pending:
        here, name, where, depth = pending.pop(0)
        taken = set()
        left = 0
        for path, node, _ in walk(here, most):
            if node is None or not _is_file(node):
                continue
            inner = "/".join(part for part in (name, path_text(path)) if part)
            if not is_readable(node):
                left += 1
                continue
            taken.add(path)
            nested = _nested(node, inner, most) if depth < _DEEPEST else None
            if nested is None:
                yield Payload(inner, f"{kind} {inner}", node, place=home or f"{place}/{inner}")
            else:
                pending.append((nested, inner, home or f"{place}/{inner}", depth + 1))
        if left or (name and here.faults):  # those of the outermost the Artifact tells
            title = " ".join(part for part in (kind, name) if part)
            yield Payload(name or place, title, here.blob, here, where, left_out=frozenset(taken))


def _nested(node: Node, name: str, most: int) -> TarTree | None:
    """A tar of files, to be looked into for images; None for an image and for what will be told to be damaged."""
    try:
        blob = plain(node)
        found = is_tar(blob) and tar_holds(blob) is TarKind.ROOTFS
        return TarTree(blob, name, most) if found else None
    except (InputError, Damaged):
        return None


def _is_file(node: Node) -> bool:
    return stat.S_ISREG(node.mode)
