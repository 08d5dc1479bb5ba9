"""What Linux starts with before there is a root: archives in ``boot``, in EFI partitions, in unified kernel images.

Tools of distributions (initramfs-tools, dracut, mkinitcpio) make them of files of the root, which packages account
for there: their code would count twice. So each is opened, and the programs, libraries, scripts and modules in it are
compared with the files of the image by content. An archive of nothing but copies says nothing new. What has no twin,
as of an initramfs that was built elsewhere, is in no list of packages: that is a problem, with what to do about it.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from sbomctl.catalogers._portable import sections
from sbomctl.engine.ownership import is_second_name
from sbomctl.filesystems._spool import compression
from sbomctl.filesystems.base import Blob, Damaged, Node
from sbomctl.filesystems.blob import Held
from sbomctl.filesystems.boot_images import HOLD_FILES, boot_image, is_boot_image
from sbomctl.filesystems.cpio import Cpio, is_cpio
from sbomctl.filesystems.walk import walk
from sbomctl.layers.content import classify
from sbomctl.layers.patterns import Gate
from sbomctl.layers.stack import Stack
from sbomctl.model import Content, FileEntry, FileType, Location, Problem, path_text

NAME = "initramfs"
MOST = 128 << 20  # bytes of a file
_NAMES = (
    "initrd*", "initramfs*", "uInitrd*", "ramdisk*", "fitImage*", "uImage*", "*.itb", "*.efi", "*.EFI", "*.cpio",
    *(f"*.cpio.{end}" for end in ("gz", "xz", "zst", "lz4", "lzo", "lzma", "bz2", "u-boot", "gz.u-boot")),
)  # fmt: skip
_PLACES = ("", "boot/**/", "efi/**/", "EFI/**/", "partition-*/**/", "usr/lib/modules/*/", "lib/modules/*/")
_STARTS = tuple(place.partition("*")[0] for place in _PLACES if place)
_ENTRIES = 200_000
_PIECE = 1 << 20
_SHOWN = 5
_EFI = (".efi", ".EFI")
_SECTION = ".initrd"  # UAPI Group specification 5, "Unified Kernel Image"
_MODULE = re.compile(r"(?:usr/)?(lib/modules/.*\.ko)((?:\.(?:gz|xz|zst))?)")
_REMEDY = (
    "to have it looked into, give it as an image of its own: disk:FILE where it is a file on the host, "
    "disk:IMAGE:PARTITION/PATH where it lies in a disk"
)
_REMEDY_OF_UNIFIED = (
    f"to have it looked into, write its section to a file (objcopy --dump-section {_SECTION}=FILE) and give that "
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
        entry = self.unread[place]
        try:
            archives = [*_archives(data, entry.path)]
            if archives and entry.size > self.most:
                raise Damaged(f"only files up to {self.most >> 20} MiB are opened, it has {entry.size:,} bytes")
            for archive in archives:
                self._compare(place, archive)
        except Damaged as error:
            self._tell(place, f"the initramfs was not looked into: {error}")
        except Exception as error:  # noqa: BLE001 - one file must not cost the work on all others
            self._tell(place, f"looking into the initramfs failed: {type(error).__name__}: {error}")

    def _compare(self, place: Place, archive: Blob) -> None:
        tree = Cpio(archive)
        self._twins = self._twins or Twins.of(self.stack)
        count, strange = 0, []
        for path, node in _code(tree):
            count += 1
            if not self._twins.has(path, node):
                strange.append(path)
        faults = "; ".join(tree.faults)
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


def _archives(data: bytes, path: str) -> Iterator[Blob]:
    """The archives in a file: itself, or parts of an image for a boot loader; raises ``Damaged``."""
    blob = Held(data)
    if data[:2] == b"MZ":
        inner = sections(data).get(_SECTION)
        if inner:
            yield Held(inner)
    elif is_boot_image(blob):
        yield from (one.blob for one in boot_image(blob).contents if one.type in HOLD_FILES)
    elif _may_hold_files(blob):
        yield blob
    elif b"\0" in data[:_PIECE] and not path.endswith(_EFI):
        raise Damaged("it is no cpio archive, compressed or not, and no image that holds one")


def _may_hold_files(blob: Blob) -> bool:
    return is_cpio(blob) or bool(compression(blob.pread(0, 6)))


def _code(tree: Cpio) -> Iterator[tuple[str, Node]]:
    """Programs, libraries, scripts and modules."""
    for place, node, fault in walk(tree, _ENTRIES):
        path = path_text(place)
        if node is None or fault:
            raise Damaged(f"{path}: {fault}")
        if stat.S_ISREG(node.mode) and node.size and classify(path, node.pread(0, 16)) is not Content.PLAIN:
            yield path, node


@dataclass(frozen=True, slots=True)
class Twins:
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

    def has(self, path: str, node: Node) -> bool:
        """Whether the image has the same file, wherever.

        A module of the same place counts where the image has it in other compressions only: then there is nothing
        to compare, and the name of its directory is the release of the kernel that it is of.
        """
        if _sha256(node) in self.digests:
            return True
        module = _MODULE.fullmatch(path)
        return module is not None and module[2] not in self.modules.get(module[1], (module[2],))


def _sha256(node: Node) -> str:
    digest = hashlib.sha256()
    for offset in range(0, node.size, _PIECE):
        digest.update(node.pread(offset, min(_PIECE, node.size - offset)))
    return digest.hexdigest()
