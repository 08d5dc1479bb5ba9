"""Which code in an image no package accounts for: what an auditor asks next."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import repeat

import msgspec

from sbomctl.catalogers.base import Marks
from sbomctl.engine.replaced import contested, replaced
from sbomctl.layers.stack import Stack
from sbomctl.layers.stack_view import StackView
from sbomctl.model import CodeCoverage, Content, FileEntry, FileType, Package, State, UnownedFile


class Attribution(msgspec.Struct, frozen=True):
    """Whose code it is: the packages with digests of theirs, the code that none of them claims, the share of both."""

    packages: list[Package]
    unowned: tuple[UnownedFile, ...]
    coverage: CodeCoverage
    claims: Claims
    _homes: Homes
    _visible: Mapping[str, str]  # path -> digest of the code that the running system sees there

    def identified(self, packages: Sequence[Package], files: Collection[tuple[str, int]]) -> Attribution:
        """With more packages, for which ``files`` (path and layer) of the unowned code are the evidence.

        What took the place of another package's file stays unowned: whatever it is, nobody recorded that.
        """
        found = [file for file in self.unowned if (file.path, file.layer) in files and not file.replaces]
        known = {(file.path, file.layer) for file in found}
        left = tuple([file for file in self.unowned if (file.path, file.layer) not in known])
        size = sum(file.size for file in found)
        coverage = msgspec.structs.replace(
            self.coverage,
            unowned_files=len(left),
            unowned_bytes=self.coverage.unowned_bytes - size,
            identified_files=len(found),
            identified_bytes=size,
        )
        real = [self._homes.of(package.files) for package in packages]
        digested = list(map(_digested, packages, real, repeat(self._visible)))
        return msgspec.structs.replace(self, packages=[*self.packages, *digested], unowned=left, coverage=coverage)

    def marked(self, marks: Mapping[tuple[str, int], Marks]) -> Attribution:
        """With what tells apart the unowned files."""
        unowned = tuple(
            [
                msgspec.structs.replace(file, build_id=mark.build_id, soname=mark.soname) if mark else file
                for file in self.unowned
                for mark in (marks.get((file.path, file.layer)),)
            ]
        )
        return msgspec.structs.replace(self, unowned=unowned)


def attribute_code(stack: Stack, packages: Sequence[Package]) -> Attribution:
    """Which package each file with code belongs to.

    Each visible package gets one digest over the code among its files, so that equal packages
    of two images can be told from rebuilt or changed ones. Links and files that are no code
    do not count: images are often stripped of documentation.

    Unowned is every executable, script and library in any layer, for hidden files ship too;
    sorted by path and layer. A path that any package ever claimed is owned in all layers,
    for which build of a file belongs to which version is not recorded anywhere, but for those
    in which something else replaced it.
    """
    homes = Homes(stack.view())
    code = _code(stack)
    visible = {
        path: entry.sha256 for path, layer, entry in code if stack.index.provider(path, len(stack.layers)) == layer
    }
    real = [homes.of(package.files) for package in packages]
    directories = [{*package.owns_directories, *homes.of(package.owns_directories)} for package in packages]
    digested = list(map(_digested, packages, real, repeat(visible)))
    claims = Claims(set().union(*(package.files for package in packages), *real), set().union(*directories))
    foreign = replaced(stack, code, _claimants(packages, real, directories, contested(code)))
    unowned = [
        UnownedFile(
            path, layer, entry.content, entry.size, entry.sha256, stack.index.hidden_at(path, layer),
            foreign.get((path, layer), ()),
        )
        for path, layer, entry in code
        if (path, layer) in foreign or not claims.own(path)
    ]  # fmt: skip
    unowned.sort(key=lambda file: (file.path, file.layer))
    total = sum(entry.size for _, _, entry in code)
    coverage = CodeCoverage(len(code), total, len(unowned), sum(file.size for file in unowned))
    return Attribution(digested, tuple(unowned), coverage, claims, homes, visible)


def _claimants(
    packages: Sequence[Package], real: Sequence[Sequence[str]], directories: Sequence[set[str]], paths: set[str]
) -> dict[str, list[Package]]:
    """The packages that claim each of ``paths`` or a directory above it."""
    found: dict[str, list[Package]] = {}
    if not paths:
        return found
    owners: dict[str, list[Package]] = {}
    for package, homes, owned in zip(packages, real, directories, strict=True):
        for path in paths.intersection(package.files).union(paths.intersection(homes)):
            found.setdefault(path, []).append(package)
        for directory in owned:
            owners.setdefault(directory, []).append(package)
    for path in paths:
        for directory in _directories(path):
            found.setdefault(path, []).extend(owners.get(directory, ()))
    return found


def _directories(path: str) -> Iterator[str]:
    """Every directory that ``path`` lies in."""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _code(stack: Stack) -> list[tuple[str, int, FileEntry]]:
    """Path, layer and entry of all code; a second name of a file is counted under its first."""
    plain, regular = Content.PLAIN, FileType.REGULAR
    return [
        (path, layer, entry)
        for layer, entries in enumerate(stack.layers)
        for path, entry in entries.items()
        if entry.content is not plain and entry.type is regular and not is_second_name(entry, entries)
    ]


def is_second_name(entry: FileEntry, entries: Mapping[str, FileEntry]) -> bool:
    """Whether it is a hard link to a file that has another name in the same layer."""
    first = entries.get(entry.link_target) if entry.link_target else None
    return first is not None and first.sha256 == entry.sha256


def _digested(package: Package, real: Sequence[str], code: Mapping[str, str]) -> Package:
    """The digest says nothing of where the package is: its paths count as its database spells them, from its root on.

    ``real`` is where the files lie. What lies outside of its root (the commands of a Python
    environment) is made for one place only.
    """
    if package.state is not State.VISIBLE:
        return package
    root = f"{package.root}/" if package.root else ""
    lines = {
        f"{path[len(root) :]}\0{code[home]}\n"
        for path, home in zip(package.files, real, strict=True)
        if home in code and path.startswith(root)
    }
    if not lines:
        return package
    return msgspec.structs.replace(package, code_sha256=hashlib.sha256("".join(sorted(lines)).encode()).hexdigest())


class Homes:
    """Where paths as databases spell them really lie: the links in their directories followed."""

    def __init__(self, view: StackView) -> None:
        self._view = view
        self._known: dict[str, str] = {"": ""}  # directory -> where it is; "" = there

    def of(self, paths: Iterable[str]) -> list[str]:
        """The paths without links in their directories; the files themselves may be some."""
        known = self._known
        found = []
        for path in paths:
            directory, _, name = path.rpartition("/")
            home = known.get(directory)
            if home is None:
                home = self._learn(directory)
            found.append(f"{home}/{name}".lstrip("/") if home else path)
        return found

    def _learn(self, directory: str) -> str:
        real = self._view.resolve(directory)
        home = self._known[directory] = "" if real is None or real == directory else real or "/"
        return home


class Claims:
    """What packages claim, under all its names."""

    def __init__(self, files: set[str], directories: set[str]) -> None:
        self._paths = files
        self._directories = directories
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
