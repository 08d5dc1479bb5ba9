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
_DIGEST = re.compile(r"([0-9a-z]+):([0-9a-f]+)")
_ALGORITHMS = {"md5": ("MD5", 32), "sha1": ("SHA-1", 40), "sha256": ("SHA-256", 64), "sha512": ("SHA-512", 128)}


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


def hashes(digest: str) -> tuple[Hash, ...]:
    """The hash for ``<algorithm>:<hex>``; none if it is none that the schema knows."""
    match = _DIGEST.fullmatch(digest)
    name, length = _ALGORITHMS.get(match[1], ("", 0)) if match else ("", 0)
    return (Hash(alg=name, content=match[2]),) if match and len(match[2]) == length else ()


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


def references(links: Iterable[tuple[str, str, str]]) -> tuple[tuple[Reference, ...], list[tuple[str, str]]]:
    """External references from ``(type, URL, digest)``; what the schema cannot hold comes back as properties.

    That is a text that is no URL, and a digest without URL.
    """
    found, extra = [], []
    for kind, text, digest in sorted({link for link in links if any(link[1:])}):
        if url(text):
            found.append(Reference(type=kind, url=text, hashes=hashes(digest)))
        if not url(text) or not hashes(digest):
            extra += [(f"reference:{kind}", "" if url(text) else text), (f"reference:{kind}:digest", digest)]
    return tuple(found), extra


def _one_fragment(text: str) -> bool:
    return text.count("#") <= 1
