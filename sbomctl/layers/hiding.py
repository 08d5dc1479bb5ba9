"""Which layers hide what lower ones store: whiteouts, opaque directories, files in the place of directories."""

from __future__ import annotations


class Hiding:
    """For each path the layers that hide it, in a few entries whatever the size of the directories."""

    def __init__(self) -> None:
        self._at: dict[str, list[int]] = {}  # path -> layers that hide what is stored there below them
        self._below: dict[str, list[int]] = {}  # directory -> layers that hide everything inside
        self._inside: dict[str, tuple[int, ...]] = {"": ()}  # memo: as above, with all parents

    def add(self, layer: int, path: str, *, only_inside: bool = False) -> None:
        """``layer`` hides what lower ones have at ``path`` and inside, or only what is inside."""
        self._below.setdefault(path, []).append(layer)
        if not only_inside:
            self._at.setdefault(path, []).append(layer)
        self._inside = {"": tuple(self._below.get("", ()))}

    def add_inside(self, layer: int, path: str) -> None:
        """``layer`` hides what is inside ``path``, if it is not known to do so."""
        layers = self._below.get(path)
        if not layers or layers[-1] != layer:
            self.add(layer, path, only_inside=True)

    def layers(self, path: str) -> set[int]:
        """Every layer that hides ``path`` or a directory above it."""
        return {*self._at.get(path, ()), *self._inside_of(path.rpartition("/")[0])}

    def first_above(self, path: str, layer: int) -> int | None:
        """The lowest layer above ``layer`` that hides what ``layer`` stores at ``path``."""
        if not self._below:
            return None
        directory = path.rpartition("/")[0]
        inside = self._inside.get(directory)
        if inside is None:
            inside = self._inside_of(directory)
        own = self._at.get(path)
        if not inside and own is None:
            return None
        return min((one for group in (inside, own or ()) for one in group if one > layer), default=None)

    def _inside_of(self, directory: str) -> tuple[int, ...]:
        """Ascending layers that hide everything inside ``directory``; iterative, names may be deep."""
        known = self._inside.get(directory)
        if known is not None:
            return known
        missing = []
        while (known := self._inside.get(directory)) is None:
            missing.append(directory)
            directory = directory.rpartition("/")[0]
        for name in reversed(missing):
            own = self._below.get(name)
            known = tuple(sorted({*known, *own})) if own else known
            self._inside[name] = known
        return known
