"""What a description is: a file of another program that says which images a product consists of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Protocol

from sbomctl.config.asked import Asked
from sbomctl.config.document import Document
from sbomctl.model import DescribedImage


class Description(Protocol):
    """A kind of description; structural, nothing to inherit."""

    key: ClassVar[str]  # of the product file
    about: ClassVar[str]

    def accepts(self, document: Document) -> bool:
        """Whether ``document`` is of this kind; cheap, never raises."""
        ...

    def files(self, directory: Path) -> list[Path]:
        """The files of this kind that a directory has by their usual names; [] = none."""
        ...

    def images(self, asked: Asked) -> Iterator[DescribedImage]:
        """Every image, in the order of the files; raises ``ConfigError`` with every fault of a file."""
        ...
