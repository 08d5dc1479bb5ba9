"""Content that links lead to though no pattern names it: found once all layers are stacked, and read then.

Nearly no image has any; only the few layers that store it are read once more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from sbomctl.layers.harvest import Harvest
from sbomctl.layers.patterns import merged_usr, to_regex
from sbomctl.layers.stack import Stack
from sbomctl.model import FileEntry, FileType


def second_look(stack: Stack, patterns: Sequence[str], harvests: Sequence[Harvest]) -> dict[int, set[str]]:
    """Layer -> stored paths of regular files that wanted links lead to though no pattern names them."""
    need: dict[int, set[str]] = {}
    views = [stack.view(index + 1) for index in range(len(stack.layers))]
    for index, harvest in enumerate(harvests):
        for path in harvest.links:
            for view in {id(v): v for v in (views[index], views[-1])}.values():
                _note_unkept(stack, view.entry(path), need)
    top = stack.view()
    for pattern in patterns:
        moved = top.moved(pattern)
        if moved not in merged_usr(pattern):
            match = re.compile(to_regex(moved), re.DOTALL).fullmatch
            for path in filter(match, stack.index):
                _note_unkept(stack, top.entry(path), need)
    return need


def _note_unkept(stack: Stack, found: tuple[int, FileEntry] | None, need: dict[int, set[str]]) -> None:
    if found is None or found[1].type is not FileType.REGULAR or found[1].sha256 in stack.blobs:
        return
    if found[1].path not in stack.unread:
        layer, stored = origin(stack, *found)
        need.setdefault(layer, set()).add(stored)


def add_contents(stack: Stack, index: int, again: Harvest) -> None:
    """Take over what a second look at the layer ``index`` found; the first need not have digested it."""
    stack.blobs.update(again.blobs)
    for layer, entries in enumerate(stack.layers):
        known: dict[str, FileEntry] = {}
        for path, entry in entries.items():
            if entry.type is FileType.REGULAR and not entry.sha256:
                where, stored = origin(stack, layer, entry)
                found = again.entries.get(stored) if where == index else None
                if found is not None and found.sha256 in again.blobs:
                    known[path] = msgspec.structs.replace(entry, sha256=found.sha256)
        if known:
            stack.layers[layer] = entries | known
    stack.kept.forget()


def origin(stack: Stack, layer: int, entry: FileEntry) -> tuple[int, str]:
    """The layer and the name under which the content of ``entry`` is stored."""
    stored = stack.origins[layer].get(entry.path)
    while stored is not None and stored[0] != layer:  # a hard link to a file of a lower layer
        layer, path = stored
        entry = stack.layers[layer][path]
        stored = stack.origins[layer].get(path)
    return stored or (layer, entry.link_target or entry.path)
