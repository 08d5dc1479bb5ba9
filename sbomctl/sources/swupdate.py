"""SWUpdate archives: a cpio that starts with a description (SWUpdate documentation, "Software Management")."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

from sbomctl.errors import CorruptInput, UnsupportedInput
from sbomctl.filesystems._cpio_header import read_header
from sbomctl.filesystems.base import Blob, Damaged, Node
from sbomctl.filesystems.cpio import Cpio, is_cpio
from sbomctl.filesystems.walk import walk
from sbomctl.model import path_text
from sbomctl.sources._bundle import looks_like, opened_bundle
from sbomctl.sources._payloads import Contents, Payload, checked, few_enough, is_readable, rest_of
from sbomctl.sources._sw_description import Described, Description, described
from sbomctl.sources.base import OpenImage, Request

_DESCRIPTION = b"sw-description"
_SIGNATURE = b"sw-description.sig"
_DESCRIPTION_BYTES = 1 << 20
_MOST_TOLD = 10  # names in one message
_OTHER_FILES = frozenset(("bootloader", "lua", "postinstall", "preinstall", "rawfile", "shellscript", "uboot"))
_NOT_WHOLE = {
    "delta": "a delta update, whose parts lie elsewhere; the image that it makes is not read",
    "rdiff": "a binary delta (rdiff); the image that it makes is not in it",
    "rdiff_image": "a binary delta (rdiff); the image that it makes is not in it",
    "rdiff_file": "a binary delta (rdiff); the file that it makes is not in it",
}
_RDIFF_MAGIC = b"rs\x026"


class SwUpdate:
    """``swu:PATH[:FILE]``; the file, by name or number, chooses among several root file systems."""

    scheme: ClassVar[str] = "swu"
    about: ClassVar[str] = "SWUpdate archive"

    def accepts(self, target: str) -> bool:
        """Whether the target is a cpio that starts with a description."""
        return looks_like(target, lambda blob, _: _is_archive(blob))

    @contextmanager
    def open(self, request: Request) -> Iterator[OpenImage]:
        """The root that the archive installs, with what is beside it; raises ``InputError``."""
        with opened_bundle(request, _contents) as image:
            yield image


def _is_archive(blob: Blob) -> bool:
    return is_cpio(blob) and read_header(blob, 0).name == _DESCRIPTION


def _contents(blob: Blob, path: str, most: int) -> Contents:
    if not _is_archive(blob):
        raise UnsupportedInput(f"{path}: no SWUpdate archive: no cpio that starts with sw-description", "name the .swu")
    tree = Cpio(blob)
    if tree.faults:
        raise Damaged(tree.faults[0])
    members = {path: node for path, node, _ in walk(tree, most) if node is not None and stat.S_ISREG(node.mode)}
    text = members.get(_DESCRIPTION)
    if text is None or text.size > _DESCRIPTION_BYTES:
        told = f"of {text.size:,} bytes" if text else "that is no file"
        raise CorruptInput(f"{path}: sw-description {told}", "this is no usable archive")
    facts = described(text.pread(0, text.size))
    missing = sorted(name for name in facts.files or () if name.encode() not in members)
    if missing:
        raise CorruptInput(f"{path}: {missing[0]} of sw-description is not in it", "the archive is damaged")
    few_enough(len(members), path)
    payloads = _payloads(members, facts, path)
    images = {payload.name.encode() for payload in payloads} | {_DESCRIPTION, _SIGNATURE}
    about = " ".join(word for word in ("SWUpdate archive", facts.about) if word)
    doubts = _doubts(sorted(members.keys() - images), facts)
    return Contents(about, payloads, rest_of(tree, images, "files of the SWUpdate archive"), doubts)


def _doubts(others: Sequence[bytes], facts: Description) -> tuple[str, ...]:
    """Which files may be images, encrypted ones above all, though they do not look like any and nothing says so."""
    names = [name for raw in others if (name := path_text(raw)) not in (facts.files or {})]
    if facts.is_whole or not names:
        return ()
    told = ", ".join(names[:_MOST_TOLD]) + (f" and {len(names) - _MOST_TOLD} more" if len(names) > _MOST_TOLD else "")
    return (f"sw-description cannot be understood, so it is not known whether these files are images: {told}",)


def _payloads(members: dict[bytes, Node], facts: Description, path: str) -> list[Payload]:
    """Every member that is an image or said to be one, by name."""
    found = []
    for raw, node in members.items():
        name = path_text(raw)
        about = (facts.files or {}).get(name)
        if raw in (_DESCRIPTION, _SIGNATURE):
            continue
        if about and about.sha256:
            checked(node, about.sha256, f"{path}: {name}")
        unread = _unread(node, about)
        if unread or _is_image(about) or is_readable(node):
            place = about.path.strip("/") if about and about.type == "archive" else ""
            found.append(Payload(name, f"image {name}", node, place=place or name, unread=unread))
    return found


def _unread(node: Node, about: Described | None) -> str:
    """Why a member cannot be read though it is what it should be; "" = nothing keeps it from that."""
    if about and about.is_encrypted:
        return "it is encrypted, so it is not read"
    if node.pread(0, 4) == _RDIFF_MAGIC:
        return _NOT_WHOLE["rdiff"]
    return _NOT_WHOLE.get(about.type, "") if about else ""


def _is_image(about: Described | None) -> bool:
    return about is not None and about.section == "images" and about.type not in _OTHER_FILES
