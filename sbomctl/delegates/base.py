"""What a delegate is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

import msgspec

from sbomctl.model import Package, Tool
from sbomctl.sources.base import OpenImage


class Report(msgspec.Struct, frozen=True):
    """What a delegate found: one package for each place and layer that it was seen in."""

    packages: tuple[Package, ...]
    tool: Tool
    unsupported: tuple[str, ...] = ()  # of the ecosystems asked for, those that this version cannot find


class Delegate(Protocol):
    """An external program that scans whole images.

    Its packages carry their layer in ``location`` and neither state nor ``introduced_in``:
    only the engine knows how the layers lie.
    """

    name: ClassVar[str]
    about: ClassVar[str]
    remedy: ClassVar[str]  # how to install it

    def installed(self) -> bool:
        """Whether the program is there."""
        ...

    def catalog(
        self, image: OpenImage, *, ecosystems: Sequence[str] = (), hidden: bool = True, timeout: float
    ) -> Report:
        """The packages in ``image``, whose ``syft_target`` must not be empty.

        Only those of ``ecosystems`` (keys of ``engine.evidence``) when any are named. ``hidden``:
        also those in content that an upper layer hides. ``timeout`` in seconds. Raises ``ToolError``.
        """
        ...
