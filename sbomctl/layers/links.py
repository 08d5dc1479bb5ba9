"""Following symbolic links inside an image, never outside it."""

from __future__ import annotations

from collections.abc import Callable

from sbomctl.model import FileEntry, FileType

Lookup = Callable[[str], tuple[int, FileEntry] | None]
"""Layer and entry at exactly a path."""

_MAX_LINKS = 40  # as Linux (path_resolution(7))


def resolve(path: str, lookup: Lookup) -> str | None:
    """The path with every link followed, inside the image; it need not exist. None for a loop."""
    done: list[str] = []
    todo = [part for part in reversed(path.split("/")) if part]
    links = 0
    while todo:
        part = todo.pop()
        if part == ".":
            continue
        if part == "..":
            del done[-1:]
            continue
        done.append(part)
        found = lookup("/".join(done))
        if found is None or found[1].type is not FileType.SYMLINK:
            continue
        links += 1
        if links > _MAX_LINKS:
            return None
        target = found[1].link_target
        del done[0 if target.startswith("/") else -1 :]
        todo += [piece for piece in reversed(target.split("/")) if piece]
    return "/".join(done)
