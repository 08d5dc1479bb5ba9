"""Common programs and libraries of embedded Linux, told by their banners."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from sbomctl.catalogers._banners import Banner, packages_of, read_banners
from sbomctl.catalogers.base import PROGRAMS, Excerpt, Sighting
from sbomctl.model import Package


class BinariesCataloger:
    """Programs of the table ``banners.tsv``; what two files of one version are evidence of is one package."""

    name: ClassVar[str] = "binaries"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "well-known programs and libraries that no package owns, by their banners"
    wants: ClassVar[Excerpt] = Excerpt(code=PROGRAMS)

    def read(self, path: str, data: bytes) -> tuple[Banner, ...] | None:
        """What the file says that it is, and what it holds."""
        return None if path.endswith(".ko") else read_banners(self.name, path, data) or None

    def catalog(self, seen: Sequence[Sighting]) -> Iterator[Package]:
        """Every program, by name and version."""
        return packages_of(seen, self.name)
