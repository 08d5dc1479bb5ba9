"""Which package of an image satisfies what another one depends on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sbomctl.model import Package, State

_NODE = "node_modules/"
_NODE_GLOBAL = ("usr/share/nodejs/", "usr/lib/nodejs/")  # compiled into Debian's Node.js: everything can load them


def dependencies(packages: Sequence[Package]) -> Iterator[tuple[Package, Package]]:
    """Pairs (package, what it depends on) among the visible packages of one image.

    Names are resolved within one ecosystem, by package name, provided capability and file. Of
    alternatives ("a|b") the first that is installed counts. Where many copies can be
    installed, the nearest one that the package can load counts (Node.js, "Loading from
    node_modules folders"). What nothing satisfies gives no pair.
    """
    visible = [package for package in packages if package.state is State.VISIBLE]
    providers = _Providers(visible)
    for package in visible:
        seen: set[int] = set()
        for wanted in package.depends_on:
            found = providers.first(package, wanted)
            if found is not None and found is not package and id(found) not in seen:
                seen.add(id(found))
                yield package, found


class _Providers:
    """Who offers a capability, to packages of which architecture or in which directories.

    Of several equal ones the first counts. No look-up goes through all providers: thousands
    of copies of one npm package are common in images of build tools.
    """

    def __init__(self, packages: Sequence[Package]) -> None:
        self._anywhere: dict[tuple[str, str], Package] = {}
        self._built_for: dict[tuple[str, str, str], Package] = {}
        self._loaded_below: dict[tuple[str, str, str], Package] = {}
        for package in packages:
            for capability in (package.name, *package.provides):
                self._add(capability, package)
        self._add_files(packages)

    def _add(self, capability: str, package: Package) -> None:
        key = (package.found_by, capability)
        self._anywhere.setdefault(key, package)
        self._built_for.setdefault((*key, package.architecture), package)
        if package.root:
            self._loaded_below.setdefault((*key, _home(package.root)), package)

    def _add_files(self, packages: Sequence[Package]) -> None:
        """rpm packages may require a file of another one: ``/bin/sh``."""
        wanted = {name for package in packages for name in package.depends_on if name.startswith("/")}
        if not wanted:
            return
        for package in packages:
            for path in package.files:
                if "/" + path in wanted:
                    self._add("/" + path, package)

    def first(self, package: Package, wanted: str) -> Package | None:
        """What satisfies the first alternative of ``wanted`` that anything satisfies."""
        found = (self._nearest(package, (package.found_by, name)) for name in wanted.split("|"))
        return next((one for one in found if one is not None), None)

    def _nearest(self, package: Package, key: tuple[str, str]) -> Package | None:
        if key not in self._anywhere:
            return None
        if not package.root:
            return self._built_for.get((*key, package.architecture)) or self._anywhere[key]
        directory = package.root
        while True:
            found = self._loaded_below.get((*key, directory))
            if found is not None or not directory:
                return found
            directory = directory.rpartition("/")[0]


def _home(root: str) -> str:
    """The directory whose content can load what is installed at ``root``."""
    before, found, _ = root.rpartition(_NODE)
    if not found and root.startswith(_NODE_GLOBAL):
        return ""
    return before.rstrip("/") if found else root
