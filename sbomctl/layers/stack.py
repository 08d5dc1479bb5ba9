"""Layers stacked by the OCI rules.

OCI image-spec, layer.md, "Whiteouts": a whiteout acts only on layers below its own,
whatever its place in the archive. So nothing is ever deleted here: for each path the stack
knows in which layers it is stored, and for each directory which layers hide what lies below.
A view of the lowest *k* layers is then two look-ups and costs nothing to make.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sbomctl.layers.harvest import Harvest
from sbomctl.layers.index import Index, directories_of
from sbomctl.layers.kept import Kept
from sbomctl.layers.stack_view import StackView
from sbomctl.layers.unpack import Unpacking, is_plain, split, whiteouts
from sbomctl.layers.view import File
from sbomctl.model import FileEntry


class Stack:
    """All layers of one image; ``view(k)`` shows the lowest ``k``."""

    def __init__(self, image: str, layers: Sequence[Harvest]) -> None:
        self.image = image
        self.layers: list[dict[str, FileEntry]] = []  # of each layer, its entries where unpacking puts them
        self.origins: list[dict[str, tuple[int, str]]] = []  # of each layer, content not stored where its entry says
        self.blobs: dict[str, bytes] = {}
        self.heads: dict[str, bytes] = {}  # of scripts that speak of a license, by SHA-256; b"" = there was no room
        self.unread: set[str] = set()  # wanted, but not kept: already reported by the harvest
        self.memo: dict[object, object] = {}
        self.opened: dict[tuple[str, int, str], File] = {}  # by path asked for, layer and stored path
        self.index = Index()
        self.kept = Kept(self.layers, self.blobs)
        for harvest in layers:
            self._add(harvest)

    def _add(self, harvest: Harvest) -> None:
        number = len(self.layers)
        hide = partial(self.index.hiding.add, number)
        below, files = self.view(number).lookup, harvest.entries
        if harvest.changeset:
            files, marks = split(files)
            for path, only_inside in tuple(whiteouts(marks, files, below)):
                hide(path, only_inside=only_inside)
        origins: dict[str, tuple[int, str]] = {}
        directories = None if number else directories_of(files)
        if directories is None or not is_plain(files, directories):
            unpacked = Unpacking(number, files, self.view(number + 1).lookup, below, hide)
            files, origins, directories = unpacked.placed, unpacked.origins, None
        self.blobs.update(harvest.blobs)
        self.heads.update((sha256, head) for sha256, head in harvest.heads.items() if not self.heads.get(sha256))
        self.unread.update(path for path, _ in harvest.faults)
        self.layers.append(files)
        self.origins.append(origins)
        self.index.add(number, files, directories)

    def view(self, depth: int | None = None) -> StackView:
        """The file system after the lowest ``depth`` layers; all of them by default."""
        return StackView(self, len(self.layers) if depth is None else depth)

    def touched(self, patterns: Sequence[str]) -> list[int]:
        """Ascending layers that store, replace or hide any path that ``patterns`` name."""
        layers: set[int] = set()
        top = self.view()
        for pattern in patterns:
            for twin in {pattern, top.moved(pattern)}:
                for path in self.kept.named(twin):
                    layers.update(self.index.providers(path), self.index.hiding.layers(path))
        return sorted(layers)
