"""Whether a root file system in a tar is kept in the form of a system, told as cheaply as can be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import BinaryIO, cast

from sbomctl.errors import InputError
from sbomctl.filesystems.base import Blob
from sbomctl.filesystems.blob import FileBlob
from sbomctl.sources._tar_header import BLOCK, headers
from sbomctl.sources.archive import Headers, plain_name
from sbomctl.sources.base import Digests, Limits, Member, OpenLayer, Stored
from sbomctl.sources.host_file import Slice, streamed
from sbomctl.sources.stream import sniff
from sbomctl.sources.systems import SIGNS
from sbomctl.sources.tar import Window

_ORDINARY = ("bin/", "etc/", "lib/", "sbin/", "usr/")  # of a root that is one itself
_MOST_BYTES = 256 << 20  # looked at of a compressed tar
_PREFIX = 4096
_RAW_SIGNS = tuple(lead + sign.encode() for sign in SIGNS for lead in (b"", b"./", b"/"))


def shows_a_system(file: BinaryIO, path: str, limits: Limits) -> bool:
    """Whether a name in the tar shows one; what is wrong with the tar is for others to tell.

    Of a compressed tar the names are read up to where it turns out to be an ordinary root. What comes
    later ``Watched`` tells.
    """
    with suppress(InputError):
        if sniff(os.pread(file.fileno(), 8, 0)) == "plain":
            names = _all_names(FileBlob(file.fileno()), path)
            return any(name.startswith(_RAW_SIGNS) and plain_name(name).startswith(SIGNS) for name in names)
        raw = cast("BinaryIO", Slice(file, 0, os.fstat(file.fileno()).st_size))
        with closing(streamed(raw, path, limits)) as content:
            return any(name.startswith(SIGNS) for name in _first_names(Window(content, path), path))
    return False


def _all_names(blob: Blob, path: str) -> Iterator[bytes]:
    source = Headers(blob, path)
    for header in headers(source, path):
        yield header.name
        source.at += -(-header.size // BLOCK) * BLOCK


def _first_names(window: Window, path: str) -> Iterator[str]:
    for header in headers(window, path):
        name = plain_name(header.name)
        yield name
        if name.startswith(_ORDINARY) or window.size > _MOST_BYTES:
            return
        window.skip(-(-header.size // BLOCK) * BLOCK)


class Watched:
    """A layer of a tar that was taken for an ordinary root: it tells when that was wrong."""

    def __init__(self, layer: OpenLayer) -> None:
        self.info = layer.info
        self.changeset = layer.changeset
        self.has_diff_id = layer.has_diff_id
        self._layer = layer
        self._sign = ""

    def members(self, limits: Limits) -> Iterator[Member]:
        """See ``sources.base.OpenLayer``."""
        for member in self._layer.members(limits):
            if member.path.startswith(SIGNS) and not self._sign:
                self._sign = member.path[:_PREFIX]
            yield member

    def digests(self) -> Digests:
        """What was proved, and what was not taken apart."""
        found = self._layer.digests()
        if not self._sign:
            return found
        told = f"{self._sign}: images of their own seem to lie there and were not taken apart; decompress the tar first"
        return Digests(found.diff_id, found.size, "; ".join(part for part in (found.fault, told) if part))

    def stored(self) -> Stored | None:
        """See ``sources.base.OpenLayer``."""
        return self._layer.stored()
