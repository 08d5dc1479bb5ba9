"""Objects of an OSTree repository, each verified by the checksum that is its name.

OSTree manual, "Anatomy of an OSTree repository"; ostree-repo(5), "mode". In the objects numbers are big-endian.
"""

from __future__ import annotations

import hashlib
import stat
import zlib
from typing import NamedTuple, cast

from sbomctl.filesystems._gvariant import BYTES, TEXT, VARIANT, T, U, array, decode, offset_size, structure
from sbomctl.filesystems.base import Blob, Damaged, Node, exactly

_ATTRIBUTES = array(structure(BYTES, BYTES))
COMMIT = structure(array(structure(TEXT, VARIANT)), BYTES, array(structure(TEXT, BYTES)), TEXT, TEXT, T, BYTES, BYTES)
DIRECTORY = structure(array(structure(TEXT, BYTES)), array(structure(TEXT, BYTES, BYTES)))
DIRECTORY_META = structure(U, U, U, _ATTRIBUTES)
_ARCHIVED = structure(T, U, U, U, U, TEXT, _ATTRIBUTES)
_HEADER_BYTES = 1 << 20  # of one file: mode, link, attributes
_READ = 1 << 16


class FileMeta(NamedTuple):
    """What an object says of a file: type and permissions, bytes, link; ``hashed`` starts what its checksum is over."""

    mode: int
    size: int
    link: bytes
    hashed: bytes


class Inflated:
    """The content behind the header of an archived file, decompressed as it is read; going back starts anew."""

    def __init__(self, blob: Blob, start: int, size: int) -> None:
        self._blob, self._start, self.size = blob, start, size
        self._restart()

    def _restart(self) -> None:
        self._decoder = zlib.decompressobj(-15)
        self._at, self._place, self._rest = 0, self._start, b""

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``."""
        if offset < self._at:
            self._restart()
        while self._at < offset:
            self._take(min(_READ, offset - self._at))
        return self._take(max(0, min(size, self.size - offset)))

    def _take(self, count: int) -> bytes:
        parts = []
        while count:
            piece = self._more(count)
            if not piece:
                raise Damaged("its content ends early")
            parts.append(piece)
            count -= len(piece)
            self._at += len(piece)
        return b"".join(parts)

    def _more(self, most: int) -> bytes:
        while not self._decoder.eof:
            data = self._decoder.unconsumed_tail
            if not data:
                data = self._blob.pread(self._place, _READ)
                self._place += len(data)
            try:
                piece = self._decoder.decompress(data, most)
            except zlib.error as error:
                raise Damaged(f"its content is damaged ({error})") from error
            if piece or not data:
                return piece
        return b""


def archived(blob: Blob) -> tuple[FileMeta, Inflated]:
    """A file of an archive: its header as a GVariant behind its length, then raw deflate; raises ``Damaged``."""
    length = int.from_bytes(exactly(blob, 0, 4), "big")
    if length > _HEADER_BYTES:
        raise Damaged(f"its header claims {length:,} bytes")
    header = exactly(blob, 8, length)
    size, uid, gid, mode, device, link, _ = cast("list[bytes]", decode(_ARCHIVED, header))
    whole = len(header)
    tail = header[24 : whole - offset_size(whole)]  # the link and the attributes, as they stand in what is hashed
    meta = _meta(uid + gid + mode + device, tail, 24 + len(link) + 1 - 8, int.from_bytes(mode, "big"), link)
    count = int.from_bytes(size, "big")
    return meta._replace(size=count), Inflated(blob, 8 + length, count)


def bare_user(blob: Node, attribute: bytes) -> FileMeta:
    """A file of mode bare-user, from its attribute; the target of a link is its content. Raises ``Damaged``."""
    uid, gid, mode, _ = cast("list[bytes]", decode(DIRECTORY_META, attribute))
    number = int.from_bytes(mode, "big")
    link = blob.pread(0, min(blob.size, 4096)).rstrip(b"\0") if stat.S_ISLNK(number) else b""
    meta = _meta(uid + gid + mode + bytes(4), link + b"\0" + attribute[12:], 16 + len(link) + 1, number, link)
    return meta._replace(size=0 if link else blob.size)


def bare_user_only(node: Node) -> FileMeta:
    """A file of mode bare-user-only, which belongs to root and has no attributes; raises ``Damaged``."""
    link = node.target() if stat.S_ISLNK(node.mode) else b""
    numbers = bytes(8) + node.mode.to_bytes(4, "big") + bytes(4)
    meta = _meta(numbers, link + b"\0", 16 + len(link) + 1, node.mode, link)
    return meta._replace(size=0 if link else node.size)


def _meta(numbers: bytes, tail: bytes, end_of_link: int, mode: int, link: bytes) -> FileMeta:
    """The header as it is hashed, (uuuusa(ayay)): four numbers, then link and attributes, then where the link ends."""
    body = numbers + tail
    size = next(size for size in (1, 2, 4, 8) if offset_size(len(body) + size) == size)
    header = body + end_of_link.to_bytes(size, "little")
    return FileMeta(mode, 0, link, len(header).to_bytes(4, "big") + bytes(4) + header)


class Checked:
    """Content whose checksum is compared once it was read from its start to its end."""

    def __init__(self, content: Blob, meta: FileMeta, checksum: str) -> None:
        self._content, self.size, self._checksum = content, meta.size, checksum
        self._hash, self._at = hashlib.sha256(meta.hashed), 0
        self._start = meta.hashed

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``; raises ``Damaged`` with the last piece of content that is not what it should be."""
        data = self._content.pread(offset, max(0, min(size, self.size - offset)))
        if not offset:
            self._hash, self._at = hashlib.sha256(self._start), 0
        if offset == self._at:
            self._hash.update(data)
            self._at += len(data)
            if self._at == self.size and data:
                self.verify()
        return data

    def verify(self) -> None:
        """Raise ``Damaged`` unless what was read has the checksum."""
        if self._hash.hexdigest() != self._checksum:
            raise Damaged(f"its checksum is {self._hash.hexdigest()}, but the object is called {self._checksum}")
