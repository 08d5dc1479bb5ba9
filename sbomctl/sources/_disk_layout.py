"""Every partition of a disk: which one is the root, where the others belong, and what cannot be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sbomctl.errors import UnsupportedInput
from sbomctl.filesystems.base import Blob, Damaged, FileSystem
from sbomctl.filesystems.blob import Slice
from sbomctl.filesystems.detect import Empty, is_zero, open_file_system, reader_of
from sbomctl.filesystems.partitions import Partition, Table, partition_table
from sbomctl.filesystems.roots import ENOUGH, is_named_by, is_overlay, mounts, score
from sbomctl.filesystems.same import same_bytes, same_tree
from sbomctl.model import Layer
from sbomctl.sources.base import Limits
from sbomctl.sources.file_system import FileSystemLayer


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Layers, the root lowest, and what could not be read."""

    layers: Sequence[FileSystemLayer]
    problems: tuple[str, ...]


@dataclass(slots=True)
class _Part:
    """One partition and what is in it."""

    partition: Partition
    blob: Blob
    tree: FileSystem | None = None
    fault: str = ""
    score: int = 0
    twins: list[_Part] = field(default_factory=list)

    @property
    def title(self) -> str:
        """``partition 2 (rootA)``, by the name in the table or the label."""
        name = self.partition.name or (self.tree.label if self.tree else "") or self.partition.type
        return f"partition {self.partition.number} ({name})"

    def says(self) -> str:
        """What is recorded of the layer it becomes."""
        tree = self.tree
        assert tree is not None
        return ", ".join([f"{self.title}: {_facts(tree)}", *(f"the same is in {twin.title}" for twin in self.twins)])

    def is_called(self, name: str) -> bool:
        """Whether the user means it."""
        return name in (str(self.partition.number), self.partition.name) or bool(self.tree and self.tree.label == name)


def arranged(blob: Blob, path: str, wanted: str, limits: Limits) -> Arrangement:
    """The layers of a disk or of a bare file system; raises ``Damaged`` and ``UnsupportedInput``."""
    table = None if reader_of(blob) else partition_table(blob)
    if table is None:
        return _bare(open_file_system(blob), path, wanted)
    parts = [_examined(Slice(blob, each.start, each.size), each) for each in table.partitions]
    problems = [*table.faults, *_unclaimed(blob, table)]
    problems += [f"{part.title}: {part.fault}" for part in parts if part.fault]
    read = _without_twins([part for part in parts if part.tree is not None], limits)
    roots = [part for part in read if part.score >= ENOUGH]
    root = _chosen(roots, read, path, wanted)
    if not wanted:
        problems += [_another_root(part, path) for part in roots if part is not root]
    others = [part for part in read if part is not root and part not in roots]
    problems += [f"{part.title}: {_OVERLAY}" for part in others if part.tree and is_overlay(part.tree)]
    return Arrangement(_layers(root, others, path), tuple(problems))


_OVERLAY = "a writable overlay (upper, work); what it changes in the root is not applied to it"


def _bare(tree: FileSystem, path: str, wanted: str) -> Arrangement:
    if wanted:
        raise UnsupportedInput(f"{path} has no partitions", f"leave :{wanted} away")
    if isinstance(tree, Empty):
        raise UnsupportedInput(f"{path} holds only zeros", "write or download it again")
    return Arrangement([FileSystemLayer(Layer(0, created_by=_facts(tree)), tree, "", path)], ())


def _facts(tree: FileSystem) -> str:
    return ", ".join([tree.kind, *([f"label {tree.label}"] if tree.label else []), *tree.notes])


def _examined(blob: Blob, partition: Partition) -> _Part:
    part = _Part(partition, blob)
    try:
        part.tree = open_file_system(blob)
        part.score = score(part.tree)
    except Damaged as error:
        part.fault = str(error)
    return part


def _unclaimed(blob: Blob, table: Table) -> Iterator[str]:
    """Data outside of every partition, where bootloaders like to be."""
    at = 0
    claimed = [*table.taken, *((one.start, one.start + one.size) for one in table.partitions)]
    for start, end in [*sorted(claimed), (blob.size, blob.size)]:
        if at < start and not is_zero(Slice(blob, at, start - at)):
            yield f"bytes {at:,} to {start:,} are in no partition and were not read; bootloaders often lie there"
        at = max(at, end)


def _without_twins(parts: Iterable[_Part], limits: Limits) -> list[_Part]:
    """Each content once: the slots of a device that updates itself often hold the same."""
    kept: list[_Part] = []
    for part in parts:
        twin = next((one for one in kept if _are_twins(one, part, limits)), None)
        if twin is None:
            kept.append(part)
        else:
            twin.twins.append(part)
    return kept


def _are_twins(one: _Part, other: _Part, limits: Limits) -> bool:
    if one.tree is None or other.tree is None or one.tree.kind != other.tree.kind:
        return False
    return same_bytes(one.blob, other.blob) or same_tree(one.tree, other.tree, limits.members)


def _chosen(roots: Sequence[_Part], read: Sequence[_Part], path: str, wanted: str) -> _Part | None:
    """The root: the one that is asked for, else the one with most of a root in it, the first of equals."""
    if not wanted:
        return max(roots, key=lambda part: part.score, default=None)
    for part in read:
        if any(one.is_called(wanted) for one in (part, *part.twins)):
            return part
    known = ", ".join(part.title for part in read) or "none"
    raise UnsupportedInput(f"{path} has no partition {wanted!r} that can be read", f"there are: {known}")


def _another_root(part: _Part, path: str) -> str:
    name = path.rpartition("/")[2]
    return (
        f"{part.title}: another root file system, which differs from the first and is not in this result; "
        f"add it as an image of its own: disk:{name}:{part.partition.number}"
    )


def _layers(root: _Part | None, others: Sequence[_Part], path: str) -> list[FileSystemLayer]:
    stated = mounts(root.tree) if root and root.tree else ()
    placed = [(root, "")] if root else []
    placed += [(part, _place(part, stated)) for part in others]
    return [
        FileSystemLayer(Layer(index, created_by=part.says()), part.tree, place, f"{path}: {part.title}")
        for index, (part, place) in enumerate(placed)
        if part is not None and part.tree is not None
    ]


def _place(part: _Part, stated: Iterable[tuple[str, str]]) -> str:
    """Where /etc/fstab mounts it, else a directory of its own."""
    tree, partition = part.tree, part.partition
    assert tree is not None
    names = {"UUID": tree.uuid, "LABEL": tree.label, "PARTUUID": partition.uuid, "PARTLABEL": partition.name}
    places = [place for device, place in stated if is_named_by(device, names, partition.number)]
    return places[0] if places else f"partition-{partition.number}"
