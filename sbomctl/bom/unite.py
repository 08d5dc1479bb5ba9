"""One value from several that say the same thing differently; in whatever order they come."""

from __future__ import annotations

from collections.abc import Iterable


def smallest(values: Iterable[str]) -> str:
    """The smallest that says anything; "" when none does."""
    return min((value for value in values if value), default="")


def common_purl(purls: Iterable[str]) -> str:
    """The purl of one component from those of its packages, with the qualifiers that all of them have.

    A package that is in two distributions is from neither alone: vulnerability data is
    looked up by ``distro``, and one that is right for one image would be wrong for another.
    """
    known = sorted(set(purls))
    if len(known) < 2 or not known[0]:
        return known[0] if known else ""
    split = [_split(purl) for purl in known]
    kept = [one for one in split[0][1] if all(one in qualifiers for _, qualifiers, _ in split)]
    base, _, subpath = split[0]
    return base + ("?" + "&".join(kept) if kept else "") + subpath


def _split(purl: str) -> tuple[str, list[str], str]:
    """What comes before the qualifiers, the qualifiers, and the subpath with its mark."""
    before, mark, subpath = purl.partition("#")
    base, _, qualifiers = before.partition("?")
    return base, qualifiers.split("&") if qualifiers else [], mark + subpath
