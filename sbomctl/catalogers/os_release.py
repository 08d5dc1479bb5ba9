"""The operating system of an image, from os-release(5) and the files that came before it.

It is a cataloger so that its files are harvested and its faults are recorded. It yields no
package: the system itself stands in ``Image.os``, and writers make the component from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.catalogers._release_files import RELEASE_FILES, Statement
from sbomctl.catalogers.base import Wants
from sbomctl.layers.view import File, View
from sbomctl.model import OsRelease, Problem

RELEASE_PATHS: tuple[str, ...] = tuple(path for path, _ in RELEASE_FILES)
"""What :func:`read_os_release` opens; a cataloger that calls it declares these among its wants."""

UNNAMED = "linux"
"""The ID of a system that states none (os-release(5)); it names no distribution."""

_MAX_FAULTS = 20  # per file; a binary file under this name is one problem, not a million


def read_os_release(view: View) -> OsRelease | None:
    """What the image says it is; None when no file says anything.

    The first file that exists and names a system wins. An os-release without ID means
    ``linux`` (os-release(5)), unless an older file knows better.
    """
    fallback: OsRelease | None = None
    for file, statement in _statements(view):
        os = msgspec.structs.replace(statement.os, location=file.location.path)
        if os.id:
            return os
        if fallback is None and (os.name or os.pretty_name):
            fallback = msgspec.structs.replace(os, id=UNNAMED)
    return fallback


def distro_qualifier(os: OsRelease | None) -> str:
    """The purl qualifier ``distro``, such as ``debian-12``; without a version just the id; "" when unknown."""
    if os is None or os.id == UNNAMED:
        return ""
    return f"{os.id}-{os.version_id}" if os.version_id else os.id


def _statements(view: View) -> Iterator[tuple[File, Statement]]:
    """What each file says, in order of authority."""
    for path, read in RELEASE_FILES:
        file = view.open(path)
        if file is not None:
            yield file, file.once(read)


class OsReleaseCataloger:
    """Records what cannot be read in the file that names the operating system."""

    name: ClassVar[str] = "os-release"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "the operating system's name and version (os-release and its forerunners)"
    wants: ClassVar[Wants] = Wants(RELEASE_PATHS, max_bytes=1 << 20)

    def catalog(self, view: View) -> Iterator[Problem]:
        """Faults of the file that names the system, and of those before it; never a package."""
        seen: set[str] = set()  # etc/os-release is mostly a link to usr/lib/os-release
        for file, (os, faults) in _statements(view):
            if file.location.path in seen:
                continue
            seen.add(file.location.path)
            for line, reason in faults[:_MAX_FAULTS]:
                yield Problem(file.at(line), self.name, reason)
            if len(faults) > _MAX_FAULTS:
                yield Problem(file.at(0), self.name, f"{len(faults) - _MAX_FAULTS} more lines cannot be read")
            if os.id:
                return
