"""Read a layer once: an index of every entry, its digests, and the bytes of wanted files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Protocol

import msgspec

from sbomctl.layers.content import EDGE, classify, classify_elf
from sbomctl.layers.heads import HEAD, Heads
from sbomctl.layers.replaced import Replaced
from sbomctl.model import Content, FileEntry, FileType
from sbomctl.sources.base import Limits, Member, OpenLayer

_EMPTY = hashlib.sha256().hexdigest()
HARVEST_VERSION = 3  # goes up whenever the harvest of some layer changes: kept ones are then read anew
MAX_FILE = 256 << 20  # bytes of one wanted file; a larger one is a fault
_REGULAR, _PLAIN, _ELF = FileType.REGULAR, Content.PLAIN, Content.ELF
_STEP_BYTES, _STEP_MEMBERS = 1 << 20, 256  # between two calls of ``advance``, which cost more than a small file
_ALWAYS_READ = 1 << 20  # bytes; asking how many a path may have costs more than reading as few
_MAX_KEPT = 2 << 30  # bytes kept of one layer in all; more is a flood, not package databases


class Harvest(msgspec.Struct, frozen=True):
    """What one layer holds.

    ``entries`` by path; of duplicate members the last one counts, as when a tar is unpacked.
    ``blobs`` are the contents of wanted files by SHA-256 (hex). ``links`` are the wanted paths
    that are links: what they lead to may have to be fetched by a second look. ``heads`` are
    those of scripts that speak of a license, as ``heads.Heads`` keeps them.
    """

    diff_id: str  # "sha256:<hex>" of the uncompressed tar; "" for a directory
    size: int  # uncompressed bytes
    changeset: bool
    entries: dict[str, FileEntry]
    blobs: dict[str, bytes]
    links: tuple[str, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()  # (path, what is wrong with it)
    heads: dict[str, bytes] = {}


class Wanted(Protocol):
    """Tells whether the content of a path must be kept."""

    def __call__(self, path: str) -> bool:
        """Whether ``path`` is wanted."""
        ...


class Advance(Protocol):
    """Called with the number of content bytes passed since the last call."""

    def __call__(self, amount: int, /) -> None:
        """Count ``amount`` bytes as done."""
        ...


def harvest(
    layer: OpenLayer,
    wanted: Wanted,
    limits: Limits,
    *,
    max_file: Callable[[str], int] = lambda _: MAX_FILE,
    heads: bool = True,
    advance: Advance | None = None,
) -> Harvest:
    """Everything later steps need of ``layer``, in one pass over its bytes.

    Content of wanted regular files is kept up to the bytes that ``max_file`` grants a path; a larger one is a fault.
    Without ``heads`` none of a script is kept.
    Raises ``CorruptInput`` and ``DigestMismatch``.
    """
    reading = _Reading(wanted, max_file, advance or (lambda _: None), digest_all=not layer.has_diff_id, heads=heads)
    return _finished(reading, layer, layer.members(limits))


def harvest_some(layer: OpenLayer, paths: Collection[str], limits: Limits) -> Harvest:
    """As ``harvest``, of a layer with nothing but regular files at ``paths``, all of them wanted.

    Nothing else is hashed, and where content need not be read to get to what follows, not read either.
    """
    only = frozenset(paths)
    reading = _Reading(lambda _: True, lambda _: MAX_FILE, lambda _: None, digest_all=True, heads=False)
    return _finished(reading, layer, (member for member in layer.members(limits) if member.path in only))


def _finished(reading: _Reading, layer: OpenLayer, members: Iterable[Member]) -> Harvest:
    for member in members:
        reading.add(member)
    reading.tell()
    reading.drop_replaced()
    digests = layer.digests()
    if digests.fault:
        reading.faults.append(("", digests.fault))
    return Harvest(
        digests.diff_id,
        digests.size,
        layer.changeset,
        reading.entries,
        reading.blobs,
        tuple(sorted(path for path in reading.links if path in reading.entries)),
        tuple(reading.faults),
        reading.heads.kept,
    )


_LONGEST = 256  # characters of a name that is certainly usable
_PATH_MAX = 4096  # of Linux: nothing longer can be unpacked
_DEEPEST = 256  # directories; every one on the way to each file costs memory
_UNUSABLE = "the name is too long or too deep for a file; left out"


def _is_usable(path: str) -> bool:
    return len(path) < _PATH_MAX and path.count("/") < _DEEPEST


class _Reading:
    """The growing result of one pass."""

    def __init__(
        self, wanted: Wanted, max_file: Callable[[str], int], advance: Advance, *, digest_all: bool, heads: bool
    ) -> None:
        self.entries: dict[str, FileEntry] = {}
        self.blobs: dict[str, bytes] = {}
        self.links: list[str] = []
        self.faults: list[tuple[str, str]] = []
        self.heads = Heads()
        self._wanted = wanted
        self._wants_heads = heads
        self._max_file = max_file
        self._advance = advance
        self._digest_all = digest_all
        self._kept = 0
        self._members = 0
        self._untold = 0  # bytes passed since ``advance`` was last called
        self._replaced = Replaced()

    def add(self, member: Member) -> None:
        path, kind = member.path, member.type
        if len(path) > _LONGEST and not _is_usable(path):
            self.faults.append((f"{path[:200]}…", _UNUSABLE))
            return
        self._members += 1
        if self._untold >= _STEP_BYTES or not self._members % _STEP_MEMBERS:
            self.tell()
        if kind is _REGULAR:
            sha256, content = self._content(member)
            entry = FileEntry(path, kind, member.size, member.mode, "", sha256, content)
        else:
            entry = self._linking(member)
            if entry.link_target and self._wanted(path):
                self.links.append(path)
        if member.fault:  # reading the content may have found one
            self.faults.append((path, member.fault))
            if kind is _REGULAR:
                entry = msgspec.structs.replace(entry, sha256="")  # not all of the content was read
        before = self.entries.get(path)
        if before is not None and not self._again(before, entry):
            return
        self.entries[path] = entry
        self._replaced.stored(path)

    def _linking(self, member: Member) -> FileEntry:
        """What is no file by itself; a hard link is settled if it can be."""
        path, kind, target = member.path, member.type, member.link_target
        if len(target) >= _PATH_MAX:
            self.faults.append((path, "the name it links to is too long; the link is not followed"))
            kind, target = FileType.OTHER, ""
        return _settled(FileEntry(path, kind, 0, member.mode, target), self.entries)

    def _again(self, before: FileEntry, entry: FileEntry) -> bool:
        """Make room for a second member of one name; False when nothing changes by it.

        Only the last is kept, so what came between two that differ in more than content may
        be shown at another place than where unpacking would put it: that is a fault.
        """
        if before.type is FileType.SYMLINK and before == entry:
            return False
        if before.type is FileType.DIRECTORY is entry.type:
            return True  # it stays before what is in it
        del self.entries[entry.path]
        if before.type is FileType.DIRECTORY and entry.type is not FileType.DIRECTORY:
            self._replaced.add(entry.path)
        if before.type is not entry.type or FileType.SYMLINK in (before.type, entry.type):
            kinds = f"{before.type.value}, then {entry.type.value}"
            self.faults.append((entry.path, f"stored twice in this layer and not alike: {kinds}"))
        return True

    def drop_replaced(self) -> None:
        """Remove what lay below directories that a later member replaced by something else."""
        for path in self._replaced.among(self.entries):
            del self.entries[path]

    def _content(self, member: Member) -> tuple[str, Content]:
        path = member.path
        wanted = self._wanted(path)
        if not member.size:
            if wanted:
                self.blobs[_EMPTY] = b""
            return _EMPTY, classify(path, b"")
        pieces = member.chunks()
        if isinstance(pieces, tuple):
            self._untold += member.size
            if not wanted:
                return self._whole(path, pieces[0])
        else:
            pieces = self._each_told(pieces)
        if wanted and self._may_keep(member):
            data = b"".join(pieces)
            sha256 = hashlib.sha256(data).hexdigest()
            self.blobs[sha256] = data
            content = classify(path, data[:8])
            return sha256, classify_elf(data[:EDGE], data[-EDGE:]) if content is Content.ELF else content
        if isinstance(pieces, tuple):
            return self._whole(path, pieces[0])
        return self._streamed(path, iter(pieces))

    def _each_told(self, pieces: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
        for piece in pieces:
            self._untold += len(piece)
            self.tell()
            yield piece

    def tell(self) -> None:
        """Report what has passed; here a scan that is to stop does so."""
        amount, self._untold = self._untold, 0
        self._advance(amount)

    def _whole(self, path: str, data: memoryview) -> tuple[str, Content]:
        """Nearly every file: all of it lies in one block."""
        content = classify(path, bytes(data[:8]))
        if content is _PLAIN and not self._digest_all:
            return "", content
        if content is _ELF:
            content = classify_elf(bytes(data[:EDGE]), bytes(data[-EDGE:]))
        sha256 = hashlib.sha256(data).hexdigest()
        if self._wants_heads and content is Content.SCRIPT:
            self.heads.add(sha256, bytes(data[:HEAD]))
        return sha256, content

    def _streamed(self, path: str, pieces: Iterator[bytes | memoryview]) -> tuple[str, Content]:
        first = bytes(next(pieces, b""))
        content = classify(path, first[:8])
        if content is Content.PLAIN and not self._digest_all:
            for _ in pieces:
                pass
            return "", content
        digest = hashlib.sha256(first)
        head, tail = first[:HEAD], first[-EDGE:]
        for piece in pieces:
            digest.update(piece)
            head += bytes(piece[: HEAD - len(head)])
            tail = bytes(piece[-EDGE:]) if len(piece) >= EDGE else (tail + bytes(piece))[-EDGE:]
        if content is Content.SCRIPT and self._wants_heads:
            self.heads.add(digest.hexdigest(), head)
        return digest.hexdigest(), classify_elf(head, tail) if content is Content.ELF else content

    def _may_keep(self, member: Member) -> bool:
        too_large = member.size > _ALWAYS_READ and member.size > self._max_file(member.path)
        if too_large or self._kept + member.size > _MAX_KEPT:
            reason = f"{member.size:,} bytes are too many for a package database or a license file; not read"
            self.faults.append((member.path, reason))
            return False
        self._kept += member.size
        return True


def _settled(entry: FileEntry, before: dict[str, FileEntry]) -> FileEntry:
    """A hard link as the file it is a name of, when that is among the entries ``before`` it.

    Done here, not in the view: a later member or layer may replace the target and must not
    change the link. Any other target lies in a lower layer, which only unpacking knows.
    """
    if entry.type is not FileType.HARDLINK:
        return entry
    name = entry.link_target.lstrip("/").removeprefix("./")
    target = before.get(name)
    return entry if target is None else linked(entry, target, name)


def linked(link: FileEntry, target: FileEntry, stored: str) -> FileEntry:
    """``link`` as another name of ``target``, whose content is stored under the name ``stored``.

    What cannot have two names, or is itself a link that leads nowhere, leaves it as it is.
    """
    if target.type in (FileType.DIRECTORY, FileType.HARDLINK):
        return link
    if target.type is FileType.REGULAR:
        return msgspec.structs.replace(target, path=link.path, link_target=target.link_target or stored)
    return msgspec.structs.replace(target, path=link.path)
