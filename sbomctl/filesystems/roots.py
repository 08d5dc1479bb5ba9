"""Which file system of a disk is the root, and where it says that the others are mounted.

Scoring, not one rule: images without os-release, without package database and without init
all exist, and a boot partition may hold a file os-release too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sbomctl.filesystems.base import Damaged, FileSystem
from sbomctl.filesystems.walk import content, find

_EVIDENCE: tuple[tuple[int, tuple[bytes, ...]], ...] = (
    (5, (b"etc/os-release", b"usr/lib/os-release")),
    (
        4,
        (
            b"var/lib/dpkg/status",
            b"var/lib/dpkg/status.d",
            b"var/lib/opkg/status",
            b"usr/lib/opkg/status",
            b"lib/apk/db/installed",
            b"var/lib/rpm",
            b"usr/lib/sysimage/rpm",
            b"usr/share/snappy/dpkg.yaml",
        ),
    ),
    (2, (b"sbin/init", b"lib/systemd/systemd", b"bin/busybox", b"init", b"bin/sh")),
    (1, (b"usr/lib",)),
    (1, (b"usr/bin",)),
    (1, (b"etc/passwd",)),
)
ENOUGH = 4  # points that make a root; a busybox system with nothing else has four
_FSTAB_BYTES = 1 << 20
_ESCAPE = re.compile(rb"\\([0-7]{3})")
_DEVICE = re.compile(r"/dev/(?:[a-z]*[a-z]|[a-z]+[0-9]+(?:n[0-9]+)?p)([0-9]{1,3})")
_OVERLAY = frozenset((b"upper", b"work"))
_ALWAYS = b"lost+found"


class Mount(NamedTuple):
    """One line of /etc/fstab: what is mounted, and where (without leading slash)."""

    device: str
    place: str


def score(tree: FileSystem) -> int:
    """How much of a root file system it has; ``ENOUGH`` or more is one."""
    return sum(points for points, paths in _EVIDENCE if any(find(tree, path) for path in paths))


def top_names(tree: FileSystem) -> frozenset[bytes]:
    """What lies at the top, without lost+found."""
    try:
        return frozenset(name for name, _ in tree.node(tree.root).names()) - {_ALWAYS}
    except Damaged:
        return frozenset()


def is_overlay(tree: FileSystem) -> bool:
    """Whether it is the writable half of an overlay: its changes belong to a root that lies elsewhere."""
    return {name for name in top_names(tree) if not name.startswith(b".")} == _OVERLAY


def mounts(tree: FileSystem) -> tuple[Mount, ...]:
    """What /etc/fstab of a root says, in its order (fstab(5)); the root itself and what is no place are left out."""
    node = find(tree, b"etc/fstab")
    return tuple(_mounts(content(node, _FSTAB_BYTES).splitlines())) if node else ()


def _mounts(lines: Iterable[bytes]) -> Iterator[Mount]:
    for line in lines:
        words = [_ESCAPE.sub(lambda code: bytes([int(code[1], 8) & 0xFF]), word) for word in line.split()[:2]]
        if len(words) == 2 and not words[0].startswith(b"#") and words[1].startswith(b"/"):
            parts = [part for part in words[1].decode("utf-8", "replace").split("/") if part]
            if parts and not {".", ".."} & set(parts):
                yield Mount(words[0].decode("utf-8", "replace"), "/".join(parts))


def is_named_by(device: str, names: dict[str, str], number: int) -> bool:
    """Whether a device of /etc/fstab is the partition of that number.

    ``names`` are its UUID, LABEL, PARTUUID and PARTLABEL.
    """
    kind, equals, value = device.partition("=")
    if equals:
        return _same(names.get(kind.upper(), ""), value.strip('"'))
    by = re.fullmatch(r"/dev/disk/by-(uuid|label|partuuid|partlabel)/(.+)", device)
    if by:
        return _same(names.get(by[1].upper(), ""), by[2])
    numbered = _DEVICE.fullmatch(device)
    return numbered is not None and int(numbered[1]) == number


def is_volume(device: str, names: dict[str, str], number: int) -> bool:
    """As :func:`is_named_by`, of a volume on flash, ``ubiX:NAME`` or ``ubiX_NUMBER``; of any flash."""
    named = re.fullmatch(r"(?:/dev/)?ubi[0-9]*[:!](.+)", device)
    if named:
        return _same(names.get("PARTLABEL", ""), named[1])
    numbered = re.fullmatch(r"(?:/dev/)?ubi(?:block)?[0-9]+_([0-9]{1,3})", device)
    return numbered is not None and int(numbered[1]) == number


def _same(ours: str, theirs: str) -> bool:
    return bool(ours) and ours.lower() == theirs.lower()
