"""The manifest of a Yocto image, ``IMAGE.manifest``, and ``package.manifest`` of meta-updater; no licenses.

oe-core, image-artifact-names and rootfs classes: one line for each installed package, ``name architecture version``
with the revision in the version. ``usr/package.manifest`` has the first and the last of these (meta-updater).
"""

from __future__ import annotations

import re
from typing import BinaryIO, ClassVar

from sbomctl.sidecars._text import bounded, lines_of, nothing_in
from sbomctl.sidecars.base import Fault, Listed, Sidecar

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]*")
_DIGIT = re.compile(r"[0-9]")


class YoctoPackages:
    """The list of what was installed."""

    name: ClassVar[str] = "yocto-packages"
    about: ClassVar[str] = "package list of a Yocto image (IMAGE.manifest, package.manifest)"
    dialect: ClassVar[str] = "yocto"

    def accepts(self, name: str, head: bytes) -> bool:
        """By its suffix and its first line: two or three words, the last of which is a version."""
        first = head.partition(b"\n")[0].decode("utf-8", "replace")
        return name.endswith(".manifest") and _listed(0, first) is not None

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
        listed = _listed(number, line)
        if listed:
            packages.append(listed)
        elif line:
            faults.append((number, "a line that is no name, architecture and version"))
    return Sidecar(name, YoctoPackages.name, tuple(packages), faults=bounded(faults))


def _listed(number: int, line: str) -> Listed | None:
    words = line.split(maxsplit=3)
    if len(words) not in (2, 3) or not _NAME.fullmatch(words[0]) or not _DIGIT.search(words[-1]):
        return None
    return Listed(words[0], words[-1], number, words[1] if len(words) == 3 else "")
