"""Read the beginnings of some files of a layer once more: those that nobody accounts for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sbomctl.model import FileType
from sbomctl.sources.base import Limits, Member, OpenLayer


def read_excerpts(
    layer: OpenLayer, wanted: Mapping[str, int], limits: Limits, take: Callable[[str, bytes], None]
) -> None:
    """Give ``take`` the path and the first bytes of every ``wanted`` file, as many as that says.

    One file is in memory at a time. Of duplicate members the last one counts, so the layer is read
    to its end. Raises ``CorruptInput`` and ``DigestMismatch``.
    """
    for member in layer.members(limits):
        most = wanted.get(member.path, 0)
        if most and member.type is FileType.REGULAR:
            take(member.path, _beginning(member, most))


def _beginning(member: Member, most: int) -> bytes:
    pieces: list[bytes] = []
    left = most
    for piece in member.chunks():
        pieces.append(bytes(piece[:left]))
        left -= len(pieces[-1])
        if left <= 0:
            break
    return b"".join(pieces)
