"""A tar file as random access to its members: only headers are read, contents stay where they are."""

from __future__ import annotations

import posixpath
from collections.abc import Hashable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import BinaryIO, Self

import msgspec

from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.filesystems.base import Blob, Damaged
from sbomctl.filesystems.blob import FileBlob, Slice
from sbomctl.model import path_text
from sbomctl.sources._tar_header import BLOCK, Header, headers
from sbomctl.sources.base import Limits, Request
from sbomctl.sources.blob_file import opened_blob
from sbomctl.sources.host_file import random_access

_MAX_MEMBERS = 200_000  # docker save writes about three a layer
_MAX_LINKS = 16  # in a row; more is a loop
_CONTENT = frozenset((b"0", b"7", b"1", b"2"))  # regular files and links to them
_NOT_SPARSE = "write the archive again without --sparse"
_TRUNCATED = "the file is truncated or damaged; write or download it again"


class Extent(msgspec.Struct, frozen=True):
    """Where a member's bytes are; ``link`` is the name that holds them instead, "" = here."""

    offset: int
    size: int
    link: str = ""


class Archive:
    """The members of a tar file by name; the last of several with one name counts, as for tar itself.

    A name is as stored, without leading ``./`` or ``/``. Links between members are followed.
    """

    def __init__(self, blob: Blob, name: str, *, compressed: bool = False) -> None:
        self.place = name
        self.compressed = compressed
        self._blob = blob
        self._extents = dict(_index(blob, name))

    @classmethod
    @contextmanager
    def at(cls, path: str, limits: Limits) -> Iterator[Archive]:
        """The archive at ``path``, compressed or not; raises ``InputError``."""
        with random_access(path, limits.layer_bytes) as (file, compressed):
            yield cls(FileBlob(file.fileno()), path, compressed=compressed)

    def __iter__(self) -> Iterator[str]:
        """Every name, in stored order."""
        return iter(self._extents)

    def size(self, name: str) -> int | None:
        """Bytes of the member; None when there is none, or a link that leads nowhere."""
        extent = self._find(name)
        return extent.size if extent else None

    def open(self, name: str) -> BinaryIO:
        """The member's bytes; raises ``CorruptInput`` when there is none."""
        extent = self._find(name)
        if extent is None:
            raise CorruptInput(f"{self.place}: {name} is missing", _TRUNCATED)
        return opened_blob(Slice(self._blob, extent.offset, extent.size), f"{self.place}: {name}")

    def where(self, name: str) -> Hashable | None:
        """Which bytes of which open archive they are."""
        extent = self._find(name)
        return (id(self), extent.offset, extent.size) if extent else None

    def _find(self, name: str) -> Extent | None:
        for _ in range(_MAX_LINKS):
            extent = self._extents.get(name)
            if extent is None or not extent.link:
                return extent
            name = extent.link
        return None


class Archives:
    """Archives by their paths, each opened and, if need be, decompressed once; a context that closes them all."""

    def __init__(self) -> None:
        self._open: dict[str, Archive] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def at(self, path: str, limits: Limits) -> Archive:
        """The archive at ``path``; raises ``InputError``."""
        if path not in self._open:
            self._open[path] = self._stack.enter_context(Archive.at(path, limits))
        return self._open[path]


@contextmanager
def archive_at(path: str, request: Request) -> Iterator[Archive]:
    """The archive at ``path``, which other images of the product may be in too; raises ``InputError``."""
    with nullcontext(request.archives) if request.archives else Archives() as archives:
        yield archives.at(path, request.limits)


class Headers:
    """Header blocks of a blob on which contents are passed over without reading them."""

    def __init__(self, blob: Blob, name: str) -> None:
        self._blob = blob
        self._name = name
        self.at = 0

    @property
    def end(self) -> int:
        """Where the archive ends."""
        return self._blob.size

    def take(self, count: int) -> bytes:
        """``count`` bytes; fewer only at the end. Raises ``CorruptInput``."""
        try:
            data = self._blob.pread(self.at, count)
        except Damaged as error:
            raise CorruptInput(f"{self._name}: {error}", _TRUNCATED) from error
        self.at += len(data)
        return data


def member_names(blob: Blob, name: str) -> Iterator[str]:
    """The names in an uncompressed archive, in stored order; raises ``CorruptInput``."""
    return (member for member, _ in _index(blob, name))


def _index(blob: Blob, name: str) -> Iterator[tuple[str, Extent]]:
    source = Headers(blob, name)
    for count, header in enumerate(headers(source, name)):
        if count == _MAX_MEMBERS:
            raise CorruptInput(f"{name}: more than {count:,} members", "this is no archive of an image")
        if header.sparse or header.type == b"S":
            raise UnsupportedInput(f"{name}: {path_text(header.name)} is stored as a sparse file", _NOT_SPARSE)
        if source.at + header.size > source.end:
            raise CorruptInput(f"{name}: the archive ends in the middle of {path_text(header.name)}", _TRUNCATED)
        if header.type in _CONTENT:
            member = plain_name(header.name)
            yield member, Extent(source.at, header.size, _link(member, header))
        source.at += -(-header.size // BLOCK) * BLOCK


def plain_name(raw: bytes) -> str:
    """A stored name without leading ``./`` or ``/``; "" for the root itself."""
    name = path_text(raw)
    while name.startswith(("./", "/")):
        name = name[1:].lstrip("/")
    return "" if name == "." else name.rstrip("/")


def _link(member: str, header: Header) -> str:
    if header.type == b"1":
        return plain_name(header.link)
    if header.type == b"2":  # old docker save: a repeated layer is a link to ../<id>/layer.tar
        return posixpath.normpath(posixpath.join(posixpath.dirname(member), path_text(header.link)))
    return ""
