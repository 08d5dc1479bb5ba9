"""A tar as a tree of files that can be looked into: only headers are read, contents stay where they are."""

from __future__ import annotations

import os
import stat
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sbomctl.errors import CorruptInput
from sbomctl.filesystems.base import Blob, Damaged, Node, exactly
from sbomctl.filesystems.detect import is_zero
from sbomctl.model import path_text
from sbomctl.sources._tar_header import BLOCK, NO_RECORDS, Header, headers
from sbomctl.sources._tar_sparse import sparse_map
from sbomctl.sources.archive import Headers
from sbomctl.sources.tar import MORE, VOLUME_LABEL, unknown

_KINDS = {
    b"0": stat.S_IFREG,
    b"7": stat.S_IFREG,
    b"S": stat.S_IFREG,
    b"2": stat.S_IFLNK,
    b"3": stat.S_IFCHR,
    b"4": stat.S_IFBLK,
    b"5": stat.S_IFDIR,
    b"D": stat.S_IFDIR,
    b"6": stat.S_IFIFO,
}
_HARD_LINK = b"1"
_LINKS_MAX = 40


class _Entry(NamedTuple):
    mode: int
    size: int = 0
    pieces: tuple[tuple[int, int, int], ...] = ()  # offset, bytes, where they are in the archive
    link: bytes = b""
    device: int = 0
    attributes: Mapping[str, bytes] = NO_RECORDS


class TarTree:
    """The root file system in a tar (``filesystems.base.FileSystem``); of two entries with one name the later counts.

    A name of a file may come before or behind the entry that holds its content.
    """

    kind = "tar"
    label = uuid = ""
    root = 0
    notes: tuple[str, ...] = ()

    def __init__(self, blob: Blob, name: str, most: int) -> None:
        """Reads every header; ``most`` entries are allowed. Raises ``CorruptInput``."""
        self.faults: tuple[str, ...] = ()
        self.blob = blob
        self._entries: list[_Entry] = [_Entry(stat.S_IFDIR | 0o755)]
        self._names: dict[int, dict[bytes, int]] = {0: {}}
        self._links: dict[int, bytes] = {}  # entries that are names of others, until all are known
        self._counts: dict[int, int] = {}
        self._read(name, most)
        self._settle()

    def _read(self, name: str, most: int) -> None:
        source = Headers(self.blob, name)
        for count, header in enumerate(headers(source, name, must_end=True)):
            if count == most:
                raise CorruptInput(f"{name}: more than {count:,} entries", "this is no usable archive")
            self._add(header, source, name)
        if not is_zero(self.blob, source.at):
            self._note(MORE)

    def _add(self, header: Header, source: Headers, name: str) -> None:
        found = sparse_map(header, source, name) if header.sparse or header.type == b"S" else None
        stored = header.size - (found[2] if found else 0)
        start = source.at
        source.at += -(-stored // BLOCK) * BLOCK
        if start + stored > source.end:
            raise CorruptInput(f"{name}: the archive ends in the middle of a file", "it is truncated; get it again")
        parts = _parts(header.name)
        kind = _KINDS.get(header.type)
        if parts is None:
            self._note(f"the name {header.name[:100]!r} climbs out; its entry is left out")
        elif kind == stat.S_IFREG:
            pieces = _pieces(found[0], start) if found else ((0, stored, start),)
            size = found[1] if found else stored
            self._put(parts, _Entry(kind | header.mode, size, pieces, attributes=header.attributes))
        elif kind is not None:
            entry = _Entry(kind | header.mode, 0, (), header.link, _device(header.block), header.attributes)
            self._put(parts, entry)
        elif header.type == _HARD_LINK and parts:
            self._links[self._put(parts, _Entry(stat.S_IFREG | header.mode))] = header.link
        elif header.type not in (_HARD_LINK, VOLUME_LABEL):
            self._note(f"{path_text(header.name[:100])}: {unknown(header.type)}")

    def _note(self, fault: str) -> None:
        self.faults = (*self.faults[:9], fault)

    def _put(self, parts: list[bytes], entry: _Entry) -> int:
        if not parts:
            return 0
        parent = 0
        for part in parts[:-1]:
            parent = self._directory(parent, part)
        before = self._names[parent].get(parts[-1])
        if stat.S_ISDIR(entry.mode) and before in self._names:  # it keeps what is in it
            self._entries[before] = entry
            return before
        number = len(self._entries)
        self._entries.append(entry)
        if stat.S_ISDIR(entry.mode):
            self._names[number] = {}
        self._names[parent][parts[-1]] = number
        return number

    def _directory(self, parent: int, name: bytes) -> int:
        """The directory of that name, made where the archive leaves it out."""
        number = self._names[parent].get(name)
        if number is None or number not in self._names:
            number = self._names[parent][name] = len(self._entries)
            self._entries.append(_Entry(stat.S_IFDIR | 0o755))
            self._names[number] = {}
        return number

    def _settle(self) -> None:
        """Make each further name of a file the file itself."""
        for names in self._names.values():
            for name, number in names.items():
                if number in self._links:
                    names[name] = self._target(number)
        for names in self._names.values():
            for number in names.values():
                self._counts[number] = self._counts.get(number, 0) + 1

    def _target(self, number: int) -> int:
        for _ in range(_LINKS_MAX):
            if number not in self._links:
                return number
            found = self._at(_parts(self._links[number]) or [])
            if found is None or found in self._names:
                break
            number = found
        self._note(f"a hard link leads to {self._links[number][:100]!r}, which is no file")
        return number

    def _at(self, parts: list[bytes]) -> int | None:
        number: int | None = 0
        for part in parts:
            number = self._names.get(number if number is not None else -1, {}).get(part)
        return number

    def node(self, ref: int) -> TarNode:
        """The entry of that number."""
        entry = self._entries[ref]
        if ref in self._links:
            raise Damaged("it is a hard link that leads to no file")
        return TarNode(self, ref, entry, self._names.get(ref, {}), self._counts.get(ref, 1))


class TarNode(Node):
    """One entry."""

    __slots__ = ("_entry", "_names", "_tree")

    def __init__(self, tree: TarTree, ref: int, entry: _Entry, names: dict[bytes, int], links: int) -> None:
        super().__init__(ref, entry.mode, entry.size or len(entry.link), links)
        self._tree, self._entry, self._names = tree, entry, names

    def names(self) -> Iterator[tuple[bytes, int]]:
        """See ``Node``."""
        if not stat.S_ISDIR(self.mode):
            raise Damaged("it is no directory")
        return iter(self._names.items())

    def target(self) -> bytes:
        """See ``Node``."""
        if not stat.S_ISLNK(self.mode):
            raise Damaged("it is no symbolic link")
        return self._entry.link

    def device(self) -> int:
        """See ``Node``."""
        return self._entry.device

    def attribute(self, name: bytes) -> bytes | None:
        """Those of overlays; an archive made without extended attributes has lost them."""
        return self._entry.attributes.get(name.decode("utf-8", "replace"))

    def stored(self) -> int:
        """See ``Node``."""
        return sum(count for _, count, _ in self._entry.pieces)

    def pread(self, offset: int, size: int) -> bytes:
        """See ``Blob``."""
        if not stat.S_ISREG(self.mode):
            raise Damaged("it is no regular file")
        pieces, blob = self._entry.pieces, self._tree.blob
        end = min(offset + size, self.size)
        if len(pieces) == 1 and pieces[0][:2] == (0, self.size):
            return exactly(blob, pieces[0][2] + offset, max(0, end - offset))
        parts = []
        for start, count, place in pieces[max(0, bisect_right(pieces, (offset, 1 << 63)) - 1) :]:
            if start >= end:
                break
            if start + count <= offset:
                continue
            parts.append(bytes(max(0, start - offset)))
            offset = max(offset, start)
            part = exactly(blob, place + offset - start, min(end, start + count) - offset)
            parts.append(part)
            offset += len(part)
        return b"".join([*parts, bytes(max(0, end - offset))])


def _parts(raw: bytes) -> list[bytes] | None:
    """The parts of a name; None for one that climbs out."""
    parts = [part for part in raw.split(b"/") if part not in (b"", b".")]
    return None if b".." in parts else parts


def _pieces(sparse: tuple[tuple[int, int], ...], start: int) -> tuple[tuple[int, int, int], ...]:
    """The pieces of a sparse file, stored one behind the other."""
    found = []
    for offset, count in sparse:
        found.append((offset, count, start))
        start += count
    return tuple(found)


def _device(block: bytes) -> int:
    """Device numbers of an entry (POSIX.1-2017 pax(1), "ustar"); 0:0 where there are none."""
    numbers = [field.partition(b"\0")[0].strip() for field in (block[329:337], block[337:345])]
    try:
        return os.makedev(*(int(number, 8) if number else 0 for number in numbers))
    except (ValueError, OverflowError):
        return -1  # no whiteout, whatever it is
