"""Read a layer once: an index of every entry, its digests, and the bytes of wanted files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Protocol

import msgspec

from sbomctl.layers.content import EDGE, classify, classify_elf
from sbomctl.model import Content, FileEntry, FileType
from sbomctl.sources.base import Limits, Member, OpenLayer

_EMPTY = hashlib.sha256().hexdigest()
_MAX_KEPT = 2 << 30  # bytes kept of one layer in all; more is a flood, not package databases


class Harvest(msgspec.Struct, frozen=True):
    """What one layer holds.

    ``entries`` by path; of duplicate members the last one counts, as when a tar is unpacked.
    ``blobs`` are the contents of wanted files by SHA-256 (hex). ``links`` are the wanted paths
    that are links: what they lead to may have to be fetched by a second look.
    """

    diff_id: str  # "sha256:<hex>" of the uncompressed tar; "" for a directory
    size: int  # uncompressed bytes
    changeset: bool
    entries: dict[str, FileEntry]
    blobs: dict[str, bytes]
    links: tuple[str, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()  # (path, what is wrong with it)


class Wanted(Protocol):
    """Tells whether the content of a path must be kept."""

    def __call__(self, path: str) -> bool:
        """Whether ``path`` is wanted."""
        ...


class Advance(Protocol):
    """Called with the number of content bytes passed since the last call."""

    def __call__(self, amount: int) -> None:
        """Count ``amount`` bytes as done."""
        ...


def harvest(
    layer: OpenLayer,
    wanted: Wanted,
    limits: Limits,
    *,
    max_file: int = 256 << 20,
    advance: Advance | None = None,
) -> Harvest:
    """Everything later steps need of ``layer``, in one pass over its bytes.

    Content of wanted regular files up to ``max_file`` bytes is kept; a larger one is a fault.
    Raises ``CorruptInput`` and ``DigestMismatch``.
    """
    reading = _Reading(wanted, max_file, digest_all=not layer.has_diff_id)
    for member in layer.members(limits):
        reading.add(member)
        if advance is not None:
            advance(member.size)
    reading.drop_replaced()
    digests = layer.digests()
    _settle_hard_links(reading.entries)
    return Harvest(
        digests.diff_id,
        digests.size,
        layer.changeset,
        reading.entries,
        reading.blobs,
        tuple(sorted(path for path in reading.links if path in reading.entries)),
        tuple(reading.faults),
    )


class _Reading:
    """The growing result of one pass."""

    def __init__(self, wanted: Wanted, max_file: int, *, digest_all: bool) -> None:
        self.entries: dict[str, FileEntry] = {}
        self.blobs: dict[str, bytes] = {}
        self.links: list[str] = []
        self.faults: list[tuple[str, str]] = []
        self._wanted = wanted
        self._max_file = max_file
        self._digest_all = digest_all
        self._kept = 0
        self._replaced: dict[str, int] = {}  # directory -> how many directories had been replaced after it was
        self._age: dict[str, int] = {}  # path -> how many had been replaced when it was stored

    def add(self, member: Member) -> None:
        path, kind = member.path, member.type
        if kind is FileType.REGULAR:
            sha256, content = self._content(member)
            entry = FileEntry(path, kind, member.size, member.mode, "", sha256, content)
        else:
            entry = FileEntry(path, kind, 0, member.mode, member.link_target)
            if member.link_target and self._wanted(path):
                self.links.append(path)
        if member.fault:  # reading the content may have found one
            self.faults.append((path, member.fault))
            if kind is FileType.REGULAR:
                entry = msgspec.structs.replace(entry, sha256="")  # not all of the content was read
        before = self.entries.pop(path, None)
        self.entries[path] = entry
        if before is not None and before.type is FileType.DIRECTORY and kind is not FileType.DIRECTORY:
            self._replaced[path] = len(self._replaced) + 1
        if self._replaced:
            self._age[path] = len(self._replaced)

    def drop_replaced(self) -> None:
        """Remove what lay below directories that a later member replaced by something else."""
        if not self._replaced:
            return
        for path in [path for path in self.entries if self._was_replaced(path)]:
            del self.entries[path]

    def _was_replaced(self, path: str) -> bool:
        age, parent = self._age.get(path, 0), path.rpartition("/")[0]
        while parent:
            if self._replaced.get(parent, 0) > age:
                return True
            parent = parent.rpartition("/")[0]
        return False

    def _content(self, member: Member) -> tuple[str, Content]:
        path = member.path
        wanted = self._wanted(path)
        if not member.size:
            if wanted:
                self.blobs[_EMPTY] = b""
            return _EMPTY, classify(path, b"")
        pieces = member.chunks()
        if wanted and self._may_keep(member):
            data = b"".join(pieces)
            sha256 = hashlib.sha256(data).hexdigest()
            self.blobs[sha256] = data
            content = classify(path, data[:8])
            return sha256, classify_elf(data[:EDGE], data[-EDGE:]) if content is Content.ELF else content
        if isinstance(pieces, tuple):
            return self._whole(path, pieces[0])
        return self._streamed(path, iter(pieces))

    def _whole(self, path: str, data: memoryview) -> tuple[str, Content]:
        """Nearly every file: all of it lies in one block."""
        content = classify(path, bytes(data[:8]))
        if content is Content.PLAIN and not self._digest_all:
            return "", content
        if content is Content.ELF:
            content = classify_elf(bytes(data[:EDGE]), bytes(data[-EDGE:]))
        return hashlib.sha256(data).hexdigest(), content

    def _streamed(self, path: str, pieces: Iterator[bytes | memoryview]) -> tuple[str, Content]:
        first = bytes(next(pieces, b""))
        content = classify(path, first[:8])
        if content is Content.PLAIN and not self._digest_all:
            for _ in pieces:
                pass
            return "", content
        digest = hashlib.sha256(first)
        tail = first[-EDGE:]
        for piece in pieces:
            digest.update(piece)
            tail = bytes(piece[-EDGE:]) if len(piece) >= EDGE else (tail + bytes(piece))[-EDGE:]
        return digest.hexdigest(), classify_elf(first[:EDGE], tail) if content is Content.ELF else content

    def _may_keep(self, member: Member) -> bool:
        if member.size > self._max_file or self._kept + member.size > _MAX_KEPT:
            self.faults.append((member.path, f"{member.size:,} bytes are too many to read as a package database"))
            return False
        self._kept += member.size
        return True


def _settle_hard_links(entries: dict[str, FileEntry]) -> None:
    """Make each hard link a regular file with the content of its target in this layer.

    Done here, not in the view: a later layer may replace the target and must not change
    the link. ``link_target`` stays, to tell where the bytes are stored.
    """
    for path, entry in entries.items():
        if entry.type is FileType.HARDLINK:
            settled = settle(entry, entries)
            if settled is not None:
                entries[path] = settled


def settle(link: FileEntry, entries: dict[str, FileEntry]) -> FileEntry | None:
    """The regular file that a hard link is, when its target is in ``entries``; chains are followed."""
    target = link
    for _ in range(40):
        name = target.link_target.lstrip("/").removeprefix("./")
        found = entries.get(name)
        if found is None:
            return None
        if found.type is not FileType.HARDLINK:
            return msgspec.structs.replace(found, path=link.path, link_target=found.path)
        target = found
    return None
