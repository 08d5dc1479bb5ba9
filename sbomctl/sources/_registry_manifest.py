"""From a tag or digest to the manifest of one image: indexes followed, platform chosen, all of it verified.

OCI distribution-spec 1.1 ("Pulling manifests") and image-spec (image-index.md). Only what the
choice needs is fetched: of a platform that an index lists and nobody wants, nothing.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping

import msgspec

from sbomctl.errors import CorruptInput, DigestMismatch, UnsupportedInput
from sbomctl.model import Platform
from sbomctl.sources._registry_http import Answer
from sbomctl.sources._registry_repository import Repository
from sbomctl.sources.base import Limits
from sbomctl.sources.documents import Config, Descriptor, Index, Manifest, blob_name, decode, decode_config, verify
from sbomctl.sources.oci_index import CONFIGS, INDEXES, MANIFESTS, is_attestation
from sbomctl.sources.platforms import listed, may_satisfy, satisfies

_ACCEPT = ", ".join((*INDEXES, *MANIFESTS))
_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+"
_MAX_DOCUMENTS = 256  # manifests and indexes read to choose one image
_AS_MANY = 4  # of the largest document: what all of them may have


class _Kind(msgspec.Struct, frozen=True, rename="camel"):
    """What tells the kinds of manifest from each other."""

    schema_version: int = 2
    media_type: str = ""
    config: msgspec.Raw = msgspec.Raw(b"null")
    manifests: msgspec.Raw = msgspec.Raw(b"null")


class Document(msgspec.Struct, frozen=True):
    """A manifest or index as stored; its digest is that of its bytes."""

    digest: str
    media_type: str
    data: bytes


class Chosen(msgspec.Struct, frozen=True):
    """The one image that was meant."""

    digest: str
    manifest: Manifest
    config: bytes
    platform: Platform  # as the index lists it, else as the config states it
    indexes: tuple[str, ...] = ()  # digests of those it was found through
    statements: tuple[Descriptor, ...] = ()  # what an index lists about it


class Documents(msgspec.Struct):
    """The documents of a repository, each fetched once and verified."""

    repository: Repository
    limits: Limits
    _known: dict[str, Document] = {}
    _configs: dict[str, bytes] = {}
    _bytes: int = 0

    @property
    def place(self) -> str:
        """What messages call the image."""
        return self.repository.place

    def manifest(self, reference: str) -> Document:
        """The manifest or index that a tag or digest names; raises ``InputError``."""
        if reference in self._known:
            return self._known[reference]
        if len(self._known) >= _MAX_DOCUMENTS:
            raise CorruptInput(f"{self.place}: more than {_MAX_DOCUMENTS} manifests", "name one by its digest")
        answer, data = self._fetched(f"manifests/{reference}", {"Accept": _ACCEPT})
        promised = reference if ":" in reference else answer.header("Docker-Content-Digest")
        if ":" in reference:
            verify(data, reference, f"{self.place}: manifest")
        elif promised.startswith("sha256:") and promised != _sha256(data):
            message = f"{self.place}: the registry calls the manifest {promised[:80]}, its content is {_sha256(data)}"
            raise DigestMismatch(message, "something between here and the registry changes what passes")
        kind = answer.header("Content-Type").partition(";")[0].strip()
        found = Document(reference if ":" in reference else _sha256(data), self._told(data, kind), data)
        self._known[reference] = self._known[found.digest] = found
        return found

    def _fetched(self, path: str, headers: Mapping[str, str]) -> tuple[Answer, bytes]:
        """All are kept, so there is a bound on all of them together."""
        answer, data = self.repository.document(path, headers, self.limits)
        self._bytes += len(data)
        if self._bytes > _AS_MANY * self.limits.document_bytes:
            most = _AS_MANY * self.limits.document_bytes
            raise CorruptInput(f"{self.place}: manifests of more than {most:,} bytes", "name one by its digest")
        return answer, data

    def _told(self, data: bytes, stated: str) -> str:
        """The media type: as the document says, as the registry says, else by its shape (manifest.md, "mediaType")."""
        kind = decode(data, _Kind, f"{self.place}: manifest")
        if kind.schema_version == 1 or stated.startswith(_SCHEMA_1):
            raise UnsupportedInput(
                f"{self.place}: a manifest of Docker's schema 1, which proves nothing of its layers",
                "pull and push the image again with a current tool, or save it and name the file",
            )
        is_index = bytes(kind.manifests) != b"null"
        if is_index and bytes(kind.config) != b"null":
            raise CorruptInput(f"{self.place}: a manifest that is an index too", "do not use this image")
        if kind.media_type:
            return kind.media_type
        if stated in INDEXES + MANIFESTS:
            return stated
        return INDEXES[0] if is_index else MANIFESTS[0]

    def config(self, manifest: Manifest) -> bytes:
        """The config of an image, as verified bytes."""
        wanted = manifest.config
        if wanted is None or wanted.media_type not in CONFIGS:
            kind = wanted.media_type if wanted else "a manifest without config"
            raise UnsupportedInput(f"{self.place}: no container image, but {kind}", "name an image")
        if wanted.digest not in self._configs:
            blob_name(wanted.digest, self.place)
            _, data = self._fetched(f"blobs/{wanted.digest}", {})
            verify(data, wanted.digest, f"{self.place}: config")
            self._configs[wanted.digest] = data
        return self._configs[wanted.digest]

    def platform(self, manifest: Manifest) -> Platform:
        """What the config states."""
        return decode_config(self.config(manifest), Config, f"{self.place}: config").platform

    def decoded(self, document: Document) -> Manifest:
        """A manifest; raises ``InputError`` for what is none."""
        if document.media_type not in MANIFESTS:
            raise UnsupportedInput(f"{self.place}: no container image, but {document.media_type}", "name an image")
        return decode(document.data, Manifest, f"{self.place}: {document.digest}")


class _Found(msgspec.Struct):
    """What a walk through the indexes met."""

    images: dict[str, Platform] = {}  # by digest; as listed, else as stated
    paths: dict[str, tuple[str, ...]] = {}
    statements: list[Descriptor] = []
    other: set[str] = set()


def choose_image(documents: Documents, reference: str, wanted: Platform | None) -> Chosen:
    """The image that ``reference`` (a tag or digest) names on the platform; raises ``InputError``."""
    top = documents.manifest(reference)
    if top.media_type not in INDEXES:
        return _single(documents, top, wanted)
    found = _walk(documents, top)
    fitting = {digest: at for digest, at in found.images.items() if wanted is None or satisfies(at, wanted)}
    if len(fitting) != 1:
        raise _unclear(documents.place, found, fitting, wanted)
    ((digest, platform),) = fitting.items()
    manifest = documents.decoded(documents.manifest(digest))
    about = tuple(one for one in found.statements if _subject(one) == digest)
    return Chosen(digest, manifest, documents.config(manifest), platform, found.paths[digest], about)


def _single(documents: Documents, top: Document, wanted: Platform | None) -> Chosen:
    manifest = documents.decoded(top)
    stated = documents.platform(manifest)
    if wanted is not None and not may_satisfy(stated, wanted):
        raise UnsupportedInput(
            f"{documents.place}: no image for {wanted}; there is {listed([stated])}", "choose this one with --platform"
        )
    return Chosen(top.digest, manifest, documents.config(manifest), stated)


def _walk(documents: Documents, top: Document) -> _Found:
    """Every image below ``top``. Those without a platform in the index are asked for it."""
    found = _Found()
    queue: deque[tuple[str, tuple[str, ...]]] = deque([(top.digest, (top.digest,))])
    seen = set[str]()
    while queue:
        index, path = queue.popleft()
        if index in seen:
            continue
        seen.add(index)
        for one in _listed(documents, index):
            blob_name(one.digest, documents.place)  # raises for what is no digest
            if is_attestation(one):
                found.statements.append(one)
            elif one.media_type and one.media_type not in INDEXES + MANIFESTS:
                found.other.add(one.media_type)
            elif _leads_on(documents, one):
                queue.append((one.digest, (*path, one.digest)))
            else:
                found.paths.setdefault(one.digest, path)
                _note(documents, one, found)
    return found


def _listed(documents: Documents, index: str) -> Iterator[Descriptor]:
    data = documents.manifest(index).data
    yield from decode(data, Index, f"{documents.place}: {index}").manifests or ()


def _leads_on(documents: Documents, one: Descriptor) -> bool:
    kind = one.media_type or documents.manifest(one.digest).media_type
    return kind in INDEXES


def _note(documents: Documents, one: Descriptor, found: _Found) -> None:
    if one.platform is not None and one.platform.os:
        found.images[one.digest] = one.platform
        return
    manifest = documents.decoded(documents.manifest(one.digest))
    if manifest.config is None or manifest.config.media_type not in CONFIGS:
        found.other.add(manifest.config.media_type if manifest.config else "a manifest without config")
    else:
        found.images[one.digest] = documents.platform(manifest)


def _unclear(place: str, found: _Found, fitting: dict[str, Platform], wanted: Platform | None) -> Exception:
    if fitting:
        several = "; ".join(sorted(f"{at} (@{digest})" for digest, at in fitting.items()))
        return UnsupportedInput(
            f"{place}: holds {len(fitting)} images: {several}",
            "choose one: --platform or platform: in the product file, or NAME@DIGEST",
        )
    if found.images:
        there = listed(found.images.values())
        return UnsupportedInput(
            f"{place}: no image for {wanted}; there is {there}", "choose one of these with --platform"
        )
    kinds = ", ".join(sorted(found.other)) or "an empty index"
    return UnsupportedInput(f"{place}: holds no container image, but {kinds}", "name an image")


def _subject(statement: Descriptor) -> str:
    return (statement.annotations or {}).get("vnd.docker.reference.digest", "")


def _sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()
