"""The images in an update bundle or an installer, put together as what a device has after it.

The image for the root is the root, file systems beside it are layers where the root mounts them, whole disks are
taken apart, further roots are images of their own, and what cannot be read is a problem.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import msgspec

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
from sbomctl.model import path_text
from sbomctl.sources._disk_layout import (
    Arrangement,
    Part,
    all_examined,
    ask_systems,
    called,
    faults_of,
    pieces_of,
    put_together,
    without_twins,
)
from sbomctl.sources._tar_header import headers
from sbomctl.sources.archive import Headers, member_names
from sbomctl.sources.base import OpenImage, Request
from sbomctl.sources.file_system import Piece
from sbomctl.sources.systems.images import image_of, named
from sbomctl.sources.systems.saved_images import images_in
from sbomctl.sources.tar_kind import TarKind, judge
from sbomctl.sources.tar_tree import TarTree

_STEP = 1 << 20
_MOST_IMAGES = 1000
_START = 1 << 17  # bytes that tell what an image is
_DAMAGED = "it is damaged or cut off; write or download it again"


class Payload(msgspec.Struct, frozen=True):
    """One image of a bundle."""

    name: str  # what the user calls it: its slot or its file
    title: str  # what messages and layers call it
    blob: Blob = Held(b"")
    tree: FileSystem | None = None  # instead of a blob
    place: str = ""  # of the layer that it is when the root does not mount it
    label: str = ""  # of the file system that it becomes, where the bundle says it and not the image
    left_out: frozenset[bytes] = frozenset()  # paths of the tree that are payloads themselves
    is_root: bool = False  # the bundle says so
    unread: str = ""  # why it is not read


class Contents(msgspec.Struct, frozen=True):
    """What a bundle holds."""

    about: str  # what is recorded of the root: format, product and version
    payloads: Sequence[Payload]
    rest: Sequence[Piece] = ()  # what is no image: layers whose place is known
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
    opened = _Opened(request)
    for number, payload in enumerate(contents.payloads, 1):
        opened.add(payload, number)
    stated = {one.title for one in contents.payloads if one.is_root}
    read = without_twins(sorted(opened.parts, key=lambda part: _whole(part).of not in stated), request.limits)
    ask_systems(read, request)
    roots = [part for part in read if part.score >= ENOUGH or _whole(part).of in stated]
    root = called(read, path, wanted, "image") if wanted else _likeliest(roots, stated)
    if root is not None:
        _whole(root).of = f"{contents.about}, {_whole(root).of}"
    others = [part for part in read if part is not root and part not in roots]
    told = [*contents.problems, *opened.problems]
    found = put_together(root, others, path, request, told, [*opened.pieces, *contents.rest])
    beside = [] if wanted else [_beside(part, request) for part in roots if part is not root]
    return msgspec.structs.replace(found, inner=named([*found.inner, *beside, *opened.inner]))


def _likeliest(roots: Sequence[Part], stated: set[str]) -> Part | None:
    """The root that the bundle names, else the one with most of a root in it; the first of equals."""
    return max(
        roots, key=lambda one: (_whole(one).of in stated, one.root.rank if one.root else 0, one.score), default=None
    )


def _whole(part: Part) -> Part:
    """The part of an image of the bundle that it lies in, or is."""
    return part.outer or part


def _beside(part: Part, request: Request) -> OpenImage:
    """Another root as an image of its own."""
    name = part.partition.name or f"{part.word}-{part.partition.number}"
    own = msgspec.structs.replace(request, name=f"{request.name}/{name}", target=name, platform=None)
    image = image_of(pieces_of(part), own, 1, part.root.problems if part.root else ())
    return msgspec.structs.replace(image, inner=(*image.inner, *part.root.inner)) if part.root else image


class _Opened(msgspec.Struct):
    """Payloads as what they are: parts, files that lie in no file system, saved images, problems."""

    request: Request
    parts: list[Part] = []
    pieces: list[Piece] = []
    inner: list[OpenImage] = []
    problems: list[str] = []

    def add(self, payload: Payload, number: int) -> None:
        """Take in a payload; whatever is wrong with it is a problem."""
        try:
            if payload.unread:
                raise Unreadable(payload.unread)
            self._add(payload, placed(payload.place) or f"image-{number}", number)
        except Damaged as error:
            self.problems.append(f"{payload.title}: {error}")
        except InputError as error:
            self.problems.append(error.message)

    def _add(self, payload: Payload, place: str, number: int) -> None:
        title, tree, blob = payload.title, payload.tree, payload.blob
        if tree is None:
            whole = plain(blob)
            blob = opened_container(whole) or whole
            if is_tar(blob):
                tree = self._of_tar(blob, payload)
            elif (division := None if reader_of(blob) else divided(blob)) is not None:
                self._divide(blob, division, title, place)
            else:
                tree = _not_empty(open_file_system(blob))
        if tree is not None:
            partition = Partition(number, 0, 0, "", payload.name)
            self.parts.append(Part("", partition, blob, tree, of=title, place=place, left_out=payload.left_out))

    def _of_tar(self, blob: Blob, payload: Payload) -> FileSystem | None:
        """What is in a tar, or nothing where that is images."""
        if tar_holds(blob) in (TarKind.DOCKER, TarKind.OCI):
            self.inner += images_in(blob, payload.title, partial(self._request, payload.name))
            return None
        tree = TarTree(blob, payload.title, self.request.limits.members)
        tree.label = payload.label
        return tree

    def _divide(self, blob: Blob, division: Division, title: str, place: str) -> None:
        """Take in the partitions of a disk, or what is in a boot image."""
        parts, loose = all_examined(division)
        self.problems += [f"{title}: {fault}" for fault in faults_of(blob, division, parts)]
        for part in parts:
            top = part.outer or part
            top.of, top.place = title, f"{place}-{top.word}-{top.partition.number}"
        self.parts += [part for part in parts if part.tree is not None]
        for one in loose:
            home = place if one.place == "image" else f"{place}-{one.place}"
            self.pieces.append(msgspec.structs.replace(one, place=home, says=f"{title}: {one.says}"))

    def _request(self, target: str, name: str) -> Request:
        return msgspec.structs.replace(self.request, name=f"{self.request.name}/{name}", target=target, platform=None)


def placed(path: str) -> str:
    """A path that a bundle states as a place in the image, which it cannot leave."""
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    return path_text("/".join(parts).encode("utf-8", "surrogateescape"))


def few_enough(count: int, path: str) -> None:
    """Raise ``CorruptInput`` for more images than a bundle has: each may be the same content of any size."""
    if count > _MOST_IMAGES:
        raise CorruptInput(f"{path}: {count:,} images in it", "this is no usable bundle")


def tar_holds(blob: Blob) -> TarKind:
    """What a plain tar holds."""
    try:
        return judge(member_names(blob, ""))
    except UnsupportedInput:  # sparse files, of which no image is made
        return TarKind.ROOTFS


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
    """What a bundle has beside its images (scripts, texts of licenses) as a layer; nothing if that is all.

    It is there for the faults of the bundle, too.
    """
    if not tree.faults and all(name in images for name, _ in tree.node(tree.root).names()):
        return ()
    return (Piece(tree, "bundle", says, left_out=frozenset(images)),)
