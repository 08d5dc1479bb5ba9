"""Which versions of a license the SPDX list knows, for licenses that let one choose a later one."""

from __future__ import annotations

import re
from functools import lru_cache

from sbomctl.licenses.spdx_list import is_license_reference, spdx_list

_LATER = re.compile(r"(?P<id>.+?)(?:\+|-or-later)\Z")
_VERSIONED = re.compile(r"(?P<family>.+)-(?P<version>\d+(?:\.\d+)+[a-z]?)(?P<rest>-[A-Za-z][A-Za-z-]*)?\Z")
_PART = re.compile(r"\d+|[a-z]")


def versions_from(license_id: str) -> tuple[str, ...]:
    """The identifiers that ``X-or-later`` or ``X+`` lets one choose, the lowest first.

    Only versions that are on the list and not deprecated; of an identifier without a version, or one
    that names a single version, just that: the 3 in ``BSD-3-Clause`` counts clauses.
    """
    later = None if is_license_reference(license_id) else _LATER.match(license_id)
    if later is None:
        return (license_id,)
    gnu = license_id.endswith("-or-later")
    start = f"{later['id']}-only" if gnu else later["id"]
    found = _VERSIONED.match(start)
    if found is None:
        return (start,)
    family = _families().get((found["family"], found["rest"] or ""), ())
    lowest = _order(found["version"])
    return tuple(one for version, one in family if version >= lowest) or (start,)


@lru_cache(maxsize=1)
def _families() -> dict[tuple[str, str], list[tuple[tuple[str, ...], str]]]:
    """Family and what follows the version -> its members by version."""
    families: dict[tuple[str, str], list[tuple[tuple[str, ...], str]]] = {}
    for license_id in spdx_list().licenses.values():
        if found := _VERSIONED.match(license_id):
            member = (_order(found["version"]), license_id)
            families.setdefault((found["family"], found["rest"] or ""), []).append(member)
    for members in families.values():
        members.sort()
    return families


def _order(version: str) -> tuple[str, ...]:
    """Numbers compared as numbers, a letter behind them as later."""
    return tuple(part.zfill(9) for part in _PART.findall(version))
