"""Installed Python distributions: ``*.dist-info``, ``*.egg-info`` and eggs, wherever they lie.

A distribution that a system package brought (Debian's python3-yaml holds ``PyYAML-6.0.egg-info``)
is reported as well: both are facts. ``License-File`` names no license; the files it lists lie in
the dist-info directory, which the package owns.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import ClassVar, NamedTuple, TypeVar

import msgspec

from sbomctl.catalogers._purl import purl
from sbomctl.catalogers._python_files import below, read_direct_url, read_lines, read_record, read_requires
from sbomctl.catalogers._python_metadata import Metadata, normalized, read_metadata
from sbomctl.catalogers.base import Wants
from sbomctl.layers.view import File, View
from sbomctl.model import LicenseFinding, Package, Problem


class PythonCataloger:
    """Python distributions by their core metadata; the same one in two environments is two packages."""

    name: ClassVar[str] = "python"
    version: ClassVar[int] = 2
    about: ClassVar[str] = "installed Python distributions (dist-info, egg-info)"
    wants: ClassVar[Wants] = Wants(
        (
            "**/*.dist-info/{METADATA,RECORD,top_level.txt,direct_url.json}",
            "**/*.egg-info/{PKG-INFO,installed-files.txt,top_level.txt,requires.txt}",
            "**/EGG-INFO/{PKG-INFO,top_level.txt,requires.txt}",
            "**/*.egg-info",
        ),
        max_bytes=64 << 20,
    )

    def catalog(self, view: View) -> Iterator[Package | Problem]:
        """Every distribution; one recorded twice in one directory, as dist-info and as egg-info, is one package."""
        packages: dict[tuple[str, str, str], Package] = {}
        seen: set[str] = set()  # a link to metadata is no second distribution
        for pattern, installed in _FORMS:
            for file in view.glob(pattern):
                if file.location.path in seen:
                    continue
                seen.add(file.location.path)
                found = _package(file, file.once(read_metadata), installed(view, file.path))
                if isinstance(found, Problem):
                    yield found
                else:
                    key = (found.name, found.version, found.root)
                    packages[key] = _united(packages[key], found) if key in packages else found
        yield from packages.values()


def _united(first: Package, second: Package) -> Package:
    """The first, which stands in the newer form, owning what both own."""
    files = tuple(dict.fromkeys(first.files + second.files))
    directories = tuple(dict.fromkeys(first.owns_directories + second.owns_directories))
    return msgspec.structs.replace(first, files=files, owns_directories=directories)


class _Installed(NamedTuple):
    """What the files beside the metadata say."""

    root: str  # the directory that Python imports from
    files: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    direct_url: str = ""


def _dist_info(view: View, path: str) -> _Installed:
    info = posixpath.dirname(path)
    root = posixpath.dirname(info)
    files = below(root, _read(view, f"{info}/RECORD", read_record, _NONE))
    directories = _NONE
    if not files:
        files, directories = _top_level(view, root, info)
    url = _read(view, f"{info}/direct_url.json", read_direct_url, "")
    return _Installed(root, files, (*directories, info), direct_url=url)


def _egg_info(view: View, path: str) -> _Installed:
    info = posixpath.dirname(path)
    root = posixpath.dirname(info)
    files = below(info, _read(view, f"{info}/installed-files.txt", read_lines, _NONE))
    directories = _NONE
    if not files:
        files, directories = _top_level(view, root, info)
    return _Installed(root, files, (*directories, info), _read(view, f"{info}/requires.txt", read_requires, _NONE))


def _egg(view: View, path: str) -> _Installed:
    """An unpacked egg is one directory with everything in it; ``EGG-INFO`` alone tells no more than itself."""
    info = posixpath.dirname(path)
    egg = posixpath.dirname(info)
    owned = egg if egg.endswith(".egg") else info
    requires = _read(view, f"{info}/requires.txt", read_requires, _NONE)
    return _Installed(posixpath.dirname(egg), directories=(owned,), requires=requires)


def _single_file(_view: View, path: str) -> _Installed:
    return _Installed(posixpath.dirname(path), files=(path,))


_FORMS: tuple[tuple[str, Callable[[View, str], _Installed]], ...] = (
    ("**/*.dist-info/METADATA", _dist_info),
    ("**/*.egg-info/PKG-INFO", _egg_info),
    ("**/EGG-INFO/PKG-INFO", _egg),
    ("**/*.egg-info", _single_file),
)

T = TypeVar("T")
_NONE: tuple[str, ...] = ()


def _read(view: View, path: str, parse: Callable[[bytes], T], otherwise: T) -> T:
    file = view.open(path)
    return otherwise if file is None else file.once(parse)


def _top_level(view: View, root: str, info: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Modules and import packages that ``top_level.txt`` names and that are there."""
    names = _read(view, f"{info}/top_level.txt", read_lines, _NONE)
    paths = [path for path in below(root, names) if path.startswith(f"{root}/" if root else "")]
    modules = [f"{path}.py" for path in paths if view.entry(f"{path}.py")]
    directories = [path for path in paths if view.entry(path) or view.entry(f"{path}/__init__.py")]
    return tuple(modules), tuple(directories)


def _package(file: File, metadata: Metadata, installed: _Installed) -> Package | Problem:
    line, name = metadata.name
    if not name or not name.isprintable() or "/" in name:
        return Problem(file.at(line), PythonCataloger.name, f"no distribution name: {name[:80]!r}")
    if not metadata.version:
        return Problem(file.at(line), PythonCataloger.name, f"distribution {name} has no version")
    alias = normalized(name)
    return Package(
        name=name,
        version=metadata.version,
        purl=purl("pypi", "", name, metadata.version),
        location=file.at(line),
        found_by=PythonCataloger.name,
        root=installed.root,
        licenses=tuple(
            LicenseFinding(raw, file.at(at), PythonCataloger.name, field=field) for at, raw, field in metadata.licenses
        ),
        supplier=metadata.supplier,
        homepage=metadata.homepage,
        download_url=installed.direct_url or metadata.download_url,
        vcs_url=metadata.vcs_url,
        description=metadata.summary,
        depends_on=tuple(dict.fromkeys((*metadata.requires, *installed.requires))),
        provides=(alias,) if alias != name else (),
        files=installed.files,
        owns_directories=installed.directories,
    )
