"""What Linux starts with before there is a root: archives in ``boot``, in EFI partitions, in unified kernel images.

Tools of distributions (initramfs-tools, dracut, mkinitcpio) make them of files of the root, which packages account
for there: their code would count twice. So each is opened, and the programs, libraries, scripts and modules in it are
compared with the files of the image by content. An archive of nothing but copies says nothing new. What has no twin,
as of an initramfs that was built elsewhere, is in no list of packages: that is a problem, with what to do about it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from sbomctl.engine.ownership import is_second_name
from sbomctl.layers.patterns import Gate
from sbomctl.layers.stack import Stack
from sbomctl.model import FileEntry, FileType, Location, Problem

if TYPE_CHECKING:  # most images have no such archive, and reading one takes many modules
    from sbomctl.engine.early_files import Archive

NAME = "initramfs"
MOST = 128 << 20  # bytes of a file
_NAMES = (
    "initrd*", "initramfs*", "uInitrd*", "ramdisk*", "fitImage*", "uImage*", "*.itb", "*.efi", "*.EFI", "*.cpio",
    *(f"*.cpio.{end}" for end in ("gz", "xz", "zst", "lz4", "lzo", "lzma", "bz2", "u-boot", "gz.u-boot")),
)  # fmt: skip
_PLACES = ("", "boot/**/", "efi/**/", "EFI/**/", "partition-*/**/", "usr/lib/modules/*/", "lib/modules/*/")
_STARTS = tuple(place.partition("*")[0] for place in _PLACES if place)
_SHOWN = 5
_EFI = (".efi", ".EFI")
_MODULE = re.compile(r"(?:usr/)?(lib/modules/.*\.ko)((?:\.(?:gz|xz|zst))?)")
_REMEDY = (
    "to have it looked into, give it as an image of its own: disk:FILE where it is a file on the host, "
    "disk:IMAGE:PARTITION/PATH where it lies in a disk"
)
_REMEDY_OF_UNIFIED = (
    "to have it looked into, write its section to a file (objcopy --dump-section .initrd=FILE) and give that "
    "as an image of its own: disk:FILE"
)

Place = tuple[str, int]  # path and layer


@dataclass(slots=True)
class Initramfs:
    """Looks into the archives of one image; content is shown to it as to a cataloger of evidence."""

    stack: Stack
    most: int = MOST
    unread: dict[Place, FileEntry] = field(init=False)
    problems: list[Problem] = field(default_factory=list)
    _twins: Twins | None = None

    def __post_init__(self) -> None:
        self.unread = dict(_candidates(self.stack))

    def read(self, place: Place, data: bytes) -> None:
        """Take in one file."""
        from sbomctl.engine.early_files import archives_in
        from sbomctl.filesystems.base import Damaged

        entry = self.unread[place]
        try:
            archives = archives_in(data, is_program=entry.path.endswith(_EFI))
            if archives and entry.size > self.most:
                raise Damaged(f"only files up to {self.most >> 20} MiB are opened, it has {entry.size:,} bytes")
            for archive in archives:
                self._compare(place, archive)
        except Damaged as error:
            self._tell(place, f"the initramfs was not looked into: {error}")
        except Exception as error:  # noqa: BLE001 - one file must not cost the work on all others
            self._tell(place, f"looking into the initramfs failed: {type(error).__name__}: {error}")

    def _compare(self, place: Place, archive: Archive) -> None:
        self._twins = self._twins or Twins.of(self.stack)
        count, strange = 0, []
        for path, sha256 in archive.code():
            count += 1
            if not self._twins.has(path, sha256):
                strange.append(path)
        faults = "; ".join(archive.faults)
        if faults:
            self._tell(place, f"not all of the initramfs could be read: {faults}")
        if strange:
            names = ", ".join(sorted(strange)[:_SHOWN]) + (", ..." if len(strange) > _SHOWN else "")
            self._tell(
                place,
                f"{len(strange):,} of {count:,} programs, libraries, scripts and modules in its initramfs are no "
                f"copies of files of the image: {names}; what packages they are of is not known",
            )

    def _tell(self, place: Place, reason: str) -> None:
        remedy = _REMEDY_OF_UNIFIED if place[0].endswith(_EFI) else _REMEDY
        self.problems.append(Problem(Location(self.stack.image, place[1], place[0]), NAME, f"{reason}; {remedy}"))


def _candidates(stack: Stack) -> Iterator[tuple[Place, FileEntry]]:
    named = Gate(place + name for place in _PLACES for name in _NAMES)
    for layer, entries in enumerate(stack.layers):
        for path, entry in entries.items():  # an image may have a million: the first test is for nearly all of them
            if (
                (path.startswith(_STARTS) or "/" not in path)
                and entry.type is FileType.REGULAR
                and entry.size
                and named(path)
                and not is_second_name(entry, entries)
            ):
                yield (path, layer), entry


class Twins(msgspec.Struct, frozen=True):
    """The code of an image, for finding copies of it."""

    digests: Collection[str]  # hex SHA-256
    modules: Mapping[str, Collection[str]]  # paths without the suffix of a compression -> these suffixes

    @classmethod
    def of(cls, stack: Stack) -> Twins:
        """That of all layers."""
        files = [one for entries in stack.layers for one in entries.items() if one[1].type is FileType.REGULAR]
        modules: dict[str, set[str]] = {}
        for path, _ in files:
            if module := _MODULE.fullmatch(path):
                modules.setdefault(module[1], set()).add(module[2])
        return cls({entry.sha256 for _, entry in files if entry.sha256}, modules)

    def has(self, path: str, sha256: str) -> bool:
        """Whether the image has the same file, wherever.

        A module of the same place counts where the image has it in other compressions only: then there is nothing
        to compare, and the name of its directory is the release of the kernel that it is of.
        """
        if sha256 in self.digests:
            return True
        module = _MODULE.fullmatch(path)
        return module is not None and module[2] not in self.modules.get(module[1], (module[2],))
