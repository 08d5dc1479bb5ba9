"""Where unpacking a layer onto the ones below it would put each of its entries.

OCI image-spec, layer.md, "Applying Changesets": entries are extracted in their order, so one
stored below a symbolic link, of this layer or of a lower one, lands where the link leads.
Whiteouts act on lower layers only, wherever in the archive they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from sbomctl.layers.harvest import linked
from sbomctl.layers.links import Lookup, resolve
from sbomctl.layers.replaced import Replaced
from sbomctl.model import FileEntry, FileType

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
_RESERVED = ".wh..wh."  # aufs bookkeeping, no file of the image


def split(entries: dict[str, FileEntry]) -> tuple[dict[str, FileEntry], list[str]]:
    """The files of a changeset, and the paths of its whiteouts."""
    marks = dict.fromkeys(path for path in entries if WHITEOUT in path and _is_mark(path))
    files = {path: entry for path, entry in entries.items() if path not in marks} if marks else entries
    return files, [path for path in marks if not path.startswith(_RESERVED) or path == OPAQUE]


def _is_mark(path: str) -> bool:
    return path.rpartition("/")[2].startswith(WHITEOUT) or path.startswith(_RESERVED)


def whiteouts(marks: list[str], files: Mapping[str, FileEntry], below: Lookup) -> Iterator[tuple[str, bool]]:
    """Each path that whiteouts hide in the file system ``below``; True: only what is inside it."""
    own = set(marks)

    def lookup(path: str) -> tuple[int, FileEntry] | None:
        """What is below, unless this layer has a directory there or hides what is there."""
        parent, slash, name = path.rpartition("/")
        entry = files.get(path)
        if f"{parent}{slash}{WHITEOUT}{name}" in own or f"{parent}{slash}{OPAQUE}" in own:
            return None
        return None if entry is not None and entry.type is FileType.DIRECTORY else below(path)

    homes = _Homes(lookup)
    for path in marks:
        parent, _, name = path.rpartition("/")
        home = homes.of(parent)
        if name == OPAQUE:
            yield home, True
        elif not name.startswith(_RESERVED) and name != WHITEOUT:
            yield _joined(home, name.removeprefix(WHITEOUT)), False


def is_plain(files: Mapping[str, FileEntry], directories: Iterable[str]) -> bool:
    """Whether unpacking puts every entry where it is stored, as of nearly every lowest layer; ``directories`` of it."""
    if any(files[path].type is not FileType.DIRECTORY for path in directories if path in files):
        return False
    hard_link = FileType.HARDLINK
    return not any(entry.type is hard_link for entry in files.values())


class Unpacking:
    """The files of layer ``index``, unpacked in their order onto what ``below`` shows, whiteouts applied.

    ``cover`` is told where a directory that the archive only implies takes the place of what
    is below. ``placed`` are the entries where they belong. ``origins`` tells of content that
    is not where its entry says: the name it is stored under in this layer, or a lower layer
    and the path of the entry there.
    """

    def __init__(
        self, index: int, files: Mapping[str, FileEntry], below: Lookup, lower: Lookup, cover: Callable[[str], None]
    ) -> None:
        self.placed: dict[str, FileEntry] = {}
        self.origins: dict[str, tuple[int, str]] = {}
        self._index = index
        self._below = below
        self._cover = cover
        self._lower = lower  # whiteouts not applied: a link may name a file that this layer removes
        self._homes = _Homes(self._lookup, self._make_room)
        self._replaced = Replaced()
        for path, entry in files.items():
            self._place(path, entry)
        for path in self._replaced.among(self.placed):
            del self.placed[path]

    def _lookup(self, path: str) -> tuple[int, FileEntry] | None:
        own = self.placed.get(path)
        return self._below(path) if own is None else (self._index, own)

    def _place(self, path: str, entry: FileEntry) -> None:
        parent, _, name = path.rpartition("/")
        home = self._homes.of(parent)
        where = path if home == parent else _joined(home, name)
        self.origins.pop(where, None)
        if entry.type is FileType.HARDLINK:
            entry = self._settled(entry, where)
        elif where != path:
            self.origins[where] = (self._index, entry.link_target or path)
        if self._homes.changes(where) and entry.type is not FileType.DIRECTORY:
            self._replaced.add(where)
        self._replaced.stored(where)
        before = self.placed.pop(where, None)
        if before is not None and before.type is not FileType.DIRECTORY and entry.type is FileType.DIRECTORY:
            self._cover(where)  # for a moment no directory was here: what lower layers have inside is gone
        self.placed[where] = entry if where == entry.path else msgspec.structs.replace(entry, path=where)

    def _make_room(self, directory: str) -> None:
        """A directory that the archive only implies takes the place of what is no directory."""
        found = self._lookup(directory)
        if found is None or found[1].type is FileType.DIRECTORY:
            return
        self.placed.pop(directory, None)
        self._cover(directory)

    def _settled(self, link: FileEntry, where: str) -> FileEntry:
        """A hard link to what is there now has its content, whatever replaces that later."""
        target = link.link_target
        found = self._exactly(target, self._lookup) or self._exactly(target, self._lower)
        if found is None:
            return link
        layer, entry = found
        if layer == self._index:
            self.origins[where] = self.origins.get(entry.path, (layer, entry.link_target or entry.path))
        else:
            self.origins[where] = (layer, entry.path)
        return linked(link, entry, entry.path)

    @staticmethod
    def _exactly(path: str, lookup: Lookup) -> tuple[int, FileEntry] | None:
        """What ``path`` names; the links in its directories are followed, one that it names is not."""
        parent, _, name = path.strip("/").rpartition("/")
        home = resolve(parent, lookup)
        return None if home is None else lookup(_joined(home, name))


class _Homes:
    """Where directories are once the links on the way are followed; each is asked for once.

    ``made`` is told every real directory when it is first needed, those above it before.
    """

    def __init__(self, lookup: Lookup, made: Callable[[str], None] = lambda _: None) -> None:
        self._lookup = lookup
        self._made = made
        self._known: dict[str, str] = {"": ""}
        self._real: set[str] = {""}  # since the last change
        self._ever: set[str] = set()
        self._links = False

    def of(self, directory: str) -> str:
        """The real path of ``directory``; of one behind a link loop, the path as it is."""
        pending = []
        while directory not in self._known:
            pending.append(directory)
            directory = directory.rpartition("/")[0]
        home = self._known[directory]
        for name in reversed(pending):
            home = _joined(home, name.rpartition("/")[2])
            found = self._lookup(home)
            if found is not None and found[1].type is FileType.SYMLINK:
                self._links = True
                real = resolve(home, self._lookup)
                home = home if real is None else real
            self._known[name] = home
            self._make(home)
        return home

    def _make(self, home: str) -> None:
        new = []
        while home not in self._real:
            new.append(home)
            home = home.rpartition("/")[0]
        for name in reversed(new):
            self._made(name)
        self._real.update(new)
        self._ever.update(new)

    def changes(self, place: str) -> bool:
        """Ask anew for everything if what is at ``place``, soon replaced, was of use; whether it was a directory."""
        directory = place in self._ever
        if directory or (self._links and self._is_link(place)):
            self._known, self._real = {"": ""}, {""}
        return directory

    def _is_link(self, place: str) -> bool:
        found = self._lookup(place)
        return found is not None and found[1].type is FileType.SYMLINK


def _joined(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name
