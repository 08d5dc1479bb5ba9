"""Layers stacked by the OCI rules, and the view of the file system after each of them.

OCI image-spec, layer.md, "Whiteouts": a whiteout acts only on layers below its own,
whatever its place in the archive. So nothing is ever deleted here: for each path the stack
knows in which layers it is stored, and for each directory which layers hide what lies below.
A view of the lowest *k* layers is then two look-ups and costs nothing to make.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import partial

import msgspec

from sbomctl.layers.harvest import Harvest
from sbomctl.layers.links import resolve
from sbomctl.layers.patterns import literal_prefix, merged_usr, to_regex
from sbomctl.layers.unpack import Unpacking, is_plain, split, whiteouts
from sbomctl.layers.view import File, NotHarvested
from sbomctl.model import FileEntry, FileType, Location


class Stack:
    """All layers of one image; ``view(k)`` shows the lowest ``k``."""

    def __init__(self, image: str, layers: Sequence[Harvest]) -> None:
        self.image = image
        self.layers: list[dict[str, FileEntry]] = []
        self.blobs: dict[str, bytes] = {}
        self.memo: dict[object, object] = {}
        self._stored: dict[str, int | tuple[int, ...]] = {}  # path -> layer, or ascending layers
        self._hidden_by: dict[str, list[int]] = {}  # path -> layers that hide what is stored there below them
        self._hidden_below: dict[str, list[int]] = {}  # directory -> layers that hide everything inside
        self._inside: dict[str, tuple[int, ...]] = {"": ()}  # memo: as above, with all parents
        self._directories: set[str] = {""}
        self._origins: list[dict[str, tuple[int, str]]] = []  # of each layer, content not stored where its entry says
        self.unread: set[str] = set()  # wanted, but not kept: already reported by the harvest
        self._kept: dict[str, list[str]] = {}
        for harvest in layers:
            self._add(harvest)

    def view(self, depth: int | None = None) -> StackView:
        """The file system after the lowest ``depth`` layers; all of them by default."""
        return StackView(self, len(self.layers) if depth is None else depth)

    # ------------------------------------------------------------------ building

    def _add(self, harvest: Harvest) -> None:
        index = len(self.layers)
        below, files = self.view(index).lookup, harvest.entries
        if harvest.changeset:
            files, marks = split(files)
            for path, only_inside in tuple(whiteouts(marks, files, below)):
                self._hide(index, path, only_inside=only_inside)
        self._origins.append({})
        if index or not is_plain(files):
            unpacked = Unpacking(index, files, self.view(index + 1).lookup, below, partial(self._hide, index))
            files, self._origins[index] = unpacked.placed, unpacked.origins
        self.blobs.update(harvest.blobs)
        self.unread.update(path for path, _ in harvest.faults)
        self.layers.append(files)
        for path, entry in files.items():
            self._store(index, path, entry)
        self._inside = {"": tuple(self._hidden_below.get("", ()))}

    def _hide(self, index: int, path: str, *, only_inside: bool = False) -> None:
        self._hidden_below.setdefault(path, []).append(index)
        if not only_inside:
            self._hidden_by.setdefault(path, []).append(index)
        self._inside = {"": tuple(self._hidden_below.get("", ()))}

    def _store(self, index: int, path: str, entry: FileEntry) -> None:
        before = self._stored.get(path)
        if before is None:
            self._stored[path] = index
        else:
            self._stored[path] = (*before, index) if isinstance(before, tuple) else (before, index)
        parent = path if entry.type is FileType.DIRECTORY else path.rpartition("/")[0]
        while parent not in self._directories:  # archives need not list the directories of their files
            self._directories.add(parent)
            parent = parent.rpartition("/")[0]
        if index and entry.type is not FileType.DIRECTORY and path in self._directories:
            layers = self._hidden_below.setdefault(path, [])
            if not layers or layers[-1] != index:
                layers.append(index)  # a file or link replaces a whole directory

    # ------------------------------------------------------------------ look-ups for views

    def inside(self, directory: str) -> tuple[int, ...]:
        """Ascending layers that hide everything inside ``directory`` of lower ones."""
        known = self._inside.get(directory)
        if known is None:
            above = self.inside_of_parents(directory)
            own = self._hidden_below.get(directory)
            known = tuple(sorted({*above, *own})) if own else above
            self._inside[directory] = known
        return known

    def inside_of_parents(self, directory: str) -> tuple[int, ...]:
        """As :meth:`inside`, for the directory that ``directory`` lies in; iterative, names may be deep."""
        missing = []
        parent = directory.rpartition("/")[0]
        while parent not in self._inside:
            missing.append(parent)
            parent = parent.rpartition("/")[0]
        known = self._inside[parent]
        for name in reversed(missing):
            own = self._hidden_below.get(name)
            known = tuple(sorted({*known, *own})) if own else known
            self._inside[name] = known
        return known

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
        hidden = self.hidden_in(path, stored)
        return stored if hidden is None or hidden >= depth else None

    def hidden_in(self, path: str, layer: int) -> int | None:
        """The lowest layer above ``layer`` with a whiteout for what ``layer`` stores at ``path``."""
        inside = self.inside(path.rpartition("/")[0])
        own = self._hidden_by.get(path)
        if not inside and own is None:
            return None
        return min((i for group in (inside, own or ()) for i in group if i > layer), default=None)

    def hidden_at(self, path: str, layer: int) -> int | None:
        """The lowest layer that replaces or hides what ``layer`` stores at ``path``; None while it is visible."""
        hidden = self.hidden_in(path, layer)
        above = next((index for index in self.providers(path) if index > layer), None)
        return min((index for index in (hidden, above) if index is not None), default=None)

    def stored(self) -> Iterator[str]:
        """Every path that any layer stores."""
        return iter(self._stored)

    def providers(self, path: str) -> tuple[int, ...]:
        """Ascending layers that store ``path``."""
        stored = self._stored.get(path, ())
        return stored if isinstance(stored, tuple) else (stored,)

    def whiteouts(self, path: str) -> set[int]:
        """Layers with a whiteout that acts on ``path`` or a directory above it."""
        return {*self._hidden_by.get(path, ()), *self.inside(path.rpartition("/")[0])}

    def touched(self, patterns: Sequence[str]) -> list[int]:
        """Ascending layers that store, replace or hide any path that ``patterns`` name."""
        layers: set[int] = set()
        top = self.view()
        for pattern in patterns:
            for twin in {pattern, top.moved(pattern)}:
                for path in self.kept(twin):
                    layers.update(self.providers(path), self.whiteouts(path))
        return sorted(layers)

    def second_look(self, patterns: Sequence[str], harvests: Sequence[Harvest]) -> dict[int, set[str]]:
        """Layer -> stored paths of regular files that wanted links lead to though no pattern names them.

        Empty for nearly every image; only those few layers are read once more.
        """
        need: dict[int, set[str]] = {}
        views = [self.view(index + 1) for index in range(len(self.layers))]
        for index, harvest in enumerate(harvests):
            for path in harvest.links:
                for view in {id(v): v for v in (views[index], views[-1])}.values():
                    self._note_unkept(view.entry(path), need)
        top = self.view()
        for pattern in patterns:
            moved = top.moved(pattern)
            if moved not in merged_usr(pattern):
                match = re.compile(to_regex(moved), re.DOTALL).fullmatch
                for path in filter(match, self._stored):
                    self._note_unkept(top.entry(path), need)
        return need

    def _note_unkept(self, found: tuple[int, FileEntry] | None, need: dict[int, set[str]]) -> None:
        if found is None or found[1].type is not FileType.REGULAR or found[1].sha256 in self.blobs:
            return
        if found[1].path not in self.unread:
            layer, stored = self._origin(*found)
            need.setdefault(layer, set()).add(stored)

    def add_contents(self, index: int, again: Harvest) -> None:
        """Take over what a second look at the layer ``index`` found; the first need not have digested it."""
        self.blobs.update(again.blobs)
        self._kept.clear()
        for layer, entries in enumerate(self.layers):
            found = {
                path: again.entries[self._origin(layer, entry)[1]].sha256
                for path, entry in entries.items()
                if entry.type is FileType.REGULAR and not entry.sha256 and self._holds(again, index, layer, entry)
            }
            known = {path: msgspec.structs.replace(entries[path], sha256=sha256) for path, sha256 in found.items()}
            self.layers[layer] = entries | known if known else entries

    def _holds(self, again: Harvest, index: int, layer: int, entry: FileEntry) -> bool:
        where, path = self._origin(layer, entry)
        return where == index and path in again.entries and again.entries[path].sha256 in again.blobs

    def _origin(self, layer: int, entry: FileEntry) -> tuple[int, str]:
        """The layer and the name under which the content of ``entry`` is stored."""
        stored = self._origins[layer].get(entry.path)
        while stored is not None and stored[0] != layer:  # a hard link to a file of a lower layer
            layer, path = stored
            entry = self.layers[layer][path]
            stored = self._origins[layer].get(path)
        return stored or (layer, entry.link_target or entry.path)

    def kept(self, pattern: str) -> list[str]:
        """Paths, in any layer, of links and of files with kept content that ``pattern`` names; sorted."""
        known = self._kept.get(pattern)
        if known is None:
            match = re.compile("|".join(map(to_regex, merged_usr(pattern))), re.DOTALL).fullmatch
            known = [path for path in self._candidates() if match(path)]
            self._kept[pattern] = known
        return known

    def _candidates(self) -> list[str]:
        candidates = self._kept.get("")
        if candidates is None:
            candidates = sorted(
                path
                for path in self._stored
                if any(self._is_candidate(self.layers[layer][path]) for layer in self.providers(path))
            )
            self._kept[""] = candidates
        return candidates

    def _is_candidate(self, entry: FileEntry) -> bool:
        if entry.type is FileType.REGULAR:
            return entry.sha256 in self.blobs
        return entry.type in (FileType.SYMLINK, FileType.HARDLINK)


class StackView:
    """The lowest ``depth`` layers of a stack as one file system (``layers.view.View``)."""

    def __init__(self, stack: Stack, depth: int) -> None:
        self._stack = stack
        self.depth = depth
        self.image = stack.image

    def __iter__(self) -> Iterator[str]:
        """Every visible path."""
        provider, depth = self._stack.provider, self.depth
        return (path for path in self._stack.stored() if provider(path, depth) is not None)

    def lookup(self, path: str) -> tuple[int, FileEntry] | None:
        """Layer and entry stored at exactly ``path``; links are not followed."""
        layer = self._stack.provider(path, self.depth)
        return None if layer is None else (layer, self._stack.layers[layer][path])

    def entry(self, path: str) -> tuple[int, FileEntry] | None:
        """Layer and entry that ``path`` leads to."""
        found = self.lookup(path)
        if found is not None and found[1].type is not FileType.SYMLINK:
            return found
        resolved = self.resolve(path)
        return None if resolved is None else self.lookup(resolved)

    def resolve(self, path: str) -> str | None:
        """The path with every link followed, inside the image; it need not exist. None for a loop."""
        return resolve(path, self.lookup)

    def open(self, path: str) -> File | None:
        """The file at ``path``; None when there is none. Raises ``NotHarvested``."""
        found = self.entry(path)
        if found is None or found[1].type is not FileType.REGULAR:
            return None
        layer, entry = found
        data = self._stack.blobs.get(entry.sha256)
        if data is None:
            if entry.path in self._stack.unread:
                return None
            raise NotHarvested(path)
        return File(path, Location(self.image, layer, entry.path), data, self._stack.memo)

    def glob(self, pattern: str) -> Iterator[File]:
        """Every wanted regular file that ``pattern`` names, in path order."""
        for path in self._named(pattern):
            found = self.entry(path)
            if found is not None and found[1].type is FileType.REGULAR and found[1].sha256 in self._stack.blobs:
                file = self.open(path)
                if file is not None:
                    yield file

    def moved(self, pattern: str) -> str:
        """The pattern with the links in its literal directories followed."""
        prefix = literal_prefix(pattern)
        home = self.resolve(prefix)
        return pattern if home is None else (home + pattern[len(prefix) :]).lstrip("/")

    def _named(self, pattern: str) -> list[str]:
        """Visible paths a pattern names; each file once, though links may give it two names."""
        names = {path for path in self._stack.kept(pattern) if self._stack.provider(path, self.depth) is not None}
        moved = self.moved(pattern)
        if moved != pattern:
            names |= {p for p in self._stack.kept(moved) if self._stack.provider(p, self.depth) is not None}
        return sorted({self.resolve(name) or name: name for name in sorted(names, reverse=True)}.values())
