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
    providers: dict[tuple[str, str], list[Package]] = {}
    for package in visible:
        for capability in dict.fromkeys((package.name, *package.provides)):
            providers.setdefault((package.found_by, capability), []).append(package)
    _add_files(visible, providers)
    for package in visible:
        seen: set[int] = set()
        for wanted in package.depends_on:
            found = _first(package, wanted, providers)
            if found is not None and found is not package and id(found) not in seen:
                seen.add(id(found))
                yield package, found


def _add_files(packages: Sequence[Package], providers: dict[tuple[str, str], list[Package]]) -> None:
    """rpm packages may require a file of another one: ``/bin/sh``."""
    wanted = {name for package in packages for name in package.depends_on if name.startswith("/")}
    if not wanted:
        return
    for package in packages:
        for path in package.files:
            if "/" + path in wanted:
                providers.setdefault((package.found_by, "/" + path), []).append(package)


def _first(package: Package, wanted: str, providers: dict[tuple[str, str], list[Package]]) -> Package | None:
    for name in wanted.split("|"):
        candidates = providers.get((package.found_by, name), ())
        if candidates:
            nearest = _nearest(package, candidates)
            if nearest is not None:
                return nearest
    return None


def _nearest(package: Package, candidates: Sequence[Package]) -> Package | None:
    if not package.root:
        same = [one for one in candidates if one.architecture == package.architecture]
        return (same or candidates)[0]
    reachable = [one for one in candidates if _loads_from(package.root, _home(one.root))]
    return max(reachable, key=lambda one: len(_home(one.root)), default=None)


def _home(root: str) -> str:
    """The directory whose content can load what is installed at ``root``."""
    before, found, _ = root.rpartition(_NODE)
    if not found and root.startswith(_NODE_GLOBAL):
        return ""
    return before.rstrip("/") if found else root


def _loads_from(root: str, home: str) -> bool:
    return not home or root == home or root.startswith(home + "/")
