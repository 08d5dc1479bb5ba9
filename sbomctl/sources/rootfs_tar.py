"""A root filesystem in a tar file, compressed or not: one layer, without config."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, ClassVar, cast

from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.filesystems.blob import FileBlob
from sbomctl.model import Image, Layer, Platform
from sbomctl.sources._disk_layout import systems_in
from sbomctl.sources._tar_header import headers
from sbomctl.sources._tar_systems import Watched, shows_a_system
from sbomctl.sources.base import Limits, OpenImage, Request
from sbomctl.sources.host_file import Slice, open_regular, random_access, streamed
from sbomctl.sources.tar import TarLayer, Window
from sbomctl.sources.tar_kind import TarKind, kind_of
from sbomctl.sources.tar_tree import TarTree


class RootfsTar:
    """``rootfs:PATH``."""

    scheme: ClassVar[str] = "rootfs"
    about: ClassVar[str] = "root filesystem in a tar file, plain or compressed"

    def accepts(self, target: str) -> bool:
        """Whether the target is a tar that holds no image."""
        return kind_of(target) is TarKind.ROOTFS

    @contextmanager
    def open(self, request: Request) -> Iterator[OpenImage]:
        """The file system as an image of one layer, or what a system keeps in it; raises ``InputError``.

        ``image.id`` and ``diff_id`` stay "": both are the digest of the uncompressed tar, known
        when the layer has been read. The platform is what the product says: a tar says nothing.
        """
        path = request.target
        with open_regular(path, path) as file:
            _check_first(_whole(file), path, request.limits)
            if not shows_a_system(file, path, request.limits):
                yield _opened(file, request, watched=True)
                return
            with random_access(path, request.limits.layer_bytes) as (plain, _):
                found = systems_in(TarTree(FileBlob(plain.fileno()), path, request.limits.members), path, request)
                yield found.opened(request, path) if found else _opened(file, request, watched=False)


def _opened(file: BinaryIO, request: Request, *, watched: bool) -> OpenImage:
    """The tar as one layer, read as a stream; one that is watched was not looked into."""
    path, info = request.target, Layer(0)
    layer = TarLayer(info, partial(_whole, file), changeset=False, name=path)
    image = Image("", request.name, request.role, path, request.platform or Platform(), (info,))
    return OpenImage(image, [Watched(layer) if watched else layer], syft_target=f"file:{Path(path).absolute()}")


def _whole(file: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", Slice(file, 0, os.fstat(file.fileno()).st_size))


def _check_first(raw: BinaryIO, path: str, limits: Limits) -> None:
    """Raise ``UnsupportedInput`` unless the file starts like a tar with something in it."""
    with closing(streamed(raw, path, limits)) as content:
        first = next(content, b"")
    if not first:
        raise CorruptInput(f"{path} is empty", "write or download it again")
    try:
        found = next(headers(Window(iter((first,)), path), path), None)
    except CorruptInput:
        found = None
    if found is None:
        raise UnsupportedInput(
            f"{path} is no tar archive, or an empty one", "name a tar of the root filesystem, or its directory as dir:"
        )
