"""Which paths with kept content a pattern names; asked for every pattern in every view, so found once."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from sbomctl.layers.patterns import is_literal, literal_end, literal_prefix, merged_usr, to_regex
from sbomctl.model import FileEntry, FileType


class Kept:
    """Paths, in any layer, of links and of files whose content was kept."""

    def __init__(self, layers: Sequence[Mapping[str, FileEntry]], blobs: Mapping[str, bytes]) -> None:
        self._layers = layers
        self._blobs = blobs
        self._found: dict[str, list[str]] = {}
        self._all: list[str] | None = None

    def forget(self) -> None:
        """Look anew: there is more content."""
        self._found.clear()
        self._all = None

    def named(self, pattern: str) -> list[str]:
        """Those that ``pattern`` names, with its twin below ``usr/``; sorted."""
        known = self._found.get(pattern)
        if known is None:
            known = sorted({path for twin in merged_usr(pattern) for path in self._matching(twin)})
            self._found[pattern] = known
        return known

    def _matching(self, pattern: str) -> Iterable[str]:
        """The costly test is for those only that begin and end as the pattern does."""
        prefix, end = literal_prefix(pattern), literal_end(pattern)
        candidates = self._candidates()
        name = pattern.removeprefix("**/")
        if pattern != name and "/" not in name and is_literal(name):
            inside = f"/{name}"
            return [path for path in candidates if path.endswith(inside) or path == name]
        if prefix:
            start = bisect_left(candidates, prefix + "/")
            candidates = candidates[start : bisect_left(candidates, prefix + "0", start)]  # "0" follows "/"
        ending = [path for path in candidates if path.endswith(end)]
        if not ending:  # as for most patterns, and one is not compiled for nothing
            return ending
        match = re.compile(to_regex(pattern), re.DOTALL).fullmatch
        return [path for path in ending if match(path)]

    def _candidates(self) -> list[str]:
        if self._all is None:
            self._all = sorted({path for entries in self._layers for path in self._kept_of(entries)})
        return self._all

    def _kept_of(self, entries: Mapping[str, FileEntry]) -> Iterable[str]:
        blobs, regular, links = self._blobs, FileType.REGULAR, (FileType.SYMLINK, FileType.HARDLINK)
        for path, entry in entries.items():  # an image may have a million
            kind = entry.type
            if (entry.sha256 in blobs) if kind is regular else (kind in links):
                yield path
