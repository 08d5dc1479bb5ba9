"""``SHA256SUMS`` in the form that ``sha256sum --check`` reads."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sbomctl.errors import CorruptInput

_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")


def written(sums: Mapping[str, str]) -> bytes:
    """One line per file, by path."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(sums.items())).encode()


def read(data: bytes) -> dict[str, str]:
    """Digest by path; raises ``CorruptInput`` for anything else, and for a path that is named twice."""
    found: dict[str, str] = {}
    try:
        *lines, rest = data.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise CorruptInput("SHA256SUMS is no text") from None
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise CorruptInput(f"SHA256SUMS, line {number}: not a digest and a path")
        if match[2] in found:
            raise CorruptInput(f"SHA256SUMS, line {number}: {match[2]} is named twice")
        found[match[2]] = match[1]
    if not found or rest:
        raise CorruptInput("SHA256SUMS names no file" if not found else "SHA256SUMS is cut off")
    return found
