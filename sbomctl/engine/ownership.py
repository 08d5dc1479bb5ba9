"""Which code in an image no package accounts for: what an auditor asks next."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from sbomctl.layers.stack import Stack, StackView
from sbomctl.model import CodeCoverage, Content, FileType, Package, State, UnownedFile


def with_code_digests(stack: Stack, packages: Sequence[Package]) -> list[Package]:
    """The packages, each visible one with a digest of the code among its files.

    Equal packages of two images can so be told from rebuilt or changed ones. Links and
    files that are no code do not count: images are often stripped of documentation.
    """
    view = stack.view()
    homes = Homes(view)
    return [_digested(package, view, homes) for package in packages]


def _digested(package: Package, view: StackView, homes: Homes) -> Package:
    if package.state is not State.VISIBLE:
        return package
    digest = hashlib.sha256()
    code = 0
    for path in sorted(map(homes.of, package.files)):
        found = view.lookup(path)
        if found is not None and found[1].content is not Content.PLAIN:
            digest.update(f"{path}\0{found[1].sha256}\n".encode())
            code += 1
    return msgspec.structs.replace(package, code_sha256=digest.hexdigest()) if code else package


def unowned_code(stack: Stack, packages: Iterable[Package]) -> tuple[tuple[UnownedFile, ...], CodeCoverage]:
    """Every executable, script and library in any layer that no package claims, sorted by path and layer.

    Hidden files count too, since they ship. A path that any package ever claimed is owned
    in all layers: which build of a file belongs to which version is not recorded anywhere.
    """
    claims = _Claims(stack.view(), packages)
    unowned: list[UnownedFile] = []
    files = total = 0
    for layer, entries in enumerate(stack.layers):
        for path, entry in entries.items():
            if entry.content is Content.PLAIN or entry.type is not FileType.REGULAR:
                continue
            if entry.link_target and entry.link_target in entries:
                continue  # a second name of a file that is counted under its first
            files += 1
            total += entry.size
            if not claims.own(path):
                hidden_in = stack.hidden_at(path, layer)
                unowned.append(UnownedFile(path, layer, entry.content, entry.size, entry.sha256, hidden_in))
    unowned.sort(key=lambda file: (file.path, file.layer))
    return tuple(unowned), CodeCoverage(files, total, len(unowned), sum(file.size for file in unowned))


class Homes:
    """Where paths as databases spell them really lie: the links in their directories followed."""

    def __init__(self, view: StackView) -> None:
        self._view = view
        self._known: dict[str, str] = {"": ""}

    def of(self, path: str) -> str:
        """The path without links in its directory; the file itself may be one."""
        directory, _, name = path.rpartition("/")
        home = self._known.get(directory)
        if home is None:
            home = self._known[directory] = self._view.resolve(directory) or directory
        return path if home == directory else f"{home}/{name}".lstrip("/")


class _Claims:
    """The paths that packages claim, with the links in their directories followed."""

    def __init__(self, view: StackView, packages: Iterable[Package]) -> None:
        homes = Homes(view)
        self._paths: set[str] = set()
        self._directories: set[str] = set()
        for package in packages:
            self._paths.update(map(homes.of, package.files))
            self._directories.update(map(homes.of, package.owns_directories))
        self._inside: dict[str, bool] = {"": "" in self._directories}

    def own(self, path: str) -> bool:
        """Whether some package claims ``path`` or a directory above it."""
        return path in self._paths or self._is_inside(path.rpartition("/")[0])

    def _is_inside(self, directory: str) -> bool:
        pending = []
        while directory not in self._inside:
            pending.append(directory)
            directory = directory.rpartition("/")[0]
        inside = self._inside[directory]
        for name in reversed(pending):
            inside = inside or name in self._directories
            self._inside[name] = inside
        return inside
