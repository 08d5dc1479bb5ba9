"""The heads of scripts that speak of a license: the only evidence of one for a script that no package owns.

Who owns what is known only when all layers are stacked, so they are kept of all scripts.
"""

from __future__ import annotations

HEAD = 8192  # bytes; a header that is longer than all this is a license file
_BEGINS = 4096  # bytes in which a header begins if there is one: looking through all of them for nothing costs twice
_LICENSE, _COPYRIGHT = b"licen", b"copyright"  # lower case; one stands in every SPDX tag
_AFTER = 1024  # bytes after the last sign that are kept: the longest disclaimer ends within them
_MOST = 32 << 20  # bytes of one layer


class Heads:
    """By the SHA-256 (hex) of the whole script; b"" = it speaks of a license, but there was no room for its head."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self._room = _MOST

    def add(self, sha256: str, head: bytes) -> None:
        """Keep what matters of ``head``, the first ``HEAD`` bytes of a script."""
        begin = head[:_BEGINS].lower()
        if (_LICENSE in begin or _COPYRIGHT in begin) and sha256 not in self.kept:
            lowered = head.lower()
            last = max(lowered.rfind(_LICENSE), lowered.rfind(_COPYRIGHT))
            head = head[: last + _AFTER]
            self.kept[sha256] = head if len(head) <= self._room else b""
            self._room -= len(self.kept[sha256])
