"""What a registry holds about an image beside it: signatures, SBOMs, attestations. Listed, not read.

OCI distribution-spec 1.1 ("Listing Referrers", "Referrers Tag Schema"); the tags that cosign
makes (sigstore cosign, SIGNATURE_SPEC); what BuildKit puts into the index.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import msgspec

from sbomctl.errors import CorruptInput, SbomctlError
from sbomctl.model import Attachment
from sbomctl.sources._registry_manifest import Chosen
from sbomctl.sources._registry_repository import Repository
from sbomctl.sources.base import Limits
from sbomctl.sources.documents import Descriptor, decode
from sbomctl.sources.oci_index import INDEXES, MANIFESTS

_COSIGN = {"sig": "signature", "att": "attestation", "sbom": "SBOM"}
_NOT_OFFERED = frozenset(
    (400, 404, 405, 406, 410, 422, 501)
)  # a registry that does not know the request, or has nothing
_PAGES, _MOST = 16, 1000
_NEXT = re.compile(r"""<([^<>]{1,2000})>\s*;\s*rel\s*=\s*"?next"?""")
_ACCEPT = ", ".join((INDEXES[0], *MANIFESTS))


class _Referrer(Descriptor, frozen=True, rename="camel"):
    artifact_type: str = ""


class _Referrers(msgspec.Struct, frozen=True):
    manifests: tuple[_Referrer, ...] | None = None


class _Tagged(msgspec.Struct, frozen=True, rename="camel"):
    """As much of a manifest as tells what is in it."""

    layers: tuple[Descriptor, ...] | None = None


def attached_to(
    repository: Repository, chosen: Chosen, limits: Limits
) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    """All that refers to the image or to an index it was found through, sorted, and what could not be asked."""
    found = {Attachment("attestation (BuildKit)", one.digest, chosen.digest) for one in chosen.statements}
    problems = []
    for subject in (chosen.digest, *chosen.indexes):
        try:
            found.update(_of(repository, subject, limits))
        except SbomctlError as error:
            problems.append(f"what is attached to {subject} is not known: {error.message}")
    return tuple(sorted(found)), tuple(problems)


def _of(repository: Repository, subject: str, limits: Limits) -> Iterator[Attachment]:
    listed = _referrers(repository, subject, limits)
    if listed is None:
        data = _bytes(repository, f"manifests/{_tag(subject)}", limits)
        listed = decode(data, _Referrers, repository.place) if data is not None else _Referrers()
    for one in listed.manifests or ():
        yield Attachment(one.artifact_type or one.media_type or "unknown", one.digest, subject)
    for suffix, kind in _COSIGN.items():
        data = _bytes(repository, f"manifests/{_tag(subject)}.{suffix}", limits)
        if data is not None:
            yield Attachment(_called(kind, data), "sha256:" + hashlib.sha256(data).hexdigest(), subject)


def _called(kind: str, data: bytes) -> str:
    """An attestation may hold several statements: their types, each once."""
    types = sorted({one.media_type for one in decode(data, _Tagged, "manifest").layers or () if one.media_type})
    return f"{kind} (cosign: {', '.join(types)})" if types else f"{kind} (cosign)"


def _referrers(repository: Repository, subject: str, limits: Limits) -> _Referrers | None:
    """By the API of distribution-spec 1.1, page by page; None where the registry does not offer it."""
    path, found = f"referrers/{subject}", list[_Referrer]()
    for number in range(_PAGES):
        answer = repository.ask(path, {"Accept": INDEXES[0]})
        try:
            if number == 0 and answer.status in _NOT_OFFERED:
                return None
            if answer.status != 200:
                repository.fail(answer, path)
            if not _is_index(answer.header("Content-Type")):
                return None
            data = repository.body(answer, limits)
        finally:
            answer.close()
        found += decode(data, _Referrers, repository.place).manifests or ()
        onward = _NEXT.search(answer.header("Link"))
        if not onward:
            return _Referrers(tuple(found))
        path = _relative(repository, path, onward.group(1))
        if len(found) > _MOST or not path:
            break
    raise CorruptInput(f"more than {_MOST} things, or an endless list of them")


def _is_index(media_type: str) -> bool:
    return media_type.partition(";")[0].strip() == INDEXES[0]


def _relative(repository: Repository, path: str, onward: str) -> str:
    """The next page as a path in this repository; "" when it leads elsewhere."""
    base = f"/v2/{repository.endpoint.name}/"
    parts = urlsplit(urljoin(base + path, onward))
    home = parts.netloc in ("", repository.server)
    inside = home and parts.path.startswith(base + "referrers/") and ".." not in parts.path
    return f"{parts.path.removeprefix(base)}?{parts.query}" if inside else ""


def _bytes(repository: Repository, path: str, limits: Limits) -> bytes | None:
    answer = repository.ask(path, {"Accept": _ACCEPT})
    try:
        if answer.status in _NOT_OFFERED:
            return None
        if answer.status != 200:
            repository.fail(answer, path)
        return repository.body(answer, limits)
    finally:
        answer.close()


def _tag(digest: str) -> str:
    """``<algorithm>-<hex>``, cut as the tag schema says."""
    algorithm, _, value = digest.partition(":")
    return f"{algorithm}-{value[:64]}"
