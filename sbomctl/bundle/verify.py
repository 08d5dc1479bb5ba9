"""A bundle checked again: every file, the documents against each other, the signature."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from sbomctl.bundle import checksums
from sbomctl.bundle.attestation import check_signature, subjects
from sbomctl.bundle.base import ATTESTATION, INVENTORY, SBOMS, SUMS
from sbomctl.bundle.consistency import disagreements
from sbomctl.bundle.reading import members, told
from sbomctl.errors import CorruptInput, InputError
from sbomctl.terminal import counted

_BLOCK = 1 << 20
_KEPT_BYTES = 4 << 30  # of one document; as for documents given to other commands
_MOST_BYTES = 256 << 30  # of all files together; a small archive may unpack to anything
_NOT_SUMMED = (SUMS, ATTESTATION)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check found; the bundle is as it was written where there are no ``faults``."""

    files: int
    size: int  # bytes of all files
    documents: int  # SBOM documents that were compared with the inventory
    faults: tuple[str, ...]
    signed: bool
    signed_by: str  # id of the key that was asked for; "" = none was


@dataclass(slots=True)
class _Read:
    """A bundle that has been read once: every digest, and the documents that are looked into."""

    digests: dict[str, str] = field(default_factory=dict)
    kept: dict[str, bytes] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    size: int = 0


def verify(name: str, key_file: str = "") -> Verified:
    """What is wrong with the bundle at ``name``; with ``key_file`` it must also be signed by that key.

    Raises ``InputError`` for what is no bundle at all, ``ToolMissing`` where the library for
    signatures is not installed.
    """
    read = _read(name)
    faults = [*read.faults, *_against_sums(read)]
    signed_by = ""
    try:
        faults += _against_attestation(read)
        if key_file:
            signed_by, unsigned = _signer(read, key_file)
            faults += unsigned
        faults += disagreements({path: data for path, data in read.kept.items() if path not in _NOT_SUMMED})
    except CorruptInput as error:
        faults.append(error.message)
    documents = sum(1 for path in read.kept if path.startswith(SBOMS)) if INVENTORY in read.kept else 0
    return Verified(len(read.digests), read.size, documents, tuple(faults), ATTESTATION in read.kept, signed_by)


def _read(name: str) -> _Read:
    read = _Read()
    with told(name):
        for member in members(name):
            if member.file is None:
                read.faults.append(f"{member.path}: {member.oddity}")
            elif member.path in read.digests:
                read.faults.append(f"{member.path}: there are two files of that name")
            else:
                _take(read, member.path, member.file)
    if SUMS not in read.kept:
        raise CorruptInput(
            f"{name} is no bundle: there is no {SUMS} in it", "sbomctl bundle PRODUCT.yaml -o writes one"
        )
    return read


def _take(read: _Read, path: str, file: BinaryIO) -> None:
    digest = hashlib.sha256()
    keep = path in (*_NOT_SUMMED, INVENTORY) or (path.startswith(SBOMS) and path.endswith(".json"))
    blocks: list[bytes] = []
    kept = 0
    while block := file.read(_BLOCK):
        digest.update(block)
        read.size += len(block)
        kept += len(block)
        if read.size > _MOST_BYTES:
            raise InputError(f"it holds more than {_MOST_BYTES >> 30} GiB; no bundle does")
        if keep and kept > _KEPT_BYTES:
            raise InputError(f"{path} is larger than {_KEPT_BYTES >> 30} GiB; this is no document of ours")
        if keep:
            blocks.append(block)
    read.digests[path] = digest.hexdigest()
    if keep:
        read.kept[path] = b"".join(blocks)


def _against_sums(read: _Read) -> Iterator[str]:
    sums = checksums.read(read.kept[SUMS])
    for path in sorted({*sums, *read.digests}):
        if path in _NOT_SUMMED:
            continue
        if path not in read.digests:
            yield f"{path}: it is missing"
        elif path not in sums:
            yield f"{path}: {SUMS} does not name it"
        elif sums[path] != read.digests[path]:
            yield f"{path}: it has changed"


def _against_attestation(read: _Read) -> Iterator[str]:
    if ATTESTATION in read.kept:
        said, sums = subjects(read.kept[ATTESTATION]), checksums.read(read.kept[SUMS])
        if said != sums:
            count = counted(len({path for path in {*said, *sums} if said.get(path) != sums.get(path)}), "file")
            yield f"{ATTESTATION}: it and {SUMS} differ in {count}"


def _signer(read: _Read, key_file: str) -> tuple[str, list[str]]:
    if ATTESTATION not in read.kept:
        return "", [f"{ATTESTATION}: it is missing, so nobody has signed"]
    try:
        return check_signature(read.kept[ATTESTATION], key_file), []
    except InputError as error:
        return "", [error.message]
