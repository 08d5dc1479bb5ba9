"""The package that a Linux kernel is, whatever it was found by."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sbomctl.catalogers._evidence import cpe, generic, upstream_license
from sbomctl.catalogers.base import Sighting
from sbomctl.model import Package

_NUMBERS = re.compile(r"\d+\.\d+(?:\.\d+)?")
_LICENSE = "GPL-2.0-only WITH Linux-syscall-note"
_LICENSE_CONFIDENCE = 0.95  # a few files are under other licenses, which agree with it


def linux(
    release: str,
    source: str,
    seen: Sequence[Sighting],
    found_by: str,
    confidence: float,
    description: str,
    files: Sequence[Sighting] | None = None,
) -> Package:
    """The kernel of a release (``uname -r``), whose source may have another version; found in the first of ``seen``."""
    numbers = _NUMBERS.match(release)
    return generic(
        "linux",
        release,
        [seen[0]],
        found_by,
        confidence,
        files=seen if files is None else files,
        licenses=[upstream_license(_LICENSE, seen[0].location, found_by, _LICENSE_CONFIDENCE)],
        cpe=cpe("linux:linux_kernel", source or (numbers[0] if numbers else ""), "o"),
        description=description[:300],
    )
