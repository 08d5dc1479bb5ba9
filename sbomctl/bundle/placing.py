"""Where a bundle goes: whole, or not at all.

It grows in a hidden folder beside its place and is renamed when it is finished. An older
bundle steps aside first and comes back when the last step fails.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sbomctl.bundle.base import SUMS
from sbomctl.errors import ConfigError, OutputError

ARCHIVES = (".tar.zst", ".zip")
_OTHERS = (".tar", ".tgz", ".gz", ".xz", ".bz2", ".zst", ".7z")
_FORCE = "--force replaces a bundle that was written before"


@dataclass(frozen=True, slots=True)
class Place:
    """A place found fit to write to; ``archive`` is one of ARCHIVES, "" for a directory."""

    target: Path
    archive: str


def prepared(name: str, *, force: bool = False) -> Place:
    """The place ``name``, checked before the long work starts.

    Raises ``ConfigError`` for an archive of another kind, ``OutputError`` for what cannot be
    written to or would be overwritten; ``force`` allows to overwrite bundles, nothing else.
    """
    archive = next((one for one in ARCHIVES if name.lower().endswith(one)), "")
    if not archive and name.lower().endswith(_OTHERS):
        raise ConfigError(f"{name}: bundles are directories, {' or '.join(ARCHIVES)}", "give -o another ending")
    try:
        target = Path(os.path.realpath(name))
        _demand_room(name, target)
        if archive:
            _demand_free_file(name, target, force=force)
        else:
            _demand_free_directory(name, target, force=force)
    except OSError as error:
        raise OutputError(f"cannot write {name}: {error.strerror}") from error
    return Place(target, archive)


def _demand_room(name: str, target: Path) -> None:
    if not target.parent.is_dir():
        raise OutputError(f"cannot write {name}: there is no directory {target.parent}")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise OutputError(f"cannot write {name}: the directory {target.parent} is not writable")


def _demand_free_file(name: str, target: Path, *, force: bool) -> None:
    if target.is_dir():
        raise OutputError(f"cannot write {name}: it is a directory")
    if target.exists() and not target.is_file():
        raise OutputError(f"cannot write {name}: it is no file")
    if target.exists() and not force:
        raise OutputError(f"cannot write {name}: it exists", _FORCE)


def _demand_free_directory(name: str, target: Path, *, force: bool) -> None:
    if target.exists() and not target.is_dir():
        raise OutputError(f"cannot write {name}: it is a file", "a bundle is a directory, .tar.zst or .zip")
    if not target.exists() or not any(target.iterdir()):
        return
    if not force:
        raise OutputError(f"cannot write {name}: the directory is not empty", _FORCE)
    if not (target / SUMS).is_file():
        raise OutputError(f"cannot write {name}: what is in it is no bundle", "--force replaces bundles only")
    if Path.cwd().is_relative_to(target):
        raise OutputError(f"cannot write {name}: it is the current directory", "run it from another one")


@contextmanager
def staged(place: Place) -> Iterator[Path]:
    """An empty folder beside ``place`` that is gone at the end of the block, however it ends.

    Raises ``OutputError`` when the disk fails in the block.
    """
    draft = place.target.with_name(f".{place.target.name[:200]}.{os.getpid()}.part")
    try:
        shutil.rmtree(draft, ignore_errors=True)  # of a process that had our number and was killed
        draft.mkdir()
        yield draft
    except OSError as error:
        raise OutputError(f"cannot write {error.filename or place.target}: {error.strerror}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def put(finished: Path, place: Place) -> None:
    """Rename what is finished to its place; an older bundle goes away only then."""
    if place.archive:
        finished.replace(place.target)
        return
    if not place.target.exists() or not any(place.target.iterdir()):
        finished.rename(place.target)  # takes the place of an empty directory
        return
    aside = finished.with_name("replaced")
    place.target.rename(aside)
    try:
        finished.rename(place.target)
    except BaseException:
        with suppress(OSError):
            aside.rename(place.target)
        raise
