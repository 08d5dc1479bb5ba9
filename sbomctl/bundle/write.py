"""A bundle written: every part, what explains them, their checksums, a signature; then all at once in its place."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sbomctl.bundle import checksums
from sbomctl.bundle.attestation import Signer, statement
from sbomctl.bundle.base import ATTESTATION, README, SUMS, Absent, BundleInput, Part
from sbomctl.bundle.kept_files import plain_name
from sbomctl.bundle.packing import files_below, pack
from sbomctl.bundle.parts import parts
from sbomctl.bundle.placing import Place, put, staged
from sbomctl.bundle.readme import readme
from sbomctl.findings import ending, totals
from sbomctl.model import CheckResult, ComponentType


@dataclass(frozen=True, slots=True)
class Written:
    """A finished bundle: its files in the order in which a reader meets them, and their bytes."""

    files: tuple[str, ...]
    size: int
    absent: tuple[Absent, ...]


def write(
    known: BundleInput, place: Place, signer: Signer | None = None, tell: Callable[[str], None] = lambda _: None
) -> Written:
    """Write the bundle of ``known`` to ``place``: whole, or not at all; ``tell`` hears the name of each part.

    Raises ``ConfigError`` where a fact is missing without which a part would be wrong,
    ``OutputError`` when the disk fails.
    """
    planned = tuple(parts(known))
    files = tuple(one for one in planned if isinstance(one, Part))
    absent = tuple(one for one in planned if isinstance(one, Absent))
    with staged(place) as draft:
        folder = draft / "bundle"
        for part in files:
            tell(part.path)
            _fill(folder / part.path, part.write)
        text = readme(known, files, absent)
        _fill(folder / README, lambda out: out.write(text))
        sums = {path: _digest(file) for path, file in files_below(folder).items()}
        _fill(folder / SUMS, lambda out: out.write(checksums.written(sums)))
        if signer is not None:
            envelope = signer.envelope(statement(sums, _facts(known)))
            _fill(folder / ATTESTATION, lambda out: out.write(envelope))
        everything = files_below(folder)
        size = sum(file.stat().st_size for file in everything.values())
        put(_finished(known, place, draft, folder, tell), place)
    return Written((README, *(one.path for one in files), *sorted({*everything} - {*sums})), size, absent)


def outcome(result: CheckResult) -> str:
    """How the check ended, in one line."""
    return f"{ending(result).upper()}: {totals(result)}"


def _finished(known: BundleInput, place: Place, draft: Path, folder: Path, tell: Callable[[str], None]) -> Path:
    """What is to be renamed: the folder, or the archive of it."""
    if not place.archive:
        return folder
    tell(place.target.name)
    archive = draft / "archive"
    top = plain_name("-".join(filter(None, (known.bom.product.name, known.bom.product.version))))
    with _synced(archive) as out:
        pack(folder, place.archive, out, top=top, created=known.created)
    return archive


def _fill(file: Path, write: Callable[[BinaryIO], Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with _synced(file) as out:
        write(out)


@contextmanager
def _synced(file: Path) -> Iterator[BinaryIO]:
    """A new file that is on the disk at the end of the block, so that no power cut leaves half a bundle."""
    with file.open("xb") as out:
        yield out
        out.flush()
        os.fsync(out.fileno())


def _digest(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def _facts(known: BundleInput) -> dict[str, Any]:
    """What the signature is about beside the files: the product, and how it was judged."""
    bom, result = known.bom, known.result
    return {
        "product": {"name": bom.product.name, "version": bom.product.version, "supplier": bom.product.supplier.name},
        "created": known.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tool": {"name": "sbomctl", "version": known.tool_version},
        "images": [{"name": one.image.name, "id": one.image.id} for one in bom.images],
        "components": sum(1 for one in bom.components if one.type is not ComponentType.SOURCE),
        "complete": bom.complete,
        "check": None
        if result is None
        else {
            "outcome": ending(result),
            "policy": result.policy,
            "profile": result.profile,
            "policyFiles": {one.name: one.sha256 for one in result.policy_files},
        },
    }
