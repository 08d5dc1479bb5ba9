"""Read the beginnings of some files of a layer once more: those that nobody accounts for."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping

from sbomctl.layers.harvest import Harvest
from sbomctl.layers.store import Store, key_of
from sbomctl.model import FileEntry, FileType
from sbomctl.sources.base import Limits, Member, OpenLayer


def read_excerpts(
    layer: OpenLayer,
    wanted: Mapping[str, int],
    limits: Limits,
    take: Callable[[str, bytes], None],
    store: Store | None = None,
) -> None:
    """Give ``take`` the path and the first bytes of every ``wanted`` file, as many as that says.

    One file is in memory at a time, but for layers that would have to be fetched once more: their
    excerpts are kept in ``store``. Of duplicate members the last one counts, so the layer is read to
    its end. Raises ``CorruptInput`` and ``DigestMismatch``.
    """
    stored = layer.stored() if store else None
    if store is None or stored is None or not stored.remote:
        _each(layer, wanted, limits, take)
        return
    key = key_of(layer, stored.promised, ("excerpts", *sorted(wanted.items())), limits)
    known = store.load(key)
    if known is None or layer.info.diff_id not in ("", known.diff_id):
        known = _kept(layer, wanted, limits)
        store.save(key, known)
    for path, entry in known.entries.items():
        take(path, known.blobs[entry.sha256])


def _each(layer: OpenLayer, wanted: Mapping[str, int], limits: Limits, take: Callable[[str, bytes], None]) -> None:
    """No iterator: whoever asks one for the next excerpt still has the one before."""
    for member in layer.members(limits):
        most = wanted.get(member.path, 0)
        if most and member.type is FileType.REGULAR:
            take(member.path, _beginning(member, most))


def _kept(layer: OpenLayer, wanted: Mapping[str, int], limits: Limits) -> Harvest:
    """The excerpts in the form in which the store keeps a layer."""
    entries: dict[str, FileEntry] = {}
    blobs: dict[str, bytes] = {}

    def keep(path: str, data: bytes) -> None:
        sha256 = hashlib.sha256(data).hexdigest()
        entries[path] = FileEntry(path, FileType.REGULAR, len(data), sha256=sha256)
        blobs[sha256] = data

    _each(layer, wanted, limits, keep)
    digests = layer.digests()
    return Harvest(digests.diff_id, digests.size, layer.changeset, entries, blobs)


def _beginning(member: Member, most: int) -> bytes:
    grown = io.BytesIO()  # gives what it holds without a copy; joining pieces would need twice the memory
    left = most
    for piece in member.chunks():
        left -= grown.write(piece[:left])
        if left <= 0:
            break
    return grown.getvalue()
