"""Kernel interfaces mounted below a directory: they look like files, and are no part of any product."""

from __future__ import annotations

import re
from pathlib import Path

_INTERFACES = frozenset(
    b"autofs binder binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs fusectl hugetlbfs mqueue "
    b"nsfs proc pstore rpc_pipefs securityfs selinuxfs smackfs sysfs tracefs".split()
)
_OCTAL = re.compile(rb"\\([0-7]{3})")


def live_mounts(root: bytes, table: Path = Path("/proc/self/mountinfo")) -> tuple[tuple[bytes, str], ...]:
    """Paths relative to ``root``, sorted, with the type of file system; of nested mounts the outermost.

    ``table`` is as in proc_pid_mountinfo(5); where it cannot be read nothing is known to be mounted.
    """
    try:
        lines = table.read_bytes().splitlines()
    except OSError:
        return ()
    below = root.rstrip(b"/") + b"/"
    found: dict[bytes, str] = {}
    for line in lines:
        mount, _, kind = line.partition(b" - ")
        fields, kind = mount.split(b" "), kind.partition(b" ")[0]
        point = _OCTAL.sub(_byte, fields[4]) if len(fields) > 4 else b""
        if kind in _INTERFACES and point.startswith(below) and point != below:
            found[point[len(below) :]] = kind.decode()
    return tuple((path, kind) for path, kind in sorted(found.items()) if not _inside(path, found))


def _byte(match: re.Match[bytes]) -> bytes:
    return bytes((int(match.group(1), 8) & 0xFF,))


def _inside(path: bytes, mounts: dict[bytes, str]) -> bool:
    parent = path.rpartition(b"/")[0]
    while parent:
        if parent in mounts:
            return True
        parent = parent.rpartition(b"/")[0]
    return False
