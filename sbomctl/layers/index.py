"""Which layers store a path, and which of them a view of the lowest layers shows.

Nothing is ever taken out: what an upper layer hides stays known, with the layer that hides it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping

from sbomctl.layers.hiding import Hiding
from sbomctl.model import FileEntry, FileType

_DIRECTORY, _SYMLINK = FileType.DIRECTORY, FileType.SYMLINK


def directories_of(entries: Mapping[str, FileEntry]) -> set[str]:
    """Every directory that the archive of a layer lists or implies, the root ("") included."""
    found = {path.rpartition("/")[0] for path in entries}
    directory = _DIRECTORY
    found.update([path for path, entry in entries.items() if entry.type is directory])
    for path in tuple(found):  # archives need not list the directories of their files
        above = path.rpartition("/")[0]
        while above not in found:
            found.add(above)
            above = above.rpartition("/")[0]
    return found | {""}


class Index:
    """The layers of every path of one image; layers are added lowest first."""

    def __init__(self) -> None:
        self.hiding = Hiding()
        self._stored: dict[str, int | tuple[int, ...]] = {}  # path -> layer, or ascending layers
        self._directories: set[str] = {""}
        self._links: set[str] = set()
        self._straight: dict[str, bool] = {"": True}  # memo

    def __iter__(self) -> Iterator[str]:
        """Every path that any layer stores."""
        return iter(self._stored)

    def among(self, paths: Iterable[str]) -> list[str]:
        """Those of ``paths`` that any layer stores."""
        stored = self._stored
        return [path for path in paths if path in stored]

    def add(self, layer: int, entries: Mapping[str, FileEntry], directories: set[str] | None = None) -> None:
        """Take in what ``layer``, which lies above all that were added before, stores.

        ``directories`` are those that it lists or implies, where they are known already.
        """
        if layer:
            for path, entry in entries.items():
                self._store(layer, path, entry)
        else:
            self._store_lowest(entries, directories or directories_of(entries))
        self._straight = {"": True}

    def _store_lowest(self, entries: Mapping[str, FileEntry], directories: set[str]) -> None:
        """As ``_store`` does; there is nothing below yet, so that what is most of an image is taken in at once."""
        self._stored = dict.fromkeys(entries, 0)
        link = _SYMLINK
        self._links = {path for path, entry in entries.items() if entry.type is link}
        self._directories = directories

    def is_straight(self, directory: str) -> bool:
        """Whether no view has a link on the way to ``directory``; True only of one that some layer stores or implies.

        Nearly every directory of an image is, and then there is nothing to follow in any view.
        """
        straight = self._straight.get(directory)
        if straight is None:
            straight = directory in self._directories and self._has_no_link(directory)
            self._straight[directory] = straight
        return straight

    def _has_no_link(self, directory: str) -> bool:
        at = len(directory)
        while at >= 0:
            if directory[:at] in self._links:
                return False
            at = directory.rfind("/", 0, at)
        return True

    def _store(self, layer: int, path: str, entry: FileEntry) -> None:
        before = self._stored.get(path)
        if before is None:
            self._stored[path] = layer
        else:
            self._stored[path] = (*before, layer) if isinstance(before, tuple) else (before, layer)
        kind = entry.type
        parent = path if kind is _DIRECTORY else path.rpartition("/")[0]
        if kind is _SYMLINK:
            self._links.add(path)
        while parent not in self._directories:  # archives need not list the directories of their files
            self._directories.add(parent)
            parent = parent.rpartition("/")[0]
        if layer and kind is not _DIRECTORY and path in self._directories:
            self.hiding.add_inside(layer, path)  # a file or link replaces a whole directory

    def provider(self, path: str, depth: int) -> int | None:
        """The layer whose entry at ``path`` a view of ``depth`` layers shows; None if it shows none."""
        stored = self._stored.get(path)
        if stored is None:
            return None
        if isinstance(stored, tuple):
            place = bisect_right(stored, depth - 1)
            if not place:
                return None
            stored = stored[place - 1]
        elif stored >= depth:
            return None
        hidden = self.hiding.first_above(path, stored)
        return stored if hidden is None or hidden >= depth else None

    def providers(self, path: str) -> tuple[int, ...]:
        """Ascending layers that store ``path``."""
        stored = self._stored.get(path, ())
        return stored if isinstance(stored, tuple) else (stored,)

    def hidden_at(self, path: str, layer: int) -> int | None:
        """The lowest layer that replaces or hides what ``layer`` stores at ``path``; None while it is visible."""
        hidden = self.hiding.first_above(path, layer)
        above = next((one for one in self.providers(path) if one > layer), None)
        return min((one for one in (hidden, above) if one is not None), default=None)
