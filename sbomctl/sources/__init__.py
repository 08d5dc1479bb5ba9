"""Where images come from: one module per place or format, each a ``base.Source``.

Why nothing is ever unpacked: a layer is a stream of members whose content is read where
it lies, inside its archive. No path of an image becomes a path on the host, so hostile
names and links have nothing to act on.

Every promise of a manifest (size, digest, diff_id) is verified. What only looking into an
input can tell (no such tag, several platforms) is an ``InputError``; what the command line
alone shows to be wrong (an unknown scheme) is a ``ConfigError``.
"""

from __future__ import annotations

from sbomctl.sources.base import Source
from sbomctl.sources.directory import Directory
from sbomctl.sources.disk import Disk, Ext, Squashfs
from sbomctl.sources.docker_archive import DockerArchive
from sbomctl.sources.docker_daemon import DockerDaemon
from sbomctl.sources.mender import Mender
from sbomctl.sources.oci_layout import OciArchive, OciDir
from sbomctl.sources.ostree import OstreeRepository
from sbomctl.sources.rauc import Rauc
from sbomctl.sources.registry import Registry
from sbomctl.sources.rootfs_tar import RootfsTar
from sbomctl.sources.swupdate import SwUpdate
from sbomctl.sources.tezi import Tezi

SOURCES: tuple[Source, ...] = (
    DockerArchive(),
    OciArchive(),
    Mender(),
    Tezi(),
    RootfsTar(),
    Rauc(),
    SwUpdate(),
    Disk(),
    Ext(),
    Squashfs(),
    OciDir(),
    OstreeRepository(),
    Directory(),
    DockerDaemon(),
    Registry(),
)
"""Every source; a target without scheme goes to the first that accepts it."""
