"""Machine-readable copyright files of Debian packages (copyright-format 1.0, and DEP-5 as it was drafted)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import ClassVar

import msgspec

from sbomctl.licenses._dep5 import Dep5, read_dep5
from sbomctl.licenses._dep5_meaning import undecided
from sbomctl.licenses._dep5_patterns import bad_escape
from sbomctl.licenses._dep5_statements import UNREFERENCED, statements_of
from sbomctl.licenses._reach import NAMES
from sbomctl.licenses.base import FileLicenses, Statement
from sbomctl.licenses.expression import conjunction
from sbomctl.model import Expression

_MOST_FAULTS = 100
_KEPT = 200_000  # bytes of a file of which the structure is kept for a while


class DebianCopyright:
    """``usr/share/doc/PACKAGE/copyright``; Policy 12.5 forbids to compress it, or to put it anywhere else."""

    name: ClassVar[str] = "debian-copyright"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "machine-readable debian/copyright files (DEP-5)"
    wants: ClassVar[tuple[str, ...]] = ("usr/share/doc/*/copyright",)
    max_bytes: ClassVar[int] = 32 << 20  # that of a browser engine has 5 MB

    def __init__(self, *, compare: bool = True) -> None:
        """Without ``compare`` the names alone count, and what they leave open stays open."""
        self._compare = compare

    def read(self, path: str, data: bytes) -> FileLicenses | None:
        """One declared statement for each License field that says something about files; None when not DEP-5.

        ``declared`` is all of it that can reach the binary package together. A package of
        which nothing would reach it keeps everything: then the rules are wrong, not the file.
        """
        structure = _structure(data) if len(data) <= _KEPT else read_dep5(data)
        if structure is None:
            return None
        package = path.rpartition("/")[0].rpartition("/")[2]
        statements, more = statements_of(structure, package, len(data), compare=self._compare)
        if all(one.excluded_by for one in statements):
            statements = tuple(_counted(statements))
        faults = {*structure.faults, *_bad_patterns(structure), *more}
        return FileLicenses(
            statements=statements,
            declared=_together(statements, package),
            copyrights=structure.copyrights,
            faults=_bounded(sorted(faults)),
        )


@lru_cache(maxsize=64)
def _structure(data: bytes) -> Dep5 | None:
    """Binary packages of one source have the same file, and are read one after the other."""
    return read_dep5(data)


def _counted(statements: Iterable[Statement]) -> Iterator[Statement]:
    for one in statements:
        keep = one.excluded_by in ("", UNREFERENCED)
        yield one if keep else msgspec.structs.replace(one, excluded_by="")


def _together(statements: Sequence[Statement], package: str) -> Expression:
    """The conjunction of what counts; what stays open is in it by a reference, lest it look like nothing."""
    counting = {(one.expression, one.raw, one.text): one for one in statements if not one.excluded_by}
    if not any(one.expression for one in counting.values()):
        return Expression("")
    return conjunction(one.expression or undecided(one.raw, one.text, package) for one in counting.values())


def _bad_patterns(structure: Dep5) -> Iterator[tuple[int, str]]:
    for paragraph in structure.files:
        if any("\\" in pattern and bad_escape(pattern) for pattern in paragraph.patterns):
            yield paragraph.line, "a backslash in a file pattern stands before something that needs none"


def _bounded(faults: Sequence[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    if len(faults) <= _MOST_FAULTS:
        return tuple(faults)
    line, _ = faults[_MOST_FAULTS]
    return (*faults[:_MOST_FAULTS], (line, f"and {len(faults) - _MOST_FAULTS} more faults from here on"))


__all__ = ["NAMES", "UNREFERENCED", "DebianCopyright"]
