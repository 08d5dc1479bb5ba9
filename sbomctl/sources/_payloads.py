"""The images in an update bundle or an installer, put together as what a device has after it.

The image for the root is the root, file systems beside it are layers where the root mounts them, whole disks are
taken apart, further roots are images of their own, and what cannot be read is a problem.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sbomctl.errors import CorruptInput, DigestMismatch, InputError, UnsupportedInput
from sbomctl.filesystems._spool import compression, opening, spooled
from sbomctl.filesystems.base import Blob, Damaged, FileSystem, Unreadable
from sbomctl.filesystems.blob import Held
from sbomctl.filesystems.containers import is_container, opened_container
from sbomctl.filesystems.cpio import is_cpio
from sbomctl.filesystems.detect import Empty, open_file_system, reader_of
from sbomctl.filesystems.divided import Division, divided, is_divided
from sbomctl.filesystems.partitions import Partition
from sbomctl.filesystems.roots import ENOUGH
from sbomctl.sources._disk_layout import (
    Arrangement,
    Part,
    all_examined,
    ask_systems,
    called,
    pieces_of,
    put_together,
    without_twins,
)
from sbomctl.sources._tar_header import headers
from sbomctl.sources.archive import Headers
from sbomctl.sources.base import OpenImage, Request
from sbomctl.sources.file_system import Piece
from sbomctl.sources.systems.images import image_of
from sbomctl.sources.tar_tree import TarTree

_STEP = 1 << 20
_START = 1 << 17  # bytes that tell what an image is
_DAMAGED = "it is damaged or cut off; write or download it again"


@dataclass(frozen=True, slots=True)
class Payload:
    """One image of a bundle."""

    name: str  # what the user calls it: its slot or its file
    title: str  # what messages and layers call it
    blob: Blob = Held(b"")  # noqa: RUF009 - nothing
    tree: FileSystem | None = None  # instead of a blob
    place: str = ""  # of the layer that it is when the root does not mount it
    label: str = ""  # of the file system that it becomes, where the bundle says it and not the image
    is_root: bool = False  # the bundle says so
    unread: str = ""  # why it is not read


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bundle holds."""

    about: str  # what is recorded of the root: format, product and version
    payloads: Sequence[Payload]
    rest: Sequence[Piece] = ()  # what is no image: layers whose place is known
    inner: Sequence[OpenImage] = ()
    problems: Sequence[str] = ()


@contextmanager
def one_error(path: str) -> Iterator[None]:
    """What is wrong with a bundle as a whole as the one error that the user sees."""
    try:
        yield
    except Unreadable as error:
        raise UnsupportedInput(f"{path}: {error}", "give the images that are in it") from error
    except Damaged as error:
        raise CorruptInput(f"{path}: {error}", _DAMAGED) from error


def arranged_contents(contents: Contents, path: str, request: Request, wanted: str = "") -> Arrangement:
    """Layers, the root lowest, and images; ``wanted`` chooses the root by number, name or label.

    Raises ``UnsupportedInput`` when it cannot.
    """
    parts, pieces, problems = _parts(contents.payloads, request)
    stated = {one.title for one in contents.payloads if one.is_root}
    read = without_twins(sorted(parts, key=lambda part: part.of not in stated), request.limits)
    ask_systems(read, request)
    roots = [part for part in read if part.score >= ENOUGH or part.of in stated]
    root = called(read, path, wanted, "image") if wanted else _likeliest(roots, stated)
    if root is not None:
        root.of = f"{contents.about}, {root.of}"
    others = [part for part in read if part is not root and part not in roots]
    told = [*contents.problems, *problems]
    found = put_together(root, others, path, request, told, [*pieces, *contents.rest])
    beside = [] if wanted else [_beside(part, request) for part in roots if part is not root]
    return replace(found, inner=(*found.inner, *beside, *contents.inner))


def _likeliest(roots: Sequence[Part], stated: set[str]) -> Part | None:
    """The root that the bundle names, else the one with most of a root in it; the first of equals."""
    return max(roots, key=lambda one: (one.of in stated, one.root.rank if one.root else 0, one.score), default=None)


def _beside(part: Part, request: Request) -> OpenImage:
    """Another root as an image of its own."""
    own = replace(request, name=f"{request.name}/{part.partition.name}", target=part.partition.name, platform=None)
    image = image_of(pieces_of(part), own, 1, part.root.problems if part.root else ())
    return replace(image, inner=(*image.inner, *part.root.inner)) if part.root else image


def _parts(payloads: Sequence[Payload], request: Request) -> tuple[list[Part], list[Piece], list[str]]:
    """What can be read, files that lie in no file system, and problems."""
    parts: list[Part] = []
    pieces: list[Piece] = []
    problems: list[str] = []
    for number, payload in enumerate(payloads, 1):
        if payload.unread:
            problems.append(f"{payload.title}: {payload.unread}")
            continue
        try:
            found, loose = _opened(payload, number, request)
        except Damaged as error:
            problems.append(f"{payload.title}: {error}")
        except InputError as error:
            problems.append(error.message)
        else:
            problems += [f"{part.title}: {part.fault}" for part in found if part.fault]
            parts += [part for part in found if part.tree is not None]
            pieces += loose
    return parts, pieces, problems


def _opened(payload: Payload, number: int, request: Request) -> tuple[list[Part], list[Piece]]:
    """An image as one part, or a disk as its partitions; raises ``Damaged`` and ``InputError``."""
    title, place = payload.title, payload.place or f"image-{number}"
    part = Part("", Partition(number, 0, 0, "", payload.name), payload.blob, payload.tree, of=title, place=place)
    if part.tree is not None:
        return [part], []
    whole = plain(payload.blob)
    part.blob = blob = opened_container(whole) or whole
    if is_tar(blob):
        part.tree = TarTree(blob, title, request.limits.members)
        part.tree.label = payload.label
        return [part], []
    division = None if reader_of(blob) else divided(blob)
    if division is None:
        part.tree = _not_empty(open_file_system(blob))
        return [part], []
    return _divided(division, title, place)


def _divided(division: Division, title: str, place: str) -> tuple[list[Part], list[Piece]]:
    """The partitions of a disk, or what is in a boot image."""
    parts, loose = all_examined(division)
    for part in parts:
        top = part.outer or part
        top.of, top.place = title, f"{place}-{top.word}-{top.partition.number}"
    homes = [place if one.place == "image" else f"{place}-{one.place}" for one in loose]
    pieces = zip(loose, homes, strict=True)
    return parts, [replace(one, place=home, says=f"{title}: {one.says}") for one, home in pieces]


def _not_empty(tree: FileSystem) -> FileSystem:
    if isinstance(tree, Empty):
        raise Unreadable(f"it holds {tree.kind}")
    return tree


def plain(blob: Blob) -> Blob:
    """What is in a blob that is compressed as a whole, in an unnamed temporary file; else the blob.

    An initramfs stays: its archives are compressed one by one. Raises ``Damaged``.
    """
    if not compression(blob.pread(0, 6)) or is_cpio(Held(opening(blob, 0, 6))):
        return blob
    return spooled(blob)


def is_tar(blob: Blob) -> bool:
    """Whether it starts as a tar with something in it does; never raises."""
    try:
        return next(headers(Headers(Held(blob.pread(0, 1 << 16)), ""), ""), None) is not None
    except (InputError, Damaged):
        return False


def is_readable(blob: Blob) -> bool:
    """Whether it starts like an image of any kind that is read here, compressed or not; never raises."""
    try:
        start = Held(opening(blob, 0, _START)) if compression(blob.pread(0, 6)) else blob
        return is_tar(start) or is_container(start) or reader_of(start) is not None or is_divided(start)
    except Damaged:
        return False


def checked(blob: Blob, promised: str, place: str) -> None:
    """Raise ``DigestMismatch`` unless the content has the SHA-256 ``promised``, in hexadecimal digits."""
    digest = hashlib.sha256()
    for at in range(0, blob.size, _STEP):
        digest.update(blob.pread(at, _STEP))
    if digest.hexdigest() != promised.lower():
        raise DigestMismatch(
            f"{place}: the content is sha256:{digest.hexdigest()}, but the bundle promises sha256:{promised.lower()}",
            "it is damaged or was changed; get it again",
        )


def rest_of(tree: FileSystem, images: Collection[bytes], says: str) -> tuple[Piece, ...]:
    """What a bundle has beside its images (scripts, texts of licenses) as a layer; nothing if that is all."""
    if all(name in images for name, _ in tree.node(tree.root).names()):
        return ()
    return (Piece(tree, "bundle", says, left_out=frozenset(images)),)
