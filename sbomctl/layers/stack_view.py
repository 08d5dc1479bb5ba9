"""The view of the file system after some layers of a stack (``layers.view.View``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import TYPE_CHECKING

from sbomctl.layers.links import resolve
from sbomctl.layers.patterns import literal_prefix
from sbomctl.layers.view import File, NotHarvested
from sbomctl.model import FileEntry, FileType, Location

if TYPE_CHECKING:
    from sbomctl.layers.stack import Stack


class StackView:
    """The lowest ``depth`` layers of a stack as one file system (``layers.view.View``)."""

    def __init__(self, stack: Stack, depth: int) -> None:
        self._stack = stack
        self.depth = depth
        self.image = stack.image
        self._provider = stack.index.provider
        self._homes: dict[str, str | None] = {}  # directory -> where it is once links are followed

    def __iter__(self) -> Iterator[str]:
        """Every visible path."""
        provider, depth = self._provider, self.depth
        return (path for path in self._stack.index if provider(path, depth) is not None)

    def lookup(self, path: str) -> tuple[int, FileEntry] | None:
        """Layer and entry stored at exactly ``path``; links are not followed."""
        layer = self._provider(path, self.depth)
        return None if layer is None else (layer, self._stack.layers[layer][path])

    def stored(self, paths: Iterable[str]) -> list[str]:
        """Those of ``paths`` at which exactly something is stored; links are not followed."""
        provider, depth = self._provider, self.depth
        return [path for path in self._stack.index.among(paths) if provider(path, depth) is not None]

    def entry(self, path: str) -> tuple[int, FileEntry] | None:
        """Layer and entry that ``path`` leads to."""
        found = self.lookup(path)
        if found is not None and found[1].type is not FileType.SYMLINK:
            return found
        resolved = self.resolve(path)
        return None if resolved is None else self.lookup(resolved)

    def resolve(self, path: str) -> str | None:
        """The path with every link followed, inside the image; it need not exist. None for a loop."""
        directory, _, name = path.rpartition("/")
        if name in ("", ".", ".."):
            return resolve(path, self.lookup)
        home = directory if self._stack.index.is_straight(directory) else self._home(directory)
        if home is None:
            return None
        place = path if home == directory else f"{home}/{name}".lstrip("/")
        found = self.lookup(place)
        is_link = found is not None and found[1].type is FileType.SYMLINK
        return resolve(path, self.lookup) if is_link else place

    def _home(self, directory: str) -> str | None:
        if directory not in self._homes:
            self._homes[directory] = resolve(directory, self.lookup)
        return self._homes[directory]

    def open(self, path: str) -> File | None:
        """The file at ``path``; None when there is none. Raises ``NotHarvested``."""
        found = self.entry(path)
        if found is None or found[1].type is not FileType.REGULAR:
            return None
        layer, entry = found
        data = self._stack.blobs.get(entry.sha256)
        if data is None:
            if self.is_unread(path):
                return None
            raise NotHarvested(path)
        return self._file(path, layer, entry.path, data)

    def _file(self, path: str, layer: int, stored: str, data: bytes) -> File:
        """The same object in every view that shows the same file."""
        key = (path, layer, stored)
        known = self._stack.opened.get(key)
        if known is None:
            known = File(path, Location(self.image, layer, stored), data, self._stack.memo)
            self._stack.opened[key] = known
        return known

    def is_unread(self, path: str) -> bool:
        """Whether there is a file at ``path`` that could not be read; the harvest of its layer has reported it."""
        found = self.entry(path)
        if found is None or found[1].type is not FileType.REGULAR or found[1].sha256 in self._stack.blobs:
            return False
        return found[1].path in self._stack.unread

    def glob(self, pattern: str) -> Iterator[File]:
        """Every wanted regular file that ``pattern`` names, in path order."""
        for path, straight in self._named(pattern):
            found = straight or self.entry(path)
            if found is not None and found[1].type is FileType.REGULAR:
                data = self._stack.blobs.get(found[1].sha256)
                if data is not None:
                    yield self._file(path, found[0], found[1].path, data)

    def moved(self, pattern: str) -> str:
        """The pattern with the links in its literal directories followed."""
        prefix = literal_prefix(pattern)
        home = self.resolve(prefix)
        return pattern if home is None else (home + pattern[len(prefix) :]).lstrip("/")

    def _named(self, pattern: str) -> list[tuple[str, tuple[int, FileEntry] | None]]:
        """Visible paths a pattern names, sorted; each file once, though links may give it two names.

        With what is stored there where no link is on the way, as nearly always.
        """
        twins = {pattern, self.moved(pattern)}
        stored = {path for twin in twins for path in self._stack.kept.named(twin)}
        is_straight, link = self._stack.index.is_straight, FileType.SYMLINK
        names: dict[str, tuple[str, tuple[int, FileEntry] | None]] = {}
        for path in sorted(stored, reverse=True):  # of several names of a file the first counts
            found = self.lookup(path)
            if found is None:
                continue
            if found[1].type is not link and is_straight(path.rpartition("/")[0]):
                names[path] = (path, found)
            else:
                names[self.resolve(path) or path] = (path, None)
        return sorted(names.values(), key=itemgetter(0))
