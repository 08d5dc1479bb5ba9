"""Installed npm packages: every ``package.json`` that stands where Node.js looks for packages.

One deeper inside a package (``dist/esm``, test data) is part of that package. One outside of
every package directory is an application and is reported if it has name and version. Lock files
say what was asked for, not what is there, and are not read. ``repository`` names a place where
development happens, neither a download nor a source package, and is left out.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import ClassVar

from sbomctl.catalogers._package_json import Manifest, read_package_json
from sbomctl.catalogers._purl import purl
from sbomctl.catalogers.base import Wants
from sbomctl.layers.view import File, View
from sbomctl.model import LicenseFinding, Package, Problem

# The innermost package directory on a path, and what follows it: node_modules at any depth,
# and Debian's usr/share/nodejs, usr/lib/nodejs and usr/lib/<triplet>/nodejs.
_CONTAINED = re.compile(r"(?:.*/)?(?:node_modules|usr/(?:share|lib(?:/[^/]+)?)/nodejs)/(.*)")
_CHILD = re.compile(r"(?:@[^/]+/)?[^/@][^/]*")
_DOCUMENTATION = re.compile(r"(?:.*/)?usr/share/doc/.*")  # Debian keeps copies there; nothing loads them


class NpmCataloger:
    """npm packages, nested and bundled ones included; each copy is a package with its own root."""

    name: ClassVar[str] = "npm"
    version: ClassVar[int] = 2
    about: ClassVar[str] = "installed npm packages (package.json)"
    wants: ClassVar[Wants] = Wants(("**/package.json",), max_bytes=16 << 20)

    def catalog(self, view: View) -> Iterator[Package | Problem]:
        """Every package, in path order."""
        for file in view.glob("**/package.json"):
            yield from file.here(_found)


def _found(file: File) -> tuple[Package | Problem, ...]:
    directory = posixpath.dirname(file.path)
    manifest = file.once(read_package_json)
    contained = _CONTAINED.fullmatch(directory)
    if contained is None:
        return tuple(_application(file, manifest, directory))
    return tuple(_installed(file, manifest, directory, contained[1])) if _CHILD.fullmatch(contained[1]) else ()


def _installed(file: File, manifest: Manifest, directory: str, called: str) -> Iterator[Package | Problem]:
    """A child of a package directory; names with a dot in front (``.cache``) are npm's own and need be no package."""
    if manifest.identified:
        yield _package(file, manifest, directory, called, owns=(directory,))
    elif not posixpath.basename(called).startswith("."):
        missing = "name" if not manifest.name else "version"
        yield Problem(file.at(1), NpmCataloger.name, manifest.fault or f"installed package {called} has no {missing}")


def _application(file: File, manifest: Manifest, directory: str) -> Iterator[Package | Problem]:
    """A manifest in no package directory; one without name or version names no package."""
    if _DOCUMENTATION.fullmatch(directory):
        return
    if manifest.fault:
        yield Problem(file.at(1), NpmCataloger.name, manifest.fault)
    elif manifest.identified:
        # It vouches for no file but its own: its directory may be the root of the image.
        yield _package(file, manifest, directory, manifest.name, owns=())


def _package(file: File, manifest: Manifest, directory: str, called: str, owns: tuple[str, ...]) -> Package:
    scope, slash, base = manifest.name.rpartition("/")
    at = file.at(manifest.license_line)
    return Package(
        name=manifest.name,
        version=manifest.version,
        purl=purl("npm", scope if slash else "", base, manifest.version),
        location=file.at(1),
        found_by=NpmCataloger.name,
        root=directory,
        licenses=tuple(LicenseFinding(raw, at, NpmCataloger.name, field=field) for field, raw in manifest.licenses),
        supplier=manifest.supplier,
        homepage=manifest.homepage,
        download_url=manifest.download_url,
        vcs_url=manifest.vcs_url,
        description=manifest.description,
        depends_on=manifest.depends_on,
        provides=(called,) if called != manifest.name else (),
        files=() if owns else (file.path,),
        owns_directories=owns,
    )
