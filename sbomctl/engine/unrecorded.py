"""What no package database records, identified from the files that nobody owns.

A second round: the files are known only once all layers are stacked and the databases have been
read, so the layers that hold such files are read once more, and only these. An image whose
databases own everything costs nothing; ownership decides, so nothing is named twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import msgspec

from sbomctl.catalogers.base import EvidenceCataloger, Marks, Sighting
from sbomctl.engine.findings import Findings
from sbomctl.engine.history import Found, dated, sorted_out
from sbomctl.engine.initramfs import Initramfs
from sbomctl.engine.ownership import Attribution, is_second_name
from sbomctl.layers.excerpts import read_excerpts
from sbomctl.layers.patterns import Gate
from sbomctl.layers.second_look import origin
from sbomctl.layers.stack import Stack
from sbomctl.layers.stack_view import StackView
from sbomctl.layers.store import Store
from sbomctl.model import Content, FileEntry, FileType, Location, Package, Problem, Tool
from sbomctl.sources.base import Limits, OpenLayer

Place = tuple[str, int]  # path and layer
_MOST_FILES = 200_000  # that one cataloger looks into; more is a flood


class _Reader(Protocol):
    """Who is shown the content of files."""

    @property
    def unread(self) -> Mapping[Place, FileEntry]: ...
    @property
    def most(self) -> int: ...

    def read(self, place: Place, data: bytes) -> None: ...


class Unrecorded(msgspec.Struct, frozen=True):
    """Who looks into the files that no package owns, and where their content is read."""

    catalogers: Sequence[EvidenceCataloger]
    layers: Sequence[OpenLayer]
    limits: Limits
    store: Store | None = None

    def __call__(self, stack: Stack, owned: Attribution) -> tuple[Attribution, Findings]:
        """The attribution with the packages that were identified, and the problems; raises ``InputError``."""
        looks = [_Look(cataloger, stack.image) for cataloger in self.catalogers]
        for path, layer, entry in _candidates(stack, owned, looks):
            for look in looks:
                look.offer(path, layer, entry)
        early = Initramfs(stack) if self.catalogers else None
        self._read(stack, [*looks, early] if early else looks)
        packages: list[Package] = []
        problems: list[Problem] = early.problems if early else []
        identified: set[Place] = set()
        for look in looks:
            look.forget(identified)
            found, wrong = dated(stack, look.touched(stack), partial(look.find, identified))
            packages += found
            problems += [*wrong, *look.problems]
        tools = tuple(Tool(one.name, str(one.version), "sbomctl") for one in self.catalogers)
        left = owned.identified(packages, identified).marked(_marks(looks))
        return left, Findings(tuple(packages), tuple(problems), tools)

    def _read(self, stack: Stack, looks: Sequence[_Reader]) -> None:
        """Show each of them the content of what it wants, layer by layer."""
        wanted: dict[int, dict[str, list[tuple[_Reader, Place]]]] = {}
        for look in looks:
            for (path, layer), entry in look.unread.items():
                where, stored = origin(stack, layer, entry)
                wanted.setdefault(where, {}).setdefault(stored, []).append((look, (path, layer)))
        for where, files in sorted(wanted.items()):
            most = {stored: max(look.most for look, _ in asking) for stored, asking in files.items()}
            read_excerpts(self.layers[where], most, self.limits, partial(_show, files), self.store)


def _show(files: Mapping[str, Sequence[tuple[_Reader, Place]]], stored: str, data: bytes) -> None:
    for look, place in files[stored]:
        look.read(place, data)


def _marks(looks: Sequence[_Look]) -> dict[Place, Marks]:
    """What tells apart the files that nobody could name."""
    found: dict[Place, Marks] = {}
    for look in looks:
        for place, one in look.seen.items():
            marks = getattr(one.facts, "marks", None)
            if isinstance(marks, Marks):
                found[place] = marks
    return found


def _candidates(stack: Stack, owned: Attribution, looks: Sequence[_Look]) -> Iterator[tuple[str, int, FileEntry]]:
    """The unowned code, and other files of no package whose names someone asks for."""
    for file in owned.unowned:
        yield file.path, file.layer, stack.layers[file.layer][file.path]
    wants = [look.cataloger.wants for look in looks]
    named = Gate({pattern for one in wants for pattern in (*one.paths, *one.names)})
    regular, plain, may_be, own = FileType.REGULAR, Content.PLAIN, named.may_be, owned.claims.own
    for layer, entries in enumerate(stack.layers):
        for path, entry in entries.items():  # an image may have a million
            if entry.content is not plain or entry.type is not regular or not may_be(path):
                continue
            if entry.size and not own(path) and named(path) and not is_second_name(entry, entries):
                yield path, layer, entry


@dataclass(slots=True)
class _Look:
    """One cataloger at work on one image."""

    cataloger: EvidenceCataloger
    image: str
    unread: dict[Place, FileEntry] = field(default_factory=dict)  # those whose content is to be shown
    seen: dict[Place, Sighting] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _gate: Gate = field(init=False)
    _names: Gate = field(init=False)
    _sizes: dict[Place, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._gate = Gate(self.cataloger.wants.paths)
        self._names = Gate(self.cataloger.wants.names)

    @property
    def most(self) -> int:
        """How many bytes of a file are read."""
        return self.cataloger.wants.most

    def offer(self, path: str, layer: int, entry: FileEntry) -> None:
        """Note a file if the cataloger wants it."""
        read = entry.content in self.cataloger.wants.code or self._gate(path)
        if not read and not self._names(path):
            return
        if len(self._sizes) == _MOST_FILES:
            reason = f"it looks into {_MOST_FILES:,} files that no package owns, and there are more"
            self.problems = [Problem(Location(self.image, -1, ""), self.cataloger.name, reason)]
            return
        self._sizes[path, layer] = entry.size
        if read:
            self.unread[path, layer] = entry
        else:
            self._note((path, layer), None)

    def read(self, place: Place, data: bytes) -> None:
        """Take in the content of a file."""
        try:
            facts: Any = self.cataloger.read(place[0], data[: self.most])
        except Exception as error:  # noqa: BLE001 - one file must not cost the work on all others
            reason = f"the cataloger failed: {type(error).__name__}: {error}"
            self.problems.append(Problem(Location(self.image, place[1], place[0]), self.cataloger.name, reason))
            return
        if facts is not None:
            self._note(place, facts)

    def _note(self, place: Place, facts: object) -> None:
        self.seen[place] = Sighting(Location(self.image, place[1], place[0]), self._sizes[place], facts)

    def forget(self, identified: set[Place]) -> None:
        """Leave out what a cataloger before this one has accounted for."""
        for place in identified.intersection(self.seen):
            del self.seen[place]

    def touched(self, stack: Stack) -> list[int]:
        """Ascending layers in which something of what was seen comes or goes."""
        layers = {layer for _, layer in self.seen}
        layers.update(hidden for path, layer in self.seen if (hidden := stack.index.hidden_at(path, layer)) is not None)
        return sorted(layers)

    def find(self, identified: set[Place], view: StackView) -> Found:
        """What the cataloger finds in a view; adds the files that it accounts for to ``identified``."""
        visible = {path: one for (path, layer), one in sorted(self.seen.items()) if _shows(view, path, layer)}
        found, wrong = sorted_out(lambda: self.cataloger.catalog([*visible.values()]), self.cataloger.name, view)
        for package in found:
            identified.update((path, visible[path].location.layer) for path in package.files if path in visible)
        return found, wrong


def _shows(view: StackView, path: str, layer: int) -> bool:
    found = view.lookup(path)
    return found is not None and found[0] == layer
