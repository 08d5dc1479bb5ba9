"""What the file systems of an input are together: the root and what is mounted in it, images inside, what is unread.

``arranged`` is for whatever gives bytes or a tree: a disk, a bare file system, a root in a tar or a directory, the
payload of a bundle.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from sbomctl.errors import UnsupportedInput
from sbomctl.filesystems.base import Blob, Damaged, FileSystem
from sbomctl.filesystems.behind import behind
from sbomctl.filesystems.blob import Held, Slice
from sbomctl.filesystems.boot_images import HOLD_FILES, is_boot_image
from sbomctl.filesystems.containers import opened_container
from sbomctl.filesystems.detect import Empty, decompressed_whole, is_zero, open_file_system, reader_of
from sbomctl.filesystems.divided import Division, divided
from sbomctl.filesystems.partitions import Partition
from sbomctl.filesystems.roots import ENOUGH, is_named_by, is_overlay, is_volume, mounts, score
from sbomctl.filesystems.same import same_bytes, same_tree
from sbomctl.filesystems.squashfs import Squashfs
from sbomctl.filesystems.subtree import Names
from sbomctl.filesystems.ubi import is_ubi
from sbomctl.filesystems.walk import find
from sbomctl.model import Image, Platform
from sbomctl.sources.base import Limits, OpenImage, Request
from sbomctl.sources.file_system import FileSystemLayer, Piece, layers_of
from sbomctl.sources.systems import SYSTEMS
from sbomctl.sources.systems.base import Here, Over, Root
from sbomctl.sources.systems.images import images_of, named, searched

_WHOLE = Partition(0, 0, 0, "")


class Arrangement(msgspec.Struct, frozen=True):
    """Layers, the root lowest, images inside, and what could not be read."""

    layers: Sequence[FileSystemLayer]
    inner: Sequence[OpenImage] = ()
    problems: tuple[str, ...] = ()

    def opened(self, request: Request, target: str, problems: tuple[str, ...] = ()) -> OpenImage:
        """The image that all of this is. It has no digest: its entries are the only identity there is."""
        infos = tuple(layer.info for layer in self.layers)
        image = Image("", request.name, request.role, target, request.platform or Platform(), infos)
        return OpenImage(image, self.layers, problems + self.problems, inner=self.inner)


class Part(msgspec.Struct):
    """One partition, volume of flash or image of a bundle, and what is in it."""

    word: str  # which of them it is
    partition: Partition
    blob: Blob
    tree: FileSystem | None = None
    fault: str = ""
    score: int = 0
    twins: list[Part] = []
    root: Root | None = None  # what the tree holds instead of being a root itself
    outer: Part | None = None  # that it lies in
    of: str = ""  # the file of a bundle that it is in, or is
    place: str = ""  # where it is a layer when nothing mounts it; "" = by its number
    left_out: frozenset[bytes] = frozenset()  # of the tree, as of ``Piece``

    @property
    def number(self) -> str:
        """``2``, or ``2.1`` for the first image in the second partition."""
        return f"{self.outer.number}.{self.partition.number}" if self.outer else str(self.partition.number)

    @property
    def title(self) -> str:
        """``partition 2 (rootA)``, by the name in the table or the label; "" for what is no part of a disk."""
        if not self.word:
            return self.of
        name = self.partition.name or (self.tree.label if self.tree else "") or self.partition.type
        title = f"{self.word} {self.partition.number} ({name})"
        if self.outer:
            return f"{self.outer.title}, {title}"
        return f"{self.of}: {title}" if self.of else title

    def says(self) -> str:
        """What is recorded of the layer it becomes."""
        tree = self.tree
        assert tree is not None
        facts = ": ".join(part for part in (self.title, _facts(tree)) if part)
        return ", ".join([facts, *(f"the same is in {twin.title}" for twin in self.twins)])

    def is_called(self, name: str) -> bool:
        """Whether the user means it."""
        labels = {self.number, self.partition.name, *([self.tree.label] if self.tree else [])}
        return name in labels or (self.outer is not None and self.outer.is_called(name))


def arranged(given: Blob, path: str, request: Request, wanted: str = "", shown: str = "") -> Arrangement:
    """The layers of a disk or a bare file system, and the images in it, by the rules of ``systems``.

    ``path`` is what messages call it; ``request`` names the image, which names the inner ones, and has the limits.
    ``wanted`` chooses a partition by number, name or label, or is ``PARTITION/PATH``: a file in one, or in a bare
    file system, that holds a disk itself, of which ``:PARTITION`` may follow. ``shown`` is how problems name the
    image, by default without its directory. Raises ``Damaged`` and ``UnsupportedInput``.
    """
    blob = opened_container(given) or given
    if "/" in wanted:
        inner, file, rest = _file(blob, path, wanted)
        return arranged(inner, f"{path}:{file}", request, rest, f"{shown or _last(path)}:{file}")
    division = None if reader_of(blob) else divided(blob)
    if division is None:
        return arranged_tree(open_file_system(blob), path, request, wanted, blob)
    parts, loose = all_examined(division)
    problems = faults_of(blob, division, parts)
    read = without_twins([part for part in parts if part.tree is not None], request.limits)
    ask_systems(read, request)
    roots = [part for part in read if part.score >= ENOUGH] or (read[:1] if division.loose else [])
    root = _chosen(roots, read, path, wanted)
    if not wanted:
        problems += [_another_root(part, shown or _last(path)) for part in roots if part is not root]
    others = [part for part in read if part is not root and part not in roots]
    return put_together(root, others, path, request, problems, loose)


def put_together(
    root: Part | None,
    others: Sequence[Part],
    path: str,
    request: Request,
    problems: Sequence[str],
    loose: Sequence[Piece] = (),
) -> Arrangement:
    """Layers from parts, and the images in them; ``loose`` are further layers, as what of a division is files."""
    over = _over(root, others) if root else Over()
    pieces = [*pieces_of(root), *over.pieces] if root else []
    stated = next((lines for piece in reversed(pieces) if not piece.place and (lines := mounts(piece.tree))), ())
    placed = [_placed(part, stated, over) for part in others if part.tree is not None]
    unplaced = [piece for piece, part in zip(placed, others, strict=True) if piece.place == _own_place(part)]
    unplaced += pieces if root and root.score < ENOUGH else []
    placed += loose
    found, pieces = searched([*pieces, *placed], request, unplaced=unplaced)
    rooted = root.root if root and root.root else Root(())
    candidates = found.roots
    if candidates and (root is None or root.score < ENOUGH):
        pieces, candidates = [*candidates[0].pieces, *_moved(pieces)], candidates[1:]
    inner = named([*rooted.inner, *found.inner, *images_of(candidates)])
    writable = (
        f"{part.title}: {_OVERLAY}"
        for part in others
        if part.tree and is_overlay(part.tree) and not any(part.tree is one for one in over.taken)
    )
    read = [*([root] if root and not over.pieces else []), *others]
    told = (*problems, *_not_read(read), *writable, *over.problems, *rooted.problems, *found.problems)
    return Arrangement(layers_of(pieces, path), inner, told)


def _loose(division: Division, outer: Part | None) -> list[Piece]:
    """What a boot image holds beside file systems, as files."""
    tree = division.loose
    if tree is None or not any(tree.node(tree.root).names()):
        return []
    if outer is None:
        return [Piece(tree, "image", tree.kind)]
    return [Piece(tree, _own_place(outer), f"{outer.title}: {tree.kind}")]


def _over(root: Part, others: Sequence[Part]) -> Over:
    """What lies over a root that is its own."""
    tree, beside = root.tree, [part.tree for part in others if part.tree is not None]
    if tree is None or root.root is not None:
        return Over()
    found = (system.over(tree, root.blob, beside) for system in SYSTEMS)
    return next((over for over in found if over is not None), Over())


def _not_read(parts: Iterable[Part]) -> Iterator[str]:
    """File systems behind others in the same place, for which no table says that they are there."""
    for part in parts:
        tree = part.tree
        if not isinstance(tree, Squashfs):
            continue
        title = part.title or tree.kind
        try:
            found = behind(part.blob, tree.end)
            if found is not None and reader_of(found):
                place = part.blob.size - found.size
                yield f"{title}: another file system lies behind it, at byte {place:,}, and was not read"
        except Damaged as error:
            yield f"{title}: what lies behind it cannot be read: {error}"


def _placed(part: Part, stated: Iterable[tuple[str, str]], over: Over) -> Piece:
    """A part that is not the root, without what lies over the root."""
    tree = part.tree
    assert tree is not None
    left_out = frozenset((b"upper",)) if any(tree is one for one in over.taken) else part.left_out
    return Piece(tree, _place(part, stated), part.says(), left_out=left_out)


def _moved(pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces beside a root that lies in one of them."""
    return [msgspec.structs.replace(piece, place=piece.place or "partition") for piece in pieces]


def pieces_of(root: Part) -> list[Piece]:
    """The root, or what it holds instead, the lowest first."""
    assert root.tree is not None
    if root.root is None:
        return [Piece(root.tree, "", root.says(), left_out=root.left_out)]
    return [msgspec.structs.replace(piece, says=f"{root.says()}, {piece.says}") for piece in root.root.pieces]


def ask_systems(parts: Sequence[Part], request: Request) -> None:
    """Let every system look for a root of its form in each part."""
    trees = [part.tree for part in parts if part.tree is not None]
    for part in parts:
        assert part.tree is not None
        beside = [tree for tree in trees if tree is not part.tree]
        here = Here(Names(part.tree), request, beside=beside)
        part.root = next((root for system in SYSTEMS if (root := system.root(here)) is not None), None)
        part.score = score(part.tree)
        if part.root is not None:
            part.score = max([ENOUGH, *(score(piece.tree) for piece in part.root.pieces if not piece.place)])


def _file(blob: Blob, path: str, wanted: str) -> tuple[Blob, str, str]:
    """A file inside of an image, decompressed and out of its container; what names it, and what is wanted of it."""
    name, _, inner = wanted.partition("/")
    division = None if reader_of(blob) else divided(blob)
    if division is None:
        tree: FileSystem | None = open_file_system(blob)
        if name:
            raise UnsupportedInput(f"{path} has no partitions", f"write {path}:/{inner}")
    else:
        tree = called(all_examined(division)[0], path, name).tree
    rest = ""
    node = find(tree, os.fsencode(inner)) if tree else None
    if node is None and tree and ":" in inner:
        inner, _, rest = inner.rpartition(":")
        node = find(tree, os.fsencode(inner))
    if node is None or not stat.S_ISREG(node.mode):
        raise UnsupportedInput(f"{path}: there is no file {inner!r} in it", "paths start at the top of their partition")
    content = decompressed_whole(node)
    return content, f"{name}/{inner}", rest


_OVERLAY = "a writable overlay (upper, work); what it changes in the root is not applied to it"


def arranged_tree(
    tree: FileSystem,
    path: str,
    request: Request,
    wanted: str = "",
    blob: Blob = Held(b""),  # noqa: B008 - nothing
) -> Arrangement:
    """The same for one tree of files, wherever it is from; ``blob`` is what it lies in, for what may lie behind it."""
    if wanted:
        raise UnsupportedInput(f"{path} has no partitions", f"leave :{wanted} away")
    if isinstance(tree, Empty):
        raise UnsupportedInput(f"{path} holds {tree.kind}", "write or download it again")
    return _one(tree, path, request, blob)[0]


def systems_in(tree: FileSystem, path: str, request: Request) -> Arrangement | None:
    """What ``arranged_tree`` gives where a system finds something; None for a tree that is just a root."""
    found, rooted = _one(tree, path, request, Held(b""))
    return found if rooted or found.inner or found.problems or len(found.layers) > 1 else None


def _one(tree: FileSystem, path: str, request: Request, blob: Blob) -> tuple[Arrangement, bool]:
    part = Part("", _WHOLE, blob, tree)
    ask_systems([part], request)
    return put_together(part, [], path, request, ()), part.root is not None


def _facts(tree: FileSystem) -> str:
    return ", ".join([tree.kind, *([f"label {tree.label}"] if tree.label else []), *tree.notes])


def all_examined(division: Division, outer: Part | None = None) -> tuple[list[Part], list[Piece]]:
    """Every part, of flash or boot images in a part the parts of these, and what is to be given as files."""
    parts, loose = [], _loose(division, outer)
    for partition, blob in zip(division.table.partitions, division.blobs, strict=True):
        part = Part(division.word, partition, blob, outer=outer)
        try:
            inner = _divided_again(blob) if outer is None and division.loose is None else None
            if inner is None:
                part.tree = open_file_system(blob)
        except Damaged as error:
            is_a_file = division.loose is not None and partition.type not in HOLD_FILES
            part.fault, inner = "" if is_a_file else str(error), None
        if inner is None:
            parts.append(part)
            continue
        part.fault = "; ".join(inner.table.faults)
        more, files = all_examined(inner, part)
        parts += [*([part] if part.fault else []), *more]
        loose += files
    return parts, loose


def _divided_again(blob: Blob) -> Division | None:
    """A UBI or a boot image that fills a partition; another table of partitions is not looked for."""
    is_one = reader_of(blob) is None and (is_ubi(blob) or is_boot_image(blob))
    return divided(blob) if is_one else None


def faults_of(blob: Blob, division: Division, parts: Iterable[Part]) -> list[str]:
    """What is wrong with a division and with the parts of it, and what of it belongs to none."""
    faults = [*division.table.faults, *_unclaimed(blob, division)]
    return faults + [f"{part.title}: {part.fault}" for part in parts if part.fault]


def _unclaimed(blob: Blob, division: Division) -> Iterator[str]:
    """Data outside of every partition, where bootloaders like to be; volumes fill their flash."""
    if division.word != "partition":
        return
    at = 0
    table = division.table
    claimed = [*table.taken, *((one.start, one.start + one.size) for one in table.partitions)]
    for start, end in [*sorted(claimed), (blob.size, blob.size)]:
        if at < start and not is_zero(Slice(blob, at, start - at)):
            yield f"bytes {at:,} to {start:,} are in no partition and were not read; bootloaders often lie there"
        at = max(at, end)


def without_twins(parts: Iterable[Part], limits: Limits) -> list[Part]:
    """Each content once: the slots of a device that updates itself often hold the same."""
    kept: list[Part] = []
    for part in parts:
        twin = next((one for one in kept if _are_twins(one, part, limits)), None)
        if twin is None:
            kept.append(part)
        else:
            twin.twins.append(part)
    return kept


def _are_twins(one: Part, other: Part, limits: Limits) -> bool:
    if one.tree is None or other.tree is None or one.tree.kind != other.tree.kind:
        return False
    same = one.blob.size > 0 and same_bytes(one.blob, other.blob)  # a tree may come without bytes
    return same or same_tree(one.tree, other.tree, limits.members)


def _chosen(roots: Sequence[Part], read: Sequence[Part], path: str, wanted: str) -> Part | None:
    """The root: the one asked for, else the one that starts or has most of a root in it, the first of equals."""
    if not wanted:
        return max(roots, key=lambda part: (part.root.rank if part.root else 0, part.score), default=None)
    return called(read, path, wanted)


def called(parts: Iterable[Part], path: str, wanted: str, what: str = "partition") -> Part:
    """The part that the user means; raises ``UnsupportedInput``."""
    read = [part for part in parts if part.tree is not None]
    for part in read:
        if any(one.is_called(wanted) for one in (part, *part.twins)):
            return part
    known = ", ".join(part.title for part in read) or "none"
    raise UnsupportedInput(f"{path} has no {what} {wanted!r} that can be read", f"there are: {known}")


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _another_root(part: Part, name: str) -> str:
    return (
        f"{part.title}: another root file system, which differs from the first and is not in this result; "
        f"add it as an image of its own: disk:{name}:{part.number}"
    )


def _place(part: Part, stated: Iterable[tuple[str, str]]) -> str:
    """Where /etc/fstab mounts it, else a directory of its own."""
    tree, partition = part.tree, part.partition
    assert tree is not None
    if part.outer is not None:
        return _own_place(part)
    names = {"UUID": tree.uuid, "LABEL": tree.label, "PARTUUID": partition.uuid, "PARTLABEL": partition.name}
    is_mine = is_volume if part.word == "volume" else is_named_by
    places = [place for device, place in stated if is_mine(device, names, partition.number)]
    return places[0] if places else _own_place(part)


def _own_place(part: Part) -> str:
    name = part.place or f"{part.word}-{part.partition.number}"
    return f"{_own_place(part.outer)}/{name}" if part.outer else name
