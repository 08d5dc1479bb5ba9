"""Images in a store of blobs named by their digests, which has no index of its own (containerd, composeapp)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from sbomctl.errors import InputError
from sbomctl.filesystems.subtree import Names
from sbomctl.filesystems.walk import content
from sbomctl.model import Role, path_text
from sbomctl.sources._tolerant import TolerantLayer
from sbomctl.sources.base import OpenImage, OpenLayer
from sbomctl.sources.blob_file import TreeFiles
from sbomctl.sources.documents import Descriptor
from sbomctl.sources.oci_index import Candidate, find_images
from sbomctl.sources.oci_layout import open_candidate
from sbomctl.sources.systems.base import Here, Inside

_BLOBS = b"blobs/sha256"
_HEX = re.compile(rb"[0-9a-f]{64}")
_DOCUMENT = 4 << 20  # bytes; no registry takes a larger manifest
_ALL = 256 << 20  # bytes of documents looked at


class _Document(msgspec.Struct, frozen=True, rename="camel"):
    """Any JSON object of a store, as far as it tells what it is."""

    media_type: str = ""
    manifests: tuple[Descriptor, ...] | None = None
    config: Descriptor | None = None
    layers: tuple[Descriptor, ...] | None = None


def gather(
    here: Here, path: str, names: Names, called: Mapping[str, str], found: Inside, *, apps: bool = False
) -> None:
    """Add every image of the store at ``path``; ``called`` are names by the digest of a manifest or index.

    ``apps`` says that manifests of no image are those of apps, which hold only how to start images.
    """
    files = TreeFiles(names, here.at(path))
    shared: dict[tuple[str, int], OpenLayer] = {}
    opened: set[str] = set()
    documents = dict(_documents(names))
    for top in _tops(names, documents, called):
        name = called.get(top.digest, "")
        try:
            images = find_images(files, (top,), "", here.request.limits)
        except InputError as error:
            found.problems.append(f"{here.at(path)}: the image {name or top.digest[:19]} cannot be read: {error}")
            continue
        if not images.images and images.absent:
            found.problems.append(
                f"{here.at(path)}: the image {name or top.digest[:19]} is not stored for any platform"
            )
        if images.other and not images.images and not apps:
            kinds = ", ".join(sorted(set(images.other)))
            found.problems.append(f"{here.at(path)}: {name or top.digest[:19]} is no image and was not read: {kinds}")
        for candidate in images.images.values():
            if candidate.digest in opened:
                continue
            opened.add(candidate.digest)
            try:
                found.inner.append(_opened(here, path, files, candidate, name, shared))
            except InputError as error:
                found.problems.append(
                    f"{here.at(path)}: the image {name or candidate.digest[:19]} cannot be read: {error}"
                )
    missing = [] if apps else sorted(name for digest, name in called.items() if digest not in documents)
    found.problems += [f"{here.at(path)}: the image {name} has a name, but is not in the store" for name in missing]
    if lost := _lost(names, documents):
        found.problems.append(f"{here.at(path)}: {lost} blobs that were not read belong to no image")


def _opened(
    here: Here, path: str, files: TreeFiles, candidate: Candidate, name: str, shared: dict[tuple[str, int], OpenLayer]
) -> OpenImage:
    name = name or next(iter(candidate.names), "") or candidate.digest.removeprefix("sha256:")[:12]
    request = msgspec.structs.replace(here.inner(name, path), role=Role.CONTAINER)
    opened = open_candidate(
        files, candidate, msgspec.structs.replace(request, target=f"{request.target}@{candidate.digest}")
    )
    layers = []
    for layer in opened.layers:
        key = (layer.info.digest, layer.info.index)
        layers.append(shared.setdefault(key, TolerantLayer(layer)) if layer.info.digest else layer)
    return msgspec.structs.replace(opened, layers=layers)


def _lost(names: Names, documents: Mapping[str, _Document]) -> int:
    """How many blobs no manifest names; whatever is in them, nobody will look at it."""
    used = set(documents)
    for one in documents.values():
        used |= {below.digest for below in (*(one.manifests or ()), *(one.layers or ()))}
        used |= {one.config.digest} if one.config else set()
    blobs = [(home, blob) for home in names.listed(b"blobs") for blob in names.listed(b"blobs/" + home)]
    return sum(f"{path_text(home)}:{path_text(blob)}" not in used for home, blob in blobs)


def _tops(names: Names, documents: Mapping[str, _Document], called: Mapping[str, str]) -> Iterator[Descriptor]:
    """Manifests and indexes that nothing else in the store names, those with a name first."""
    below = {one.digest for document in documents.values() for one in document.manifests or ()}
    tops = [digest for digest in documents if digest in called or digest not in below]
    for digest in sorted(tops, key=lambda digest: (digest not in called, called.get(digest, digest))):
        node = names.node(b"blobs/" + digest.replace(":", "/").encode())
        if node is not None:
            yield Descriptor(digest, node.size, documents[digest].media_type)


def _documents(names: Names) -> Iterator[tuple[str, _Document]]:
    decode = msgspec.json.Decoder(_Document).decode
    left = _ALL
    for name in names.listed(_BLOBS):
        node = names.node(_BLOBS + b"/" + name) if _HEX.fullmatch(name) else None
        if node is None or not 2 <= node.size <= _DOCUMENT or node.size > left or node.pread(0, 1) != b"{":
            continue
        left -= node.size
        try:
            document = decode(content(node, _DOCUMENT))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            continue  # a config, or a text that is no JSON at all; layers start otherwise
        if document.manifests is not None or (document.config is not None and document.layers is not None):
            yield f"sha256:{name.decode()}", document
