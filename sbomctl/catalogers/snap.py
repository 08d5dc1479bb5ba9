"""Snaps: the snap itself, the Debian packages that were put in, and those of a base snap.

Snap documentation, "The snap format" (meta/snap.yaml) and "Snapcraft build manifest" (snap/manifest.yaml, which writers
spell in two ways). A base snap has no package database but lists that its build wrote. There is no purl type for snaps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from sbomctl.catalogers._purl import purl
from sbomctl.catalogers._reading import Origin
from sbomctl.catalogers._ubuntu_packages import Listed, equation, package_of, rows, ubuntu_of
from sbomctl.catalogers._yaml import Document, read_yaml, text, texts
from sbomctl.catalogers.base import Wants
from sbomctl.catalogers.os_release import RELEASE_PATHS, read_os_release
from sbomctl.layers.view import File, View
from sbomctl.model import LicenseFinding, Package, Problem

_SNAP = "meta/snap.yaml"
_MANIFEST = "snap/manifest.yaml"
_BASE_YAML = "usr/share/snappy/dpkg.yaml"
_BASE_LIST = "usr/share/snappy/dpkg.list"
_DPKG = "var/lib/dpkg/status"
_COPYRIGHT = re.compile(r"usr/share/doc/([a-z0-9][a-z0-9+.-]*)/copyright")
_SHOWN = 5
_UNLISTED = (
    "it has copyright files of Debian packages ({}: {}), but no list says in which versions they are in it: "
    "build the snap with SNAPCRAFT_BUILD_INFO=1, or ask its publisher for snap/manifest.yaml"
)
_PRIMED = ("primed-stage-packages", "primed_stage_packages")
_STAGED = ("stage-packages", "stage_packages")


class SnapCataloger:
    """What the files of a snap say that it is made of."""

    name: ClassVar[str] = "snap"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "snaps and the Debian packages in them (snap.yaml, manifest.yaml, lists of base snaps)"
    wants: ClassVar[Wants] = Wants((_SNAP, _MANIFEST, _BASE_YAML, _BASE_LIST, *RELEASE_PATHS), max_bytes=16 << 20)

    def catalog(self, view: View) -> Iterator[Package | Problem]:
        """The snap, then the packages in the order of the lists."""
        snap = view.open(_SNAP)
        about = snap.once(read_yaml) if snap else Document({})
        if snap:
            yield from _snap(view, snap, about)
        manifest = view.open(_MANIFEST)
        found: list[Package | Problem] = []
        if manifest and snap:
            found += _staged(manifest, ubuntu_of(read_os_release(view), text(about.values, "base", "build-base")))
        if view.entry(_DPKG) is None:
            found += _of_base(view, ubuntu_of(read_os_release(view), text(about.values, "name")))
        yield from found
        if snap and not found and view.entry(_DPKG) is None and (names := _documented(view)):
            shown = ", ".join(names[:_SHOWN]) + ", …" * (len(names) > _SHOWN)
            yield Problem(snap.at(0), self.name, _UNLISTED.format(len(names), shown))


def _snap(view: View, file: File, about: Document) -> Iterator[Package | Problem]:
    """The snap as a package that owns all that is in it."""
    name, version = text(about.values, "name"), text(about.values, "version")
    if about.fault or not name:
        yield Problem(file.at(about.line), SnapCataloger.name, about.fault or "it does not name the snap")
        return
    architectures = texts(about.values, "architectures")
    architecture = architectures[0] if len(architectures) == 1 else ""
    license_ = text(about.values, "license")
    yield Package(
        name=name,
        version=version,
        purl=purl("generic", "snap", name, version, {"arch": architecture}),
        location=file.at(0),
        found_by=SnapCataloger.name,
        architecture=architecture,
        licenses=(LicenseFinding(license_, file.at(_line_of(file.data, b"license:")), SnapCataloger.name),)
        if license_
        else (),
        homepage=text(about.values, "website"),
        description=text(about.values, "summary"),
        files=tuple(sorted(path for path in view if "/" not in path)),
        owns_directories=tuple(sorted({path.partition("/")[0] for path in view if "/" in path})),
    )


def _documented(view: View) -> list[str]:
    """Debian packages whose copyright files are there, sorted (Debian Policy 12.5)."""
    found = (_COPYRIGHT.fullmatch(path) for path in view)
    return sorted(one[1] for one in found if one)


def _line_of(data: bytes, start: bytes) -> int:
    return next((number for number, line in enumerate(data.splitlines(), start=1) if line.startswith(start)), 0)


def _staged(file: File, origin: Origin) -> Iterator[Package | Problem]:
    """The Debian packages whose files are in the snap; older manifests only say which were asked for."""
    about = file.once(read_yaml)
    if about.fault:
        yield Problem(file.at(about.line), SnapCataloger.name, about.fault)
        return
    built_on = text(about.values, "snapcraft-os-release-version-id", "snapcraft_os_release_version_id")
    if built_on and not origin.distro:
        origin = Origin(origin.namespace, f"ubuntu-{built_on}")
    lines = texts(about.values, *_PRIMED)
    parts = about.values.get("parts")
    if not lines and isinstance(parts, dict):
        lines = [line for part in parts.values() if isinstance(part, dict) for line in texts(part, *_STAGED)]
    yield from _listed(file, lines, origin)


def _of_base(view: View, origin: Origin) -> Iterator[Package | Problem]:
    """The packages of a base snap, which has deleted its package database."""
    lists = view.open(_BASE_YAML)
    about = lists.once(read_yaml) if lists else Document({})
    if lists and about.fault:
        yield Problem(lists.at(about.line), SnapCataloger.name, about.fault)
    if lists and texts(about.values, "packages"):
        yield from _listed(lists, texts(about.values, "packages"), origin)
        return
    table = view.open(_BASE_LIST)
    for listed in table.once(rows) if table else ():
        assert table is not None
        yield package_of(listed, origin, table.at(listed.line), SnapCataloger.name)


def _listed(file: File, lines: list[str], origin: Origin) -> Iterator[Package | Problem]:
    """The packages of a list, each once."""
    seen: set[Listed] = set()
    numbers = _numbers(file.data)
    for line in lines:
        listed = equation(line)
        if listed is None:
            yield Problem(
                file.at(numbers.get(line.encode(), 0)),
                SnapCataloger.name,
                f"{line[:100]!r} is not NAME=VERSION; the package is left out",
            )
        elif listed not in seen:
            seen.add(listed)
            yield package_of(listed, origin, file.at(numbers.get(line.encode(), 0)), SnapCataloger.name)


def _numbers(data: bytes) -> dict[bytes, int]:
    """On which line each item of a list stands, where it is written in the usual way."""
    lines = enumerate(data.splitlines(), start=1)
    return {line.strip()[2:]: number for number, line in reversed(list(lines)) if line.lstrip().startswith(b"- ")}
