"""Texts that are nearly a known one: how they differ, and whether that makes them another license."""

from __future__ import annotations

from collections.abc import Mapping

from sbomctl.licenses.text.found import Found

_SHOWN = 12  # words


def difference(found: Found, license_id: str) -> str:
    """How a text differs from the known one, for people."""
    parts = []
    if found.missing:
        parts.append(f"lacks {sum(found.missing.values())} of its words ({_some(found.missing)})")
    if found.extra:
        parts.append(f"has {sum(found.extra.values())} others ({_some(found.extra)})")
    if found.holes:
        parts.append(f"has {sum(end - start for start, end in found.holes)} words in between")
    return f"{license_id}, but it " + ", ".join(parts)


def _some(words: Mapping[str, int]) -> str:
    shown = ", ".join(sorted(words)[:_SHOWN])
    return f"{shown}, …" if len(words) > _SHOWN else shown
