"""RAUC bundles: a squashfs with images and a manifest, and a signature behind it.

RAUC documentation, "Bundle Formats" and "Manifest". The last eight bytes of the file are the length of the
signature (CMS, RFC 5652) before them, big-endian. Of a ``verity`` bundle the hash tree is between the two; a
``crypt`` one is encrypted up to the signature.
"""

from __future__ import annotations

import configparser
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

from sbomctl.errors import CorruptInput
from sbomctl.filesystems._spool import compression
from sbomctl.filesystems.base import Blob, Damaged
from sbomctl.filesystems.blob import Slice
from sbomctl.filesystems.detect import known_by_name, open_file_system
from sbomctl.filesystems.squashfs import is_squashfs
from sbomctl.filesystems.subtree import Names
from sbomctl.sources._bundle import looks_like, opened_bundle
from sbomctl.sources._payloads import Contents, Payload, checked, few_enough, rest_of
from sbomctl.sources.base import OpenImage, Request

_MANIFEST = "manifest.raucm"
_MANIFEST_BYTES = 1 << 20
_SUFFIX = ".raucb"
_SIGNATURE = bytes.fromhex("06092a864886f70d0107")  # how its object identifiers start: signed, also encrypted data
_MOST_SIGNATURE = 64 << 20
_IMAGE = "image."
_ENCRYPTED = "the bundle is encrypted (format crypt), so the images in it are not read"


class Rauc:
    """``rauc:PATH[:SLOT]``; the slot, by name or number, chooses among several root file systems."""

    scheme: ClassVar[str] = "rauc"
    about: ClassVar[str] = "RAUC update bundle"

    def accepts(self, target: str) -> bool:
        """Whether the target has the signature of a bundle at its end, or is a squashfs that is called one."""
        return looks_like(target, _is_bundle)

    @contextmanager
    def open(self, request: Request) -> Iterator[OpenImage]:
        """The root that the bundle installs, with what is beside it; raises ``InputError``."""
        with opened_bundle(request, _contents) as image:
            yield image


def _is_bundle(blob: Blob, path: str) -> bool:
    return signature_start(blob) is not None or (path.endswith(_SUFFIX) and is_squashfs(blob))


def signature_start(blob: Blob) -> int | None:
    """Where the signature of a bundle starts, and so its payload ends; None where it is no bundle."""
    length = int.from_bytes(blob.pread(max(0, blob.size - 8), 8), "big")
    start = blob.size - 8 - length
    if not 32 < length <= _MOST_SIGNATURE or start < 512:
        return None
    head = blob.pread(start, 20)
    return start if head[:1] == b"\x30" and _SIGNATURE in head else None


def _contents(blob: Blob, path: str, _most: int) -> Contents:
    end = signature_start(blob)
    if end is None:
        raise CorruptInput(f"{path}: no RAUC bundle: no signature ends it", "it is cut off, or a file of another kind")
    payload = Slice(blob, 0, end)
    if not is_squashfs(payload):
        return Contents("RAUC bundle", (), problems=(_ENCRYPTED,))
    tree = open_file_system(payload)
    if tree.faults:
        raise Damaged(tree.faults[0])
    manifest = _manifest(Names(tree), path)
    about = " ".join(["RAUC bundle", *(manifest["update"].get(key, "") for key in ("compatible", "version"))]).strip()
    payloads, files = _images(manifest, Names(tree), path)
    rest = rest_of(tree, files | {_MANIFEST.encode()}, "files of the RAUC bundle")
    return Contents(about, payloads, rest)


def _manifest(names: Names, path: str) -> Mapping[str, Mapping[str, str]]:
    """The sections of the manifest, a key file of GLib."""
    node = names.node(_MANIFEST.encode())
    if node is None or node.size > _MANIFEST_BYTES:
        raise CorruptInput(f"{path}: no {_MANIFEST} in it", "it is no RAUC bundle, or damaged")
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",), default_section="")
    try:
        parser.read_string(node.pread(0, node.size).decode())
    except (configparser.Error, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise CorruptInput(f"{path}: {_MANIFEST} cannot be read: {reason}", "it is damaged; get it again") from error
    return {"update": {}, **{name: dict(parser.items(name)) for name in parser.sections()}}


def _images(manifest: Mapping[str, Mapping[str, str]], names: Names, path: str) -> tuple[list[Payload], set[bytes]]:
    """Each file that is an image once, by the first slot that names it; and their names."""
    found: list[Payload] = []
    slots: dict[str, list[str]] = {}
    for section, facts in manifest.items():
        if section.startswith(_IMAGE) and facts.get("filename"):
            slots.setdefault(facts["filename"], []).append(section.removeprefix(_IMAGE))
    few_enough(len(slots), path)
    for filename, mine in slots.items():
        promised = {manifest[_IMAGE + slot].get("sha256", "") for slot in mine} - {""}
        found.append(_image(filename, mine, promised, names, path))
    return found, {name.encode() for name in slots}


def _image(filename: str, slots: list[str], promised: set[str], names: Names, path: str) -> Payload:
    node = names.node(filename.encode())
    if node is None or not stat.S_ISREG(node.mode):
        raise CorruptInput(f"{path}: {filename} of the manifest is not in it", "the bundle is damaged; get it again")
    for digest in sorted(promised):
        checked(node, digest, f"{path}: {filename}")
    is_root = any(slot.partition(".")[0] == "rootfs" for slot in slots)
    title = f"image {', '.join(slots)} ({filename})"
    told = known_by_name(node) if not compression(node.pread(0, 6)) else ""
    unread = f"{told}; it is not read" if told.startswith("an index of casync") else ""
    return Payload(slots[0], title, node, place=slots[0], is_root=is_root, unread=unread)
