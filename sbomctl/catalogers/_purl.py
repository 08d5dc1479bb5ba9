"""Package URLs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def _package_url() -> Any:  # noqa: ANN401 - the class is imported late to keep start-up fast
    from packageurl import PackageURL

    return PackageURL


def purl(kind: str, namespace: str, name: str, version: str, qualifiers: Mapping[str, str] | None = None) -> str:
    """The canonical package URL (purl-spec, PURL-SPECIFICATION.rst); empty qualifiers are left out."""
    kept = {key: value for key, value in (qualifiers or {}).items() if value}
    text: str = _package_url()(kind, namespace or None, name, version or None, kept or None).to_string()
    return text
