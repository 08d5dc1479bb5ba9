"""What a cataloger is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from sbomctl.layers.view import View
from sbomctl.model import Package, Problem


@dataclass(frozen=True, slots=True)
class Wants:
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
