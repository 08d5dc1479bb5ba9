"""Package URLs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

# Types that are written here where their parts are plain: what packageurl-python makes lower case of each.
_LOWERED = {"deb": "", "generic": "", "rpm": "", "npm": "name", "pypi": "name namespace", "apk": "name namespace"}
_ESCAPE = re.compile("%[0-9a-f]{2}", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9.+~:_@-]*\Z")  # of these only + and @ are encoded


@lru_cache(maxsize=1)
def _package_url() -> Any:  # noqa: ANN401 - the class is imported late to keep start-up fast
    from packageurl import PackageURL

    return PackageURL


def purl(kind: str, namespace: str, name: str, version: str, qualifiers: Mapping[str, str] | None = None) -> str:
    """The canonical package URL (purl-spec, PURL-SPECIFICATION.rst); empty qualifiers are left out.

    "" for a name of nothing but blanks and slashes, which no package URL can carry.
    """
    if not name.strip().strip("/"):
        return ""
    kept = {key: value for key, value in (qualifiers or {}).items() if value}
    if kind in _LOWERED and _PLAIN.match("".join((namespace, name, version, *kept.values()))):
        return _plain(kind, namespace, name, version, kept)
    return _canonical(kind, namespace, name, version, tuple(kept.items()))


@lru_cache(maxsize=1 << 15)
def _canonical(kind: str, namespace: str, name: str, version: str, qualifiers: tuple[tuple[str, str], ...]) -> str:
    """By the library; remembered, for every layer that touches a database asks again."""
    parts = (kind, namespace or None, name, version or None, dict(qualifiers) or None)
    text: str = _package_url()(*parts).to_string()
    # The library lowers an encoded name whole, also its escapes: "libstdc%2b%2b".
    return _ESCAPE.sub(lambda escape: escape[0].upper(), text)


def _plain(kind: str, namespace: str, name: str, version: str, qualifiers: dict[str, str]) -> str:
    """The same for plain ASCII parts, ten times as fast: a database has a thousand of them."""
    lowered = _LOWERED[kind]
    if lowered:
        name = name.lower().replace("_", "-") if kind == "pypi" else name.lower()
        namespace = namespace.lower() if "namespace" in lowered else namespace
    place = f"{namespace}/" if namespace else ""
    release = f"@{_encoded(version)}" if version else ""
    tail = "&".join([f"{key}={_encoded(value)}" for key, value in sorted(qualifiers.items())])
    return f"pkg:{kind}/{_encoded(place)}{_encoded(name)}{release}{'?' if tail else ''}{tail}"


def _encoded(text: str) -> str:
    return text.replace("+", "%2B").replace("@", "%40")
