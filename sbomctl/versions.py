"""The order of versions, which each ecosystem has its own of, and ranges over it.

Waivers and curations name the versions they hold for as ``>=5.2,<5.3``: every condition of
the list must hold. ``univers`` compares as dpkg, rpm, apk, PyPI and npm do; where it knows
no order, or a version is none of its ecosystem, numbers are compared as numbers and the rest as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

_CONDITION = re.compile(r"(>=|<=|!=|==|=|<|>)?\s*([^\s<>=!,|*~^][^\s<>=!,|*]*)")
_ORDERS = {
    "deb": "DebianVersion",
    "rpm": "RpmVersion",
    "apk": "AlpineLinuxVersion",
    "pypi": "PypiVersion",
    "npm": "SemverVersion",
    "cargo": "SemverVersion",
    "golang": "GolangVersion",
    "maven": "MavenVersion",
    "gem": "RubygemsVersion",
    "alpm": "ArchLinuxVersion",
}
_LONGEST = 200  # characters of a version that an order is asked about; longer ones are hostile
_PIECES = re.compile(r"([0-9]+)|([A-Za-z]+)|([~^])")
_RELATIONS: dict[str, Callable[[int], bool]] = {
    ">=": lambda sign: sign >= 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    "<": lambda sign: sign < 0,
    "=": lambda sign: sign == 0,
    "==": lambda sign: sign == 0,
    "!=": lambda sign: sign != 0,
}


def in_range(purl_type: str, version: str, spec: str) -> bool:
    """Whether ``version`` lies in ``spec``, by the order of the ecosystem ("deb", "rpm", "pypi", …).

    ``spec`` is ``*`` or "" for every version, else conditions joined by commas, all of which
    must hold: ``>=5.2,<5.3``; a version alone means exactly that one. Raises ``ValueError``
    where ``spec`` is none of these.
    """
    return all(_RELATIONS[sign](compare(purl_type, version, bound)) for sign, bound in conditions(spec))


@lru_cache(maxsize=1024)
def conditions(spec: str) -> tuple[tuple[str, str], ...]:
    """What a range asks: pairs of a relation and a version; () for every version. Raises ``ValueError``."""
    if spec.strip() in ("", "*"):
        return ()
    found = []
    for part in spec.split(","):
        match = _CONDITION.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"{part.strip()!r} is no condition on a version, as in '>=5.2,<5.3'")
        found.append((match[1] or "=", match[2]))
    return tuple(found)


@lru_cache(maxsize=8192)
def compare(purl_type: str, one: str, other: str) -> int:
    """-1, 0 or 1: where ``one`` stands to ``other``. Never raises: what is no version is compared piece by piece."""
    left, right = _ordered(purl_type, one), _ordered(purl_type, other)
    if left is None or right is None:
        left, right = _pieces(one), _pieces(other)
    return int(left > right) - int(left < right)


@lru_cache(maxsize=4096)
def _ordered(purl_type: str, version: str) -> Any:  # noqa: ANN401 - a class of a library that is imported late
    """``version`` as the library orders it; None where it cannot."""
    if purl_type not in _ORDERS or not version or len(version) > _LONGEST or not version.isascii():
        return None
    from univers import versions

    try:
        return getattr(versions, _ORDERS[purl_type])(version)
    except (versions.InvalidVersion, ValueError, TypeError, AttributeError):
        return None


def _pieces(version: str) -> tuple[tuple[int, int, str], ...]:
    """Numbers as numbers, words as words; ``~`` sorts before the end and ``^`` after it, as dpkg and rpm have it."""
    found = []
    for number, word, sign in _PIECES.findall(version[:_LONGEST]):
        if number:
            found.append((4, int(number), ""))
        elif word:
            found.append((3, 0, word.lower()))
        else:
            found.append((0 if sign == "~" else 2, 0, ""))
    return (*found, (1, 0, ""))
