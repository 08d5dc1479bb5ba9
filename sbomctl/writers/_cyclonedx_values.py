"""Values that the CycloneDX schemas restrict: what does not fit is said in a property instead.

Both schemas must accept every document whatever a package record holds, and nothing may be
lost, so each function gives either a valid value or None.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sbomctl.writers._cyclonedx_document import Contact, Entity, Hash, Property, Reference

VERSION_LIMIT = 1024  # characters, both schemas

# Only what RFC 3986 allows in ASCII, without the brackets of an IPv6 host: the JSON schema
# wants an iri-reference, the XML schema an anyURI, and readers agree on no more than this.
_URI_BODY = r"(?:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+"
_URL = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]{{1,20}}://[A-Za-z0-9]{_URI_BODY}")
_PURL = re.compile(rf"pkg:[A-Za-z][A-Za-z0-9.+-]*/{_URI_BODY}")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = r"[A-Za-z0-9_+-]+"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
_NAMED_EMAIL = re.compile(r"([^<>]+)<([^<>\s]{3,254})>")
_CPE_22 = re.compile(r"[cC][pP][eE]:/[AHOaho]?(?::[A-Za-z0-9._~%-]*){0,6}")
_CPE_PART = r"(?:[a-zA-Z0-9._-]+|\*|-)"
_CPE_23 = re.compile(rf"cpe:2\.3:[aho*-](?::{_CPE_PART}){{5}}:(?:[a-zA-Z]{{2,3}}|\*|-)(?::{_CPE_PART}){{4}}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def properties(pairs: Iterable[tuple[str, str]]) -> tuple[Property, ...]:
    """The pairs that have a value, as properties of this tool, in the order given."""
    return tuple(Property(name=f"sbomctl:{name}", value=value) for name, value in pairs if value)


def url(text: str) -> str | None:
    """``text`` if it is an absolute URL with a host."""
    return text if len(text) <= 2048 and _URL.fullmatch(text) and _one_fragment(text) else None


def purl(text: str) -> str | None:
    """``text`` if it has the form of a package URL."""
    return text if _PURL.fullmatch(text) and _one_fragment(text) else None


def cpe(text: str) -> str | None:
    """``text`` if it is a CPE 2.2 URI or a CPE 2.3 string without quoted characters."""
    return text if len(text) <= 1024 and (_CPE_22.fullmatch(text) or _CPE_23.fullmatch(text)) else None


def sha256(digest: str) -> tuple[Hash, ...]:
    """The hash for a hex digest with or without ``sha256:``; none if it is none."""
    content = digest.removeprefix("sha256:")
    return (Hash(alg="SHA-256", content=content),) if _SHA256.fullmatch(content) else ()


def entity(text: str) -> Entity | None:
    """The organization that a package record names, ``Name <mailbox>`` taken apart."""
    text = text.strip()
    if not text:
        return None
    match = _NAMED_EMAIL.fullmatch(text) if len(text) <= 1024 else None
    if match and match[1].strip() and email(match[2]):
        return Entity(name=match[1].strip(), contact=(Contact(email=match[2]),))
    return Entity(name=text)


def email(text: str) -> str | None:
    """``text`` if it is a plain mailbox."""
    return text if len(text) <= 254 and len(text.partition("@")[0]) <= 64 and _EMAIL.fullmatch(text) else None


def references(pairs: Iterable[tuple[str, str, str]]) -> tuple[tuple[Reference, ...], list[tuple[str, str]]]:
    """External references from ``(type, URL, digest)``, and as properties what is no URL.

    The schema has no reference without URL, so a digest alone cannot be written either.
    """
    good = {(kind, text, digest) for kind, text, digest in pairs if url(text)}
    found = tuple(Reference(type=kind, url=text, hashes=sha256(digest)) for kind, text, digest in sorted(good))
    bad = sorted({(kind, text) for kind, text, _ in pairs if text and not url(text)})
    return found, [(f"reference:{kind}", text) for kind, text in bad]


def _one_fragment(text: str) -> bool:
    return text.count("#") <= 1
