"""Which license files an image has, where each still lies, and whose they are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from sbomctl.layers.patterns import Gate
from sbomctl.layers.stack import Stack
from sbomctl.layers.view import File, NotHarvested
from sbomctl.licenses.base import LicenseDetector
from sbomctl.model import Package

_MERGED = ("usr/bin/", "usr/sbin/", "usr/lib")


class LicenseFiles:
    """The license files of all layers of one image."""

    def __init__(self, stack: Stack, detectors: Sequence[LicenseDetector]) -> None:
        self._stack = stack
        self._gates = [(detector, Gate(detector.wants)) for detector in detectors]
        patterns = sorted({pattern for detector in detectors for pattern in detector.wants})
        self.paths = sorted({path for pattern in patterns for path in stack.kept.named(pattern)})
        self._known = frozenset(self.paths)
        self._spelled = {path[4:]: path for path in self.paths if path.startswith(_MERGED)}

    def readers(self, path: str) -> Iterator[LicenseDetector]:
        """The detectors that read ``path``, in the order in which they are asked."""
        return (detector for detector, gate in self._gates if gate(path))

    def depths(self, path: str) -> Iterator[int]:
        """The numbers of lowest layers at which a view may show another content of ``path``."""
        return (layer + 1 for layer in self._stack.index.providers(path))

    def opened(self, path: str, depth: int) -> File | None:
        """The file as the view of ``depth`` layers shows it, or else as the highest layer below that holds it.

        Slimming an image deletes license files, not the licenses. None where no layer has the file.
        """
        found = self._read(path, depth)
        for layer in reversed(self._stack.index.providers(path)) if found is None else ():
            if layer < depth:
                found = found or self._read(path, layer + 1)
        return found

    def _read(self, path: str, depth: int) -> File | None:
        try:
            return self._stack.view(depth).open(path)
        except NotHarvested:  # a link to something that no pattern names and no second look found
            return None

    def of(self, package: Package, owners: Owners) -> list[str]:
        """The license files of a package, sorted: those it owns, and those where its cataloger says that they lie."""
        claimed = self._known.intersection(package.files)
        if self._spelled:
            claimed = claimed.union(self._spelled[path] for path in package.files if path in self._spelled)
        found = {*claimed, *owners.inside(package)}
        for place in package.license_files:
            found.update(self._below(place) if place.endswith("/") else (place,))
        return sorted(found)

    def _below(self, directory: str) -> list[str]:
        start = bisect_left(self.paths, directory)
        return self.paths[start : bisect_left(self.paths, directory[:-1] + "0", start)]  # "0" follows "/"


class Owners:
    """Whose license files lie in directories that packages own: the innermost directory counts."""

    def __init__(self, files: LicenseFiles, packages: Iterable[Package]) -> None:
        self._owning: dict[str, list[int]] = {}
        for package in packages:
            for directory in package.owns_directories:
                self._owning.setdefault(directory, []).append(id(package))
        self._found: dict[int, list[str]] = {}
        for path in files.paths if self._owning else ():
            for package_id in self._innermost(path):
                self._found.setdefault(package_id, []).append(path)

    def inside(self, package: Package) -> Sequence[str]:
        """The license files in the directories of ``package`` that belong to no package deeper inside."""
        return self._found.get(id(package), ())

    def _innermost(self, path: str) -> Sequence[int]:
        while path:
            path = path.rpartition("/")[0]
            if path in self._owning:
                return self._owning[path]
        return ()
