"""Where images come from: one module per place or format, each a ``base.Source``.

Why nothing is ever unpacked: a layer is a stream of members whose content is read where
it lies, inside its archive. No path of an image becomes a path on the host, so hostile
names and links have nothing to act on.

Every promise of a manifest (size, digest, diff_id) is verified. What only looking into an
input can tell (no such tag, several platforms) is an ``InputError``; what the command line
alone shows to be wrong (an unknown scheme) is a ``ConfigError``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from sbomctl.sources.base import Source

_HOMES = {
    "docker-archive": "docker_archive.DockerArchive",
    "oci-archive": "oci_layout.OciArchive",
    "mender": "mender.Mender",
    "tezi": "tezi.Tezi",
    "rootfs": "rootfs_tar.RootfsTar",
    "rauc": "rauc.Rauc",
    "swu": "swupdate.SwUpdate",
    "disk": "disk.Disk",
    "ext": "disk.Ext",
    "squashfs": "disk.Squashfs",
    "oci-dir": "oci_layout.OciDir",
    "ostree": "ostree.OstreeRepository",
    "dir": "directory.Directory",
    "docker": "docker_daemon.DockerDaemon",
    "registry": "registry.Registry",
}


class _Sources(Mapping[str, Source]):
    """Sources by scheme; each is loaded, with all that it reads with, when it is first asked for: a scan needs few."""

    def __init__(self) -> None:
        self._known: dict[str, Source] = {}

    def __getitem__(self, scheme: str) -> Source:
        if scheme not in self._known:
            module, name = _HOMES[scheme].split(".")
            self._known[scheme] = getattr(import_module(f"{__name__}.{module}"), name)()
        return self._known[scheme]

    def __iter__(self) -> Iterator[str]:
        return iter(_HOMES)

    def __len__(self) -> int:
        return len(_HOMES)


SOURCES: Mapping[str, Source] = _Sources()
"""Every source by its scheme; a target without scheme goes to the first that accepts it."""
