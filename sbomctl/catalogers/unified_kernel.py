"""Unified kernel images: a kernel with what it is started with, in one program for EFI.

UAPI Group specification 5, "Unified Kernel Image": sections ``.linux``, ``.uname`` (release of the kernel), ``.osrel``
(os-release of the system that it starts), ``.initrd``, and the code of a stub that starts the kernel. What is in
``.initrd`` is compared with the files of the image by the engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from sbomctl.catalogers._assignments import read_assignments
from sbomctl.catalogers._banners import Banner, packages_of, read_banners
from sbomctl.catalogers._linux_image import read_image
from sbomctl.catalogers._linux_package import linux
from sbomctl.catalogers._portable import sections
from sbomctl.catalogers.base import Excerpt, Sighting
from sbomctl.model import Package

_CONFIDENCE = 0.95
_LONGEST = 200  # characters of a field
_NOT_CODE = (".linux", ".initrd", ".splash", ".ucode")  # big, and none of the stub's


class Unified(NamedTuple):
    """What the sections say; "" = not stated."""

    release: str
    source: str
    banner: str
    system: str  # the name of the system in .osrel
    stub: tuple[Banner, ...]


class UnifiedKernelCataloger:
    """The kernel in such an image, and the stub that starts it."""

    name: ClassVar[str] = "unified-kernel"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "unified kernel images that no package owns, by their sections"
    wants: ClassVar[Excerpt] = Excerpt(
        paths=tuple(
            [
                f"{place}*.{end}"
                for place in ("", "boot/**/", "efi/**/", "EFI/**/", "partition-*/**/", "lib/modules/*/")
                for end in ("efi", "EFI")
            ]
        ),
        most=128 << 20,
    )

    def read(self, path: str, data: bytes) -> Unified | None:
        """The facts; None for any other program."""
        found = sections(data)
        if ".linux" not in found:
            return None
        kernel = read_image(found[".linux"])
        release = _line(found.get(".uname", b"")) or (kernel.release if kernel else "")
        system = read_assignments(found.get(".osrel", b"")[: 64 << 10]).values
        stub = b"\0".join(content for name, content in found.items() if name not in _NOT_CODE)
        return Unified(
            release,
            kernel.source if kernel else "",
            kernel.banner if kernel else "",
            (system.get("PRETTY_NAME") or system.get("NAME", ""))[:_LONGEST],
            read_banners("bootloader", path, stub),
        )

    def catalog(self, seen: Sequence[Sighting]) -> Iterator[Package]:
        """Every kernel by release, then every stub; both account for the file."""
        releases: dict[str, list[Sighting]] = {}
        for one in seen:
            releases.setdefault(one.facts.release, []).append(one)
        for release, files in sorted(releases.items()):
            system = next((one.facts.system for one in files if one.facts.system), "")
            banner = next((one.facts.banner for one in files if one.facts.banner), "")
            says = f"unified kernel image for {system}" if system else "unified kernel image"
            text = f"{says}: {banner}" if banner else says
            source = next((one.facts.source for one in files if one.facts.source), "")
            yield linux(release, source, files, self.name, _CONFIDENCE, text)
        stubs = [Sighting(one.location, one.size, one.facts.stub) for one in seen if one.facts.stub]
        yield from packages_of(stubs, self.name)


def _line(data: bytes) -> str:
    text = data.rstrip(b"\0").decode("ascii", "replace").strip()
    return text if text.isprintable() and " " not in text else ""
