"""Layers that are tar archives, read once as a stream.

Why an own reader: ``tarfile`` costs 20 microseconds an entry, and its content reads go
through two more layers of Python; image layers need ustar, pax and GNU headers only.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import closing
from typing import BinaryIO, Self, cast

import msgspec

from sbomctl.errors import CorruptInput, DigestMismatch
from sbomctl.model import FileType, Layer, path_text
from sbomctl.sources._tar_header import BLOCK, Header, headers
from sbomctl.sources._tar_sparse import Map, expand, sparse_map
from sbomctl.sources.base import Digests, Limits, Stored
from sbomctl.sources.stream import LARGER, Hashing, blocks, sniff

_TYPES = {
    b"0": FileType.REGULAR,
    b"7": FileType.REGULAR,
    b"S": FileType.REGULAR,
    b"1": FileType.HARDLINK,
    b"2": FileType.SYMLINK,
    b"3": FileType.OTHER,
    b"4": FileType.OTHER,
    b"5": FileType.DIRECTORY,
    b"D": FileType.DIRECTORY,
    b"6": FileType.OTHER,
}
VOLUME_LABEL = b"V"  # GNU tar; names the archive and holds nothing
_LINKS = (FileType.SYMLINK, FileType.HARDLINK)
_REGULAR = FileType.REGULAR
_MAX_HOLES = 1 << 30  # a sparse file may claim any size; larger ones are reported, not expanded


def unknown(stored_type: bytes) -> str:
    """The fault of an entry of a type that no archiver writes."""
    return f"an entry of the unknown type {path_text(stored_type)!r} was not read"


class Window:
    """Exact reads over a sequence of blocks; hashes everything that passes."""

    def __init__(self, source: Iterator[bytes], name: str) -> None:
        self._source = source
        self._name = name
        self._block = b""
        self._view = memoryview(b"")
        self._at = 0
        self._hash = hashlib.sha256()
        self.size = 0
        self.more = False  # after ``drain``: other bytes than zeros were left

    def _refill(self) -> bool:
        block = next(self._source, b"")
        self._hash.update(block)
        self._block, self._view, self._at = block, memoryview(block), 0
        self.size += len(block)
        return bool(block)

    def piece(self, count: int) -> memoryview | None:
        """``count`` bytes if they lie in the current block, for nearly every file; else None."""
        end = self._at + count
        if end > len(self._view):
            return None
        piece = self._view[self._at : end]
        self._at = end
        return piece

    def take(self, count: int) -> bytes:
        """``count`` bytes; fewer only at the very end of the stream."""
        end = self._at + count
        if end <= len(self._view):
            piece = self._block[self._at : end]
            self._at = end
            return piece
        return b"".join(self._pieces(count))

    def _pieces(self, count: int) -> Iterator[memoryview]:
        while count:
            if self._at == len(self._view) and not self._refill():
                return
            piece = self._view[self._at : self._at + count]
            self._at += len(piece)
            count -= len(piece)
            yield piece

    def content(self, count: int) -> Iterator[memoryview]:
        """``count`` bytes in pieces, without copying; raises when the stream ends before."""
        for piece in self._pieces(count):
            count -= len(piece)
            yield piece
        if count:
            raise CorruptInput(
                f"{self._name}: the archive ends in the middle of a file", "it is truncated; get it again"
            )

    def skip(self, count: int) -> None:
        """Pass over ``count`` bytes."""
        if self._at + count <= len(self._view):
            self._at += count
        else:
            for _ in self.content(count):
                pass

    def drain(self) -> str:
        """Read to the end; "sha256:<hex>" of the whole stream."""
        while self._at < len(self._view) or self._refill():
            self.more = self.more or bool(self._view[self._at :].tobytes().strip(b"\0"))
            self._at = len(self._view)
        return "sha256:" + self._hash.hexdigest()


class TarMember(msgspec.Struct, gc=False):
    """One entry of a tar (``sources.base.Member``); there are so many that how it is made counts."""

    path: str
    type: FileType
    size: int
    mode: int
    link_target: str
    fault: str
    _left: int  # bytes of the content that were not read
    _window: Window
    _pieces: Map | None = None

    @classmethod
    def of(cls, header: Header, window: Window, archive: str) -> Self:
        """The entry of a header behind which ``window`` is."""
        path, fault = normal_path(header.name)
        stored, size, target = header.type, header.size, ""
        kind = _TYPES.get(stored, FileType.OTHER)
        if kind is not _REGULAR:
            size, target = 0, path_text(header.link) if kind in _LINKS else ""
            if stored not in _TYPES and stored != VOLUME_LABEL:
                fault = unknown(stored)
        member = cls(path, kind, size, header.mode, target, fault, header.size, window)
        if header.sparse or stored == b"S":
            member._apply_sparse(header, archive)
        return member

    def _apply_sparse(self, header: Header, archive: str) -> None:
        found = sparse_map(header, self._window, archive)
        if found is None:
            return
        self._pieces, self.size, taken = found
        self._left -= taken
        if self.size - header.size > _MAX_HOLES:
            self.fault = f"sparse file of {self.size:,} bytes was not read"
            self._pieces, self.size = (), 0

    def chunks(self) -> Iterable[memoryview]:
        """The content in pieces, holes of sparse files as zeros; can be asked for once."""
        if self._pieces is None:
            whole = self._window.piece(self._left)
            if whole is not None:
                self._left = 0
                return (whole,)
        stored = self._stored()
        return stored if self._pieces is None else expand(stored, self._pieces, self.size)

    def _stored(self) -> Iterator[memoryview]:
        for piece in self._window.content(self._left):
            self._left -= len(piece)
            yield piece

    def finish(self, stored: int) -> None:
        """Pass over what was not read, and the padding behind ``stored`` bytes."""
        self._window.skip(self._left + -stored % BLOCK)


MORE = "there is more behind the end mark of the archive; like every engine, we do not read it"


class TarLayer:
    """A layer stored as one tar blob, compressed or not.

    ``open_raw`` gives the stored bytes from their start; it is called once per reading.
    """

    def __init__(
        self,
        info: Layer,
        open_raw: Callable[[], BinaryIO],
        *,
        changeset: bool,
        name: str,
        remote: bool = False,
        where: Hashable | None = None,
    ) -> None:
        self.info = info
        self.changeset = changeset
        self.has_diff_id = True
        self._open_raw = open_raw
        self._name = name
        self._remote = remote
        self._where = where
        self._digests = Digests("", 0)

    def members(self, limits: Limits) -> Iterator[TarMember]:
        """Every entry in stored order; see ``sources.base.OpenLayer``."""
        with self._open_raw() as raw:
            stored = Hashing(raw, self.info.digest.partition(":")[0]) if self.info.digest else None
            # Closed before ``raw`` is: a thread reads it.
            with closing(blocks(cast("BinaryIO", stored or raw), self._name, limits.layer_bytes)) as content:
                window = Window(content, self._name)
                yield from self._entries(window, limits)
                self._digests = Digests(window.drain(), window.size, MORE if window.more else "")
            if stored is not None:
                self._verify("stored blob", self.info.digest, stored.digest)
            self._verify("uncompressed layer", self.info.diff_id, self._digests.diff_id)

    def _entries(self, window: Window, limits: Limits) -> Iterator[TarMember]:
        expanded = 0
        proven = bool(self.info.digest or self.info.diff_id)
        for count, header in enumerate(headers(window, self._name, must_end=not proven)):
            if count == limits.members:
                raise CorruptInput(f"{self._name}: more than {count:,} entries", "this is not a usable layer")
            member = TarMember.of(header, window, self._name)
            expanded += member.size
            if expanded > limits.layer_bytes:  # sparse files hold more than is stored of them
                raise CorruptInput(f"{self._name}: more than {limits.layer_bytes:,} bytes when uncompressed", LARGER)
            if member.path:
                yield member
            member.finish(header.size)

    def digests(self) -> Digests:
        """What reading to the end has proved."""
        return self._digests

    def stored(self) -> Stored | None:
        """The blob and its digest; of a plain tar the diff_id is one."""
        promised = self.info.digest or (self.info.diff_id if self._is_plain() else "")
        return Stored(promised, self._open_raw, self._remote, self._where) if promised else None

    def _is_plain(self) -> bool:
        with self._open_raw() as raw:
            return sniff(raw.read(BLOCK)) == "plain"

    def _verify(self, what: str, promised: str, found: str) -> None:
        if promised and promised != found:
            raise DigestMismatch(
                f"{self._name}: the {what} is {found}, but the image promises {promised}",
                "it was changed or damaged after it was built; get it again from a place you trust",
            )


_ODD_STARTS = (b"", b"/", b".")
_ODD_PART = re.compile(rb"/[/.]").search


def normal_path(raw: bytes) -> tuple[str, str]:
    """The path of an entry inside the root, and what was wrong with its name ("" = nothing).

    Nothing climbs out: ``..`` at the root stays there, as for the kernel, and is reported;
    absolute names are relative to the root.
    """
    name = raw.removeprefix(b"./").rstrip(b"/")
    if not _ODD_PART(name) and name[:1] not in _ODD_STARTS:
        return path_text(name), ""
    clean = posixpath.normpath(b"/" + raw).lstrip(b"/")
    climbs = b".." in raw.split(b"/")
    return path_text(clean), f"the name {path_text(raw)} climbs with '..'" if climbs else ""
