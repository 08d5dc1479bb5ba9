"""What makes two packages the same component, and the ids that follow from it."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from sbomctl.model import Image, Package, SourceRef

_NOT_IDENTITY = ("distro=", "upstream=")  # they say where a package is from, not which one it is


def component_key(package: Package) -> str:
    """Equal for the same package in any image: its purl without ``distro`` and ``upstream``.

    Name, version and architecture are unique in a vendor's namespace (deb, apk, opkg); rpm adds
    the epoch, which its purl carries as a qualifier. Without purl: who found it, name, version, place.
    """
    if package.purl:
        return purl_key(package.purl)
    return "\0".join((package.found_by, package.name, package.version, package.root or package.location.path))


def purl_key(purl: str) -> str:
    """A purl without the qualifiers that do not identify."""
    base, mark, rest = purl.partition("?")
    if not mark:
        return purl
    qualifiers, hash_mark, subpath = rest.partition("#")
    kept = "&".join(one for one in qualifiers.split("&") if not one.startswith(_NOT_IDENTITY))
    return base + ("?" + kept if kept else "") + hash_mark + subpath


def source_key(source: SourceRef) -> str:
    """Equal for the same source package, whatever was built from it."""
    return "source\0" + (purl_key(source.purl) if source.purl else f"{source.name}\0{source.version}")


def component_id(key: str) -> str:
    """The id of a component from its identity key."""
    return "c-" + _short(key)


def image_id(image: Image) -> str:
    """The id of an image in the product: the same content under another name is another image of it."""
    return "i-" + _short(f"{image.name}\0{image.id}")


@lru_cache(1 << 15)
def _short(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]
