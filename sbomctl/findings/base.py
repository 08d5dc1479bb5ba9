"""What a form of findings is."""

from __future__ import annotations

from typing import BinaryIO, ClassVar, Protocol

from sbomctl.model import CheckResult


class FindingsWriter(Protocol):
    """One form. The same result gives the same bytes."""

    kind: ClassVar[str]  # what ``-o`` calls it
    media_type: ClassVar[str]
    suffix: ClassVar[str]
    about: ClassVar[str]  # one line

    def write(self, result: CheckResult, out: BinaryIO) -> None:
        """Write ``result`` to ``out``, which stays open."""
        ...
