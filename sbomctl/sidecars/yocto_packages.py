"""The manifest of a Yocto image, ``IMAGE.manifest``, and ``package.manifest`` of meta-updater; no licenses.

oe-core, image-artifact-names and rootfs classes: one line for each installed package, ``name architecture version``
with the revision in the version. ``usr/package.manifest`` has the first and the last of these (meta-updater).
"""

from __future__ import annotations

import re
from typing import BinaryIO, ClassVar

from sbomctl.sidecars._text import bounded, lines_of, nothing_in
from sbomctl.sidecars.base import Fault, Listed, Sidecar

_NAME = r"[A-Za-z0-9][A-Za-z0-9+._-]*"
_LINE = re.compile(rf"({_NAME})[ \t]+(?:([A-Za-z0-9_][\w.-]*)[ \t]+)?(\S*\d\S*)")
_HEAD = re.compile(rb"[A-Za-z0-9][A-Za-z0-9+._-]*[ \t]+(?:[A-Za-z0-9_][\w.-]*[ \t]+)?\S*\d\S*[ \t]*\r?(?:\n|\Z)")


class YoctoPackages:
    """The list of what was installed."""

    name: ClassVar[str] = "yocto-packages"
    about: ClassVar[str] = "package list of a Yocto image (IMAGE.manifest, package.manifest)"
    dialect: ClassVar[str] = "yocto"

    def accepts(self, name: str, head: bytes) -> bool:
        """By its suffix and its first line: two or three words, the last of which is a version."""
        return name.endswith(".manifest") and _HEAD.match(head) is not None

    def read(self, name: str, file: BinaryIO) -> Sidecar:
        """See ``SidecarReader``."""
        sidecar = parse(name, file.read())
        if not sidecar.packages:
            raise nothing_in(name, "manifest")
        return sidecar


def parse(name: str, data: bytes) -> Sidecar:
    """The packages in the order of the list, and lines that are none."""
    packages: list[Listed] = []
    faults: list[Fault] = []
    for number, line in lines_of(data):
        found = _LINE.fullmatch(line)
        if found:
            packages.append(Listed(found[1], found[3], number, found[2] or ""))
        elif line:
            faults.append((number, "a line that is no name, architecture and version"))
    return Sidecar(name, YoctoPackages.name, tuple(packages), faults=bounded(faults))
