"""Which paths with kept content a pattern names; asked for every pattern in every view, so found once."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from sbomctl.layers.index import Index
from sbomctl.layers.patterns import literal_end, literal_prefix, merged_usr, to_regex
from sbomctl.model import FileEntry, FileType


class Kept:
    """Paths, in any layer, of links and of files whose content was kept."""

    def __init__(self, index: Index, layers: Sequence[Mapping[str, FileEntry]], blobs: Mapping[str, bytes]) -> None:
        self._index = index
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
        if prefix:
            start = bisect_left(candidates, prefix + "/")
            candidates = candidates[start : bisect_left(candidates, prefix + "0", start)]  # "0" follows "/"
        match = re.compile(to_regex(pattern), re.DOTALL).fullmatch
        return [path for path in candidates if path.endswith(end) and match(path)]

    def _candidates(self) -> list[str]:
        if self._all is None:
            self._all = sorted(filter(self._is_candidate, self._index))
        return self._all

    def _is_candidate(self, path: str) -> bool:
        for layer in self._index.providers(path):
            entry = self._layers[layer][path]
            if entry.type in (FileType.SYMLINK, FileType.HARDLINK):
                return True
            if entry.type is FileType.REGULAR and entry.sha256 in self._blobs:
                return True
        return False
