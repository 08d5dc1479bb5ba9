"""What a sidecar is: a list of packages that the build of an image wrote beside the image, or into it."""

from __future__ import annotations

from typing import BinaryIO, ClassVar, Protocol

import msgspec

Fault = tuple[int, str]
"""Line (1-based, 0 = the whole file), and what is wrong there."""


class Listed(msgspec.Struct, frozen=True, omit_defaults=True):
    """One package that a sidecar lists; "" or () = not stated."""

    name: str
    version: str = ""
    line: int = 0  # of the entry, 1-based; 0 = the format has no lines
    architecture: str = ""
    recipe: str = ""  # the source package that it was built from
    recipe_version: str = ""
    licenses: tuple[str, ...] = ()  # as written; all hold
    license_line: int = 0
    purl: str = ""
    download_url: str = ""
    homepage: str = ""
    cpe: str = ""
    supplier: str = ""
    description: str = ""
    beside: bool = False  # shipped beside the root filesystem: a kernel, a boot loader


class Sidecar(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one sidecar lists, in its order."""

    file: str  # its name without folders
    reader: str  # name of the reader
    packages: tuple[Listed, ...] = ()
    build_tools: int = 0  # programs of the build machine, which do not ship
    faults: tuple[Fault, ...] = ()  # entries that could not be read


class SidecarReader(Protocol):
    """Reads one kind of sidecar; asked in the order of the registry."""

    name: ClassVar[str]
    about: ClassVar[str]
    dialect: ClassVar[str]  # in which its license strings are written: a name in ``licenses.dialects``

    def accepts(self, name: str, head: bytes) -> bool:
        """Whether a file with this name and these first bytes, uncompressed, is of its kind."""
        ...

    def read(self, name: str, file: BinaryIO) -> Sidecar:
        """What it lists; ``file`` is uncompressed and bounded. Raises ``CorruptInput``."""
        ...
