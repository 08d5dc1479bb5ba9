"""Manifests that Yocto leaves in an image: with licenses (COPY_LIC_MANIFEST), or of names and versions (meta-updater).

What they list was put into the image when it was built. The engine reconciles it with what the package database
says, where there is one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from sbomctl.catalogers._listed import listed_package
from sbomctl.catalogers._reading import origin_of
from sbomctl.catalogers.base import Wants
from sbomctl.catalogers.os_release import RELEASE_PATHS
from sbomctl.layers.view import View
from sbomctl.model import Package, Problem
from sbomctl.sidecars import yocto_licenses, yocto_packages
from sbomctl.sidecars.base import Sidecar

_WITH_LICENSES = "usr/share/common-licenses/license.manifest"
_NAMES = "usr/package.manifest"


class YoctoManifestCataloger:
    """What the build of a Yocto image says that it put in."""

    name: ClassVar[str] = "yocto-manifest"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "license.manifest and package.manifest of Yocto in the image"
    wants: ClassVar[Wants] = Wants((_WITH_LICENSES, _NAMES, *RELEASE_PATHS), max_bytes=64 << 20)

    def catalog(self, view: View) -> Iterator[Package | Problem]:
        """The packages of both, in their order."""
        origin = origin_of(view)
        for path, read in ((_WITH_LICENSES, _licenses), (_NAMES, _packages)):
            file = view.open(path)
            if file is None:
                continue
            sidecar = file.once(read)
            for line, reason in sidecar.faults:
                yield Problem(file.at(line), self.name, reason)
            for one in sidecar.packages:
                yield listed_package(one, sidecar.reader, file.at, origin)


def _licenses(data: bytes) -> Sidecar:
    return yocto_licenses.parse(_WITH_LICENSES, data)


def _packages(data: bytes) -> Sidecar:
    return yocto_packages.parse(_NAMES, data)
