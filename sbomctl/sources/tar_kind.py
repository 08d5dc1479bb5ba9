"""What a tar file holds, told by its first member names: a saved image, an image layout, or a file system."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from enum import Enum
from functools import lru_cache

from sbomctl.errors import CorruptInput, SbomctlError
from sbomctl.filesystems.blob import FileBlob
from sbomctl.sources._tar_header import headers
from sbomctl.sources.archive import member_names, plain_name
from sbomctl.sources.base import Limits
from sbomctl.sources.host_file import open_regular, streamed
from sbomctl.sources.stream import sniff
from sbomctl.sources.tar import Window

_OF_AN_IMAGE = re.compile(
    r"(sha256:)?[0-9a-f]{64}(\.json|\.tar|\.tar\.gz|/.*)?|blobs(/.*)?|config\.json|index\.json|oci-layout"
)
_OF_DOCKER = ("manifest.json", "repositories")
_OF_OCI = frozenset(("index.json", "oci-layout"))
_ENOUGH = 16  # names of which none is found in image archives: it is none


_ENOUGH_BYTES = 64 << 20  # in files of other names, likewise


class TarKind(Enum):
    """What to read a tar file as."""

    DOCKER = "docker"  # manifest.json or repositories, of docker save
    OCI = "oci"  # index.json and oci-layout
    ROOTFS = "rootfs"
    NONE = "none"  # no tar, or unreadable


def kind_of(path: str) -> TarKind:
    """The kind of the file at ``path``; never raises."""
    try:
        found = os.stat(path)  # noqa: PTH116 - one call gives the whole key
    except (OSError, ValueError):
        return TarKind.NONE
    return _kind_of(path, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=256)
def _kind_of(path: str, *_identity: int) -> TarKind:
    """Every source asks the same question, so the file is looked at once."""
    try:
        with open_regular(path, path) as raw:
            if sniff(os.pread(raw.fileno(), 8, 0)) == "plain":
                return judge(member_names(FileBlob(raw.fileno()), path))
            with closing(streamed(raw, path, Limits())) as content:
                return judge(_names(Window(content, path), path))
    except (SbomctlError, OSError):
        return TarKind.NONE


def _names(window: Window, path: str) -> Iterator[str]:
    """Names in stored order, up to the point where large files of other names show that it is no image."""
    passed = 0
    for header in headers(window, path):
        name = plain_name(header.name)
        yield name
        passed += 0 if _OF_AN_IMAGE.fullmatch(name) else header.size
        if passed > _ENOUGH_BYTES:
            return
        window.skip(-(-header.size // 512) * 512)


def judge(names: Iterable[str]) -> TarKind:
    """The kind that member names tell, asking for no more of them than needed.

    An archive that is damaged further on is judged by what came before, so that the source
    which reads it can say what is wrong.
    """
    count = 0
    likely = False
    layout: set[str] = set()
    with suppress(CorruptInput):
        for count, name in enumerate(names, start=1):
            if name in _OF_DOCKER:
                return TarKind.DOCKER
            layout |= {name} & _OF_OCI
            likely = likely or _OF_AN_IMAGE.fullmatch(name) is not None
            if count > _ENOUGH and not likely:
                return TarKind.ROOTFS
    if not count:
        return TarKind.NONE
    return TarKind.OCI if layout == _OF_OCI else TarKind.ROOTFS
