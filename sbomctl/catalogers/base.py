"""What a cataloger is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Protocol

import msgspec

from sbomctl.layers.view import View
from sbomctl.model import Content, Location, Package, Problem


class Wants(msgspec.Struct, frozen=True):
    """The files a cataloger must be given.

    ``paths`` are patterns relative to the image root: ``*`` stays in one path segment,
    ``**/`` spans any number, ``?`` is one character, ``{a,b}`` chooses. A link on the way
    (merged /usr, ``var/lib/rpm``) needs no pattern of its own. A matching file larger than
    ``max_bytes``, which are 1 MiB or more, is not read, and the scan records that.
    """

    paths: tuple[str, ...]
    max_bytes: int = 256 << 20


class Cataloger(Protocol):
    """Finds the packages that one kind of package database records.

    Pure: the same view gives the same result. It opens only paths its ``wants`` declare.
    ``version`` goes up whenever the result may change. A record it cannot read becomes a
    ``Problem`` with its place; an exception loses only this cataloger's work.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    about: ClassVar[str]
    wants: ClassVar[Wants]

    def catalog(self, view: View) -> Iterable[Package | Problem]:
        """Every package the databases in ``view`` record."""
        ...


PROGRAMS = frozenset((Content.ELF, Content.GO, Content.RUST))
"""Programs, libraries and kernel modules as the compiler left them."""


class Excerpt(msgspec.Struct, frozen=True):
    """The files that an evidence cataloger looks into, of those that no package owns.

    ``paths`` are patterns as in :class:`Wants`; of the kinds in ``code`` every file is looked into.
    ``most`` is how many of its first bytes are read. Of files that only ``names`` match nothing is
    read: that they are there is the evidence.
    """

    paths: tuple[str, ...] = ()
    code: frozenset[Content] = frozenset()
    most: int = 64 << 20
    names: tuple[str, ...] = ()


class Sighting(msgspec.Struct, frozen=True):
    """A file that no package owns, and what the cataloger itself read in it."""

    location: Location
    size: int  # bytes
    facts: Any  # what ``read`` gave; None where nothing is read (``Excerpt.names``)

    @property
    def path(self) -> str:
        """Where it lies."""
        return self.location.path


class Marks(msgspec.Struct, frozen=True):
    """What tells an ELF file from all others, for whoever looks into those that nobody knows; "" = none."""

    build_id: str = ""  # hex
    soname: str = ""


class EvidenceCataloger(Protocol):
    """Finds packages that no database records, from the files themselves.

    It is shown only files that no package owns, so where a database speaks, that counts. ``read``
    looks at one file: a function of its path and its first bytes, called once, whatever the number
    of layers; it never raises for what is in them. Its packages state their ``confidence`` and own
    only files that were seen.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    about: ClassVar[str]
    wants: ClassVar[Excerpt]

    def read(self, path: str, data: bytes) -> Any:  # noqa: ANN401 - only the same cataloger gets it back
        """What the file says; None if it is no evidence."""
        ...

    def catalog(self, seen: Sequence[Sighting]) -> Iterable[Package | Problem]:
        """The packages that these files, sorted by path, are evidence of."""
        ...
