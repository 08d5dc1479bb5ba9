"""What catalogers and detectors see: the file system of a stack of layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from sbomctl.model import FileEntry, Location

T = TypeVar("T")


class NotHarvested(LookupError):
    """A cataloger opened a path that none of its patterns declares: a bug in the cataloger."""


@dataclass(frozen=True, slots=True)
class File:
    """A file in a view: its bytes and where they come from."""

    path: str  # as asked for; ``location.path`` is where links led
    location: Location
    data: bytes
    memo: dict[object, object] = field(repr=False)

    def at(self, line: int) -> Location:
        """The place of a 1-based line of this file."""
        return Location(self.location.image, self.location.layer, self.location.path, line)

    def once(self, parse: Callable[[bytes], T]) -> T:
        """``parse(self.data)``, computed once for equal content in all views of an image.

        ``parse`` must be a plain function and its result must not be changed.
        """
        key = (parse, self.data)
        if key not in self.memo:
            self.memo[key] = parse(self.data)
        return self.memo[key]  # type: ignore[return-value]

    def here(self, read: Callable[[File], T]) -> T:
        """``read(self)``, computed once for all views of an image that show this very file at this path.

        ``read`` must be a plain function and its result must not be changed.
        """
        key = (read, self.path, self.location.layer, self.location.path)
        if key not in self.memo:
            self.memo[key] = read(self)
        return self.memo[key]  # type: ignore[return-value]


class View(Protocol):
    """A read-only file system: the lowest ``depth`` layers of an image, stacked.

    Paths are as in ``model.FileEntry``. Links are followed everywhere, within the image.
    """

    image: str  # the image's name, for locations
    depth: int  # number of layers

    def __iter__(self) -> Iterator[str]:
        """Every visible path, in no particular order."""
        ...

    def entry(self, path: str) -> tuple[int, FileEntry] | None:
        """Layer index and entry that ``path`` leads to; None when there is none."""
        ...

    def lookup(self, path: str) -> tuple[int, FileEntry] | None:
        """Layer index and entry stored at exactly ``path``; no link is followed, which makes it cheap."""
        ...

    def stored(self, paths: Iterable[str]) -> list[str]:
        """Those of ``paths`` at which exactly something is stored, as ``lookup`` tells; for many of which few are."""
        ...

    def open(self, path: str) -> File | None:
        """The file at ``path``; None when there is no regular file. Raises ``NotHarvested``."""
        ...

    def glob(self, pattern: str) -> Iterator[File]:
        """Every wanted regular file that ``pattern`` names, in path order."""
        ...

    def resolve(self, path: str) -> str | None:
        """The path with every link followed; it need not exist. None for a link loop."""
        ...
