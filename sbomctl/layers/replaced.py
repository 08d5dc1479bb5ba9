"""What is gone because a later entry of the same layer took the place of its directory."""

from __future__ import annotations

from collections.abc import Iterable


class Replaced:
    """Directories that something else replaced, and which entries came before that."""

    def __init__(self) -> None:
        self._directories: dict[str, int] = {}  # directory -> how many had been replaced when it was
        self._age: dict[str, int] = {}  # path -> how many had been replaced when it was stored

    def add(self, directory: str) -> None:
        """Everything stored below ``directory`` up to now is gone."""
        self._directories[directory] = len(self._directories) + 1

    def stored(self, path: str) -> None:
        """``path`` is stored now."""
        if self._directories:
            self._age[path] = len(self._directories)

    def among(self, paths: Iterable[str]) -> list[str]:
        """Those of ``paths`` that are gone."""
        return [path for path in paths if self._was(path)] if self._directories else []

    def _was(self, path: str) -> bool:
        age, parent = self._age.get(path, 0), path.rpartition("/")[0]
        while parent:
            if self._directories.get(parent, 0) > age:
                return True
            parent = parent.rpartition("/")[0]
        return False
