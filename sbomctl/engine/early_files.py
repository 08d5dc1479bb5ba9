"""The archives in a file that Linux starts from, and the code in each."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator, Sequence

from sbomctl.catalogers._portable import sections
from sbomctl.filesystems._spool import compression
from sbomctl.filesystems.base import Blob, Damaged, Node
from sbomctl.filesystems.blob import Held
from sbomctl.filesystems.boot_images import HOLD_FILES, boot_image, is_boot_image
from sbomctl.filesystems.cpio import Cpio, is_cpio
from sbomctl.filesystems.walk import walk
from sbomctl.layers.content import classify
from sbomctl.model import Content, path_text

_ENTRIES = 200_000
_PIECE = 1 << 20
_SECTION = ".initrd"  # UAPI Group specification 5, "Unified Kernel Image"


class Archive:
    """One archive, compressed or not."""

    def __init__(self, blob: Blob) -> None:
        """It is opened by :meth:`code`."""
        self._blob = blob
        self.faults: Sequence[str] = ()  # what ``code`` could not read

    def code(self) -> Iterator[tuple[str, str]]:
        """Path and SHA-256 (hex) of each program, library, script and module, in its order; raises ``Damaged``."""
        tree = Cpio(self._blob)
        self.faults = tree.faults
        for place, node, fault in walk(tree, _ENTRIES):
            path = path_text(place)
            if node is None or fault:
                raise Damaged(f"{path}: {fault}")
            if stat.S_ISREG(node.mode) and node.size and classify(path, node.pread(0, 16)) is not Content.PLAIN:
                yield path, _sha256(node)


def archives_in(data: bytes, *, is_program: bool) -> list[Archive]:
    """The archives in a file: itself, or parts of an image for a boot loader; raises ``Damaged``.

    ``is_program``: it is one of EFI by its name, which need hold none.
    """
    return [Archive(blob) for blob in _blobs(data, is_program=is_program)]


def _blobs(data: bytes, *, is_program: bool) -> Iterator[Blob]:
    blob = Held(data)
    if data[:2] == b"MZ":
        inner = sections(data).get(_SECTION)
        if inner:
            yield Held(inner)
    elif is_boot_image(blob):
        yield from (one.blob for one in boot_image(blob).contents if one.type in HOLD_FILES)
    elif _may_hold_files(blob):
        yield blob
    elif b"\0" in data[:_PIECE] and not is_program:
        raise Damaged("it is no cpio archive, compressed or not, and no image that holds one")


def _may_hold_files(blob: Blob) -> bool:
    return is_cpio(blob) or bool(compression(blob.pread(0, 6)))


def _sha256(node: Node) -> str:
    digest = hashlib.sha256()
    for offset in range(0, node.size, _PIECE):
        digest.update(node.pread(offset, min(_PIECE, node.size - offset)))
    return digest.hexdigest()
