"""What a package keeps when an upper layer records it again and says less.

Slimming an image deletes file lists, copyright files and control files, not what they
said: the package is the same one, and all of it still ships in the lower layer.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from sbomctl.model import Package

_FACTS = (
    "source", "built_using", "supplier", "homepage", "download_url", "vcs_url", "cpe", "description", "depends_on",
    "provides",
)  # fmt: skip
T = TypeVar("T")


def continued(before: Package, now: Package) -> Package:
    """``now`` with the facts that only ``before`` states, the paths of both and the license statements of both.

    A statement that ``now`` repeats keeps its newer place only.
    """
    if before is now:
        return now
    facts: dict[str, Any] = {
        name: stated for name in _FACTS if (stated := getattr(before, name)) and not getattr(now, name)
    }
    if before.files != now.files:
        facts["files"] = _united(now.files, before.files)
    if before.license_files != now.license_files:
        facts["license_files"] = _united(now.license_files, before.license_files)
    if before.owns_directories != now.owns_directories:
        facts["owns_directories"] = _united(now.owns_directories, before.owns_directories)
    repeated = {finding.raw for finding in now.licenses}
    lost = tuple(finding for finding in before.licenses if finding.raw not in repeated)
    if lost:
        facts["licenses"] = now.licenses + lost
    return msgspec.structs.replace(now, **facts) if facts else now


def _united(first: tuple[T, ...], second: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(first + second))
